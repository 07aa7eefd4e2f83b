"""What each source must look like, and the check of every row against it."""

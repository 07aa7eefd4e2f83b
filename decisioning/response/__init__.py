"""What each action adds for each customer: Gaussian beliefs in several forms, and choices of known probability."""

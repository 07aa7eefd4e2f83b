"""The inbox's addresses, by topic."""

"""What another policy would have brought, told from a log of decisions with their probabilities."""

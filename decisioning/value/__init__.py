"""What customers are worth: purchases, spending, contracts, lifetime value, and the levers that move it."""

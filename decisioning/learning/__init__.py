"""What actions add: beliefs about their effects, per action and per customer, and how data move them."""

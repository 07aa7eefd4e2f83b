"""What customers say: topic, mood and urgency, as typed fields."""

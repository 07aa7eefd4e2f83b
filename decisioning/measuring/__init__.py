"""What a campaign changed: groups, intervals that keep their word, and what can be seen at all."""

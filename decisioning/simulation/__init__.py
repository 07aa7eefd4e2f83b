"""The digital twin's mathematics: worlds that might be true, how units move, what contacts bring, the spread."""

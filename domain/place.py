"""Where a value stands in a file, and how messages quote places and values."""

#: The keys and positions on the way to a value: `("guardrails", "caps", 0, "messages")`.
Place = tuple[str | int, ...]


def shown(value: object) -> str:
    """A value as messages quote it: one line, not too long."""
    text = " ".join(str(value).split())
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"


def dotted(place: Place) -> str:
    """A place as messages name it: `guardrails.caps.0.messages`."""
    return ".".join(shown(part)[1:-1] for part in place)

"""Only whole lines of a file that somebody is still writing."""

_LONGEST_HELD = 1 << 20


class WholeLines:
    """Lets bytes through up to the last line end outside quotes and holds back the rest.

    Quotes are counted: RFC 4180 doubles those within a field, so outside of fields their number is even. A stray
    quote would hold back all that follows; after a mebibyte any line end will do.
    """

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        text = self._held + chunk
        cut = _last_end(text)
        if not cut and len(text) > _LONGEST_HELD:
            cut = text.rfind(b"\n") + 1
        self._held = text[cut:]
        return text[:cut]

    @property
    def holds_back(self) -> bool:
        return bool(self._held)


def _last_end(text: bytes) -> int:
    """The position after the last line end that has an even number of quotes before it; 0 if there is none."""
    quotes, until = text.count(b'"'), len(text)
    while (end := text.rfind(b"\n", 0, until)) >= 0:
        quotes -= text.count(b'"', end, until)
        if quotes % 2 == 0:
            return end + 1
        until = end
    return 0

"""Text in the encodings of Japanese exports as UTF-8. A byte that means nothing there stays a fault: it becomes 0xFF,
which is nowhere in UTF-8, so that the reader rejects that row and no other."""

import codecs
from collections.abc import Iterable, Iterator

_BAD = "\udcff"  # `surrogateescape` writes it as the byte 0xFF
#: Python's cp932 lets bytes through that the code page does not define (0x80, 0xA0, 0xFD to 0xFF).
_NO_CP932 = str.maketrans(dict.fromkeys("\x80\uf8f0\uf8f1\uf8f2\uf8f3", _BAD))
_FIRST_HIGH = 0xA1
_LAST_HIGH = 0xFE


def to_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text in UTF-8, without a byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding)(errors=f"kizuna-{encoding}")
    for chunk in chunks:
        yield _encoded(decoder.decode(chunk), encoding)
    yield _encoded(decoder.decode(b"", final=True), encoding)


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "cp932":
        text = text.translate(_NO_CP932) if not text.isascii() else text
    return text.encode("utf-8", "surrogateescape")


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _BAD, error.start + 1


def _try_windows(error: UnicodeError) -> tuple[str, int]:
    """Windows writes ① and 髙 into EUC-JP files by the rows that its own code page has beyond JIS X 0208 (CP51932)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = error.object[error.start : error.start + 2]
    if len(pair) == 2 and all(_FIRST_HIGH <= byte <= _LAST_HIGH for byte in pair):
        try:
            return _shifted(*pair).decode("cp932"), error.start + 2
        except UnicodeDecodeError:
            pass
    return _BAD, error.start + 1


def _shifted(row: int, cell: int) -> bytes:
    """Two bytes of EUC-JP as Shift_JIS has the same place of the table (JIS X 0208, annex 1)."""
    ku, ten = row - 0xA0, cell - 0xA0
    first = (ku + 0x101) // 2 if ku <= 62 else (ku + 0x181) // 2
    second = ten + (0x3F if ten <= 63 else 0x40) if ku % 2 else ten + 0x9E
    return bytes((first, second))


codecs.register_error("kizuna-cp932", _mark_bad)
codecs.register_error("kizuna-utf-16", _mark_bad)
codecs.register_error("kizuna-euc-jp", _try_windows)

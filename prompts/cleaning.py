"""Makes a customer's value harmless in words: it stays one short piece of text, whatever it holds."""

import re
import unicodedata

CAP = 80
#: Blank-looking characters that Unicode counts as letters or symbols.
_BLANK = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0"), " ")
_MARKUP = str.maketrans({"<": "＜", ">": "＞", "@": "＠", "`": "'", "\\": "＼"})
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_DOT_BEFORE_NAME = re.compile(r"(?<=\w)[.．｡](?=[^\W\d_]{2})")
_SCHEME = re.compile(r"\b(mailto|javascript|vbscript|data|file|tel|sms)\s*[:：]", re.IGNORECASE)
_LINE_SIGNS = "-‐‑‒–—―−─━=*•・▼→>＞#＃_~|│ "


def clean(value: str, *, cap: int = CAP) -> str:
    """One line of visible text: no markup, no link, no bullet, no encoded word, at most `cap` characters."""
    text = plain(value)
    text = _SCHEME.sub(r"\1 ", text).replace("//", "／／").replace("=?", "=").translate(_MARKUP)
    text = _DOT_BEFORE_NAME.sub("·", text).lstrip(_LINE_SIGNS)
    return text if len(text) <= cap else text[: cap - 1].rstrip() + "…"


def plain(value: str) -> str:
    """Only what can be seen, on one line, composed; for values that are our own and may hold an address."""
    value = value.translate(_BLANK)
    visible = value if value.isprintable() else "".join(_visible(char) for char in value)
    text = " ".join(unicodedata.normalize("NFC", visible).split())
    return re.sub(
        r"([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{2})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+", r"\1", text
    )


def hidden(text: str) -> bool:
    """Whether text holds characters nobody sees: controls other than line ends, bidi marks, zero widths."""
    return any(unicodedata.category(char) in _HIDDEN for char in set(text) - {"\n", "\r", "\t"})


def _visible(char: str) -> str:
    kind = unicodedata.category(char)
    if char.isspace() or kind in ("Zl", "Zp"):
        return " "
    return "" if kind in _HIDDEN else char

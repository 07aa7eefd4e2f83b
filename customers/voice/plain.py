"""A customer's text as patterns look at it: one width, one case, of bounded length; and the language it is in."""

import re
import unicodedata

from ...domain.brief import Language

#: More than any contact needs to be understood; the rest of a longer text is not read.
LONGEST_TEXT = 4000
_JAPANESE = re.compile(r"[぀-ヿ㐀-鿿]")


def plain(text: str) -> str:
    """The first 4,000 characters in NFKC and lower case, with straight quotes."""
    return unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower().replace("’", "'").replace("‘", "'")


def language_of(text: str) -> Language:
    """'ja' where there is any kana or kanji, else 'en': only these two are read."""
    return "ja" if _JAPANESE.search(unicodedata.normalize("NFKC", text[:LONGEST_TEXT])) else "en"

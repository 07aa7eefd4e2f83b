"""One structure for both parts of a mail: the text is read into blocks, the blocks are written as HTML.

The HTML is made from the text part and from nothing else, so both always hold the same words, figures and
links, also after a person edited the text.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html import escape

from ..domain.brief import Language

RULE = "─" * 20
_RULE_LINE = re.compile(r"[─-]{10,}")
_LABEL = {"ja": "▼ ", "en": "→ "}
_LABEL_SIGNS = tuple(_LABEL.values())

_PAGE = (
    '<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n</head>\n'
    '<body style="margin:0;padding:0;background:#ffffff;color:#1f2328">\n'
    '<div style="max-width:600px;margin:0 auto;padding:20px 16px;font-family:{fonts};font-size:16px;'
    'line-height:1.75;overflow-wrap:anywhere">\n{content}\n</div>\n</body>\n</html>\n'
)
_FONTS = {
    "ja": "'Hiragino Sans','Noto Sans JP',Meiryo,sans-serif",
    "en": "-apple-system,'Segoe UI',Roboto,Arial,sans-serif",
}
_BUTTON = (
    "display:inline-block;padding:9px 16px;border:1px solid #0b57d0;border-radius:6px;"
    "color:#0b57d0;text-decoration:none"
)
#: A Japanese letter closes at the right edge.
_CLOSINGS = frozenset({("敬具",), ("敬白",), ("かしこ",)})
_SMALL = "margin:0 0 10px;font-size:13px;line-height:1.6;color:#57606a"


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together; each stays a line."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class LinkLine:
    """A link on its own line."""

    label: str
    url: str


@dataclass(frozen=True)
class Rule:
    """The line above the footer."""


Block = Paragraph | Bullets | LinkLine | Rule


def write_link(label: str, url: str, language: str) -> str:
    """A link in the text part: its label, then the address on a line of its own."""
    return f"{_LABEL[language]}{label}\n{url}"


@dataclass
class _Reader:
    links: Collection[str]
    blocks: list[Block] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)

    def flush(self) -> None:
        if self.lines:
            self.blocks.append(Paragraph(tuple(self.lines)))
        if self.items:
            self.blocks.append(Bullets(tuple(self.items)))
        self.lines, self.items = [], []

    def line(self, line: str) -> None:
        if line in self.links:
            self.link(line)
        elif line.startswith("- "):
            if self.lines:
                self.flush()
            self.items.append(line[2:].strip())
        else:
            if self.items:
                self.flush()
            self.lines.append(line)

    def link(self, url: str) -> None:
        label = url
        if self.lines and self.lines[-1].startswith(_LABEL_SIGNS):
            label = self.lines.pop()[2:].strip() or url
        self.flush()
        self.blocks.append(LinkLine(label, url))


def read_blocks(text: str, links: Collection[str]) -> list[Block]:
    """The structure of a text part. Only the given addresses become links."""
    reader = _Reader(links)
    for raw in text.splitlines():
        line = raw.strip()
        if not line or _RULE_LINE.fullmatch(line):
            reader.flush()
            if line:
                reader.blocks.append(Rule())
        else:
            reader.line(line)
    reader.flush()
    return reader.blocks


def text_to_html(text: str, links: Collection[str], language: Language) -> str:
    """The HTML part that says exactly what the text part says."""
    content = "\n".join(_write(read_blocks(text, links), links))
    return _PAGE.format(language=language, fonts=_FONTS[language], content=content)


def _write(blocks: list[Block], links: Collection[str]) -> Iterator[str]:
    small = False
    for block in blocks:
        if isinstance(block, Rule):
            small = True
            yield '<hr style="border:0;border-top:1px solid #d0d7de;margin:28px 0 16px">'
        elif isinstance(block, LinkLine):
            yield _write_link_line(block, small)
        elif isinstance(block, Bullets):
            items = "".join(f'<li style="margin:0 0 6px">{_inline(item, links)}</li>' for item in block.items)
            yield f'<ul style="margin:0 0 18px;padding-left:22px">{items}</ul>'
        else:
            style = _SMALL if small else "margin:0 0 18px"
            style += ";text-align:right" if block.lines in _CLOSINGS else ""
            lines = "<br>\n".join(_inline(line, links) for line in block.lines)
            yield f'<p style="{style}">{lines}</p>'


def _write_link_line(link: LinkLine, small: bool) -> str:
    outer, inner = (_SMALL, "color:#57606a") if small else ("margin:0 0 14px", _BUTTON)
    return f'<p style="{outer}"><a href="{escape(link.url)}" style="{inner}">{escape(link.label)}</a></p>'


def _inline(line: str, links: Collection[str]) -> str:
    """Escaped text; a known address inside a sentence becomes a link."""
    found = [link for link in links if link in line]
    if not found:
        return escape(line)
    pattern = "(" + "|".join(re.escape(link) for link in sorted(found, key=lambda a: (-len(a), a))) + ")"
    pieces = re.split(pattern, line)
    return "".join(
        f'<a href="{escape(piece)}" style="color:#0b57d0">{escape(piece)}</a>' if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )

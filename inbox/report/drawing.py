"""The few shapes that the charts are made of, as SVG text. All content is escaped here."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...domain.report import Estimate
from ..words import clean


@dataclass(frozen=True)
class Scale:
    """A straight line from values to places; values beyond the ends stop there."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        held = min(max(value, self.low), self.high)
        return self.start + (held - self.low) / (self.high - self.low) * (self.end - self.start)


def element(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    """One SVG element; `_` in an attribute's name stands for `-`, a trailing one for nothing."""
    parts = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value)) for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, parts, content)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def dot(x: float, y: float, kind: str, radius: float = 4.5) -> Markup:
    return element("circle", cx=x, cy=y, r=radius, class_=kind)


def box(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    return element("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=kind)


def label(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> Markup:
    return element("text", clean(text), x=x, y=y, class_=kind, text_anchor=anchor)


def picture(ident: str, width: float, height: float, title: str, describe: str, parts: Iterable[Markup]) -> Markup:
    """A whole SVG with the title and description that a screen reader speaks."""
    head = element("title", clean(title), id=f"{ident}-title")
    told = element("desc", clean(describe), id=f"{ident}-desc")
    return element(
        "svg",
        head + told + Markup("").join(parts),
        role="img",
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        aria_labelledby=f"{ident}-title {ident}-desc",
    )


def span(values: Iterable[float], margin: float = 0.08) -> tuple[float, float]:
    """The finite values' range with some air around it; never empty."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    air = (high - low) * margin or abs(high) * margin or 0.01
    return low - air, high + air


def ends(estimates: Iterable[Estimate | None]) -> list[float]:
    """The ends of all intervals there are."""
    return [end for estimate in estimates if estimate for end in (estimate.low, estimate.high)]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between the ends: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def fitted(text: str, room: float, size: float = 12) -> str:
    """The text cut to the room there is, by the usual widths of wide and narrow characters."""
    kept, used = "", 0.0
    for character in clean(text):
        used += size * (1.0 if ord(character) > 0x2E7F else 0.62)
        if used > room:
            return kept.rstrip() + "…"
        kept += character
    return kept


def count_width(counts: Sequence[str], size: float = 11) -> float:
    """The room that the longest of some figures takes."""
    return max((len(count) for count in counts), default=0) * size * 0.62


def _short(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else clean(str(value))

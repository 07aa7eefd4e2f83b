"""The customer's way as a drawing: a bar and a stop for each channel, and a line between them that shows the breaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...domain.brief import Language
from ...domain.diagnosis import ChannelFigures, Diagnosis, Step
from .. import figures
from ..report.drawing import box, dot, label, line, picture
from ..words import name
from .story import phrase

WIDE = 720
NARROW = 340
_BAR = 84.0
_GROUND = 124.0
_ROW = 58.0


@dataclass(frozen=True)
class _Place:
    """A channel on the way, and the numbers of the breaks that one notices there."""

    channel: ChannelFigures
    at: float
    title: str
    marks: tuple[int, ...]

    @property
    def is_dark(self) -> bool:
        return not self.channel.rows

    @property
    def mark(self) -> str:
        return "✕" + " ".join(map(str, self.marks))


def drawn(diagnosis: Diagnosis, language: Language) -> dict[str, Markup]:
    """One drawing for each of the two widths; the stylesheet shows the one that fits."""
    return {"wide": _across(diagnosis, language), "narrow": _down(diagnosis, language)}


def _across(diagnosis: Diagnosis, language: Language) -> Markup:
    stops = _on_the_way(diagnosis)
    gap = (WIDE - 70) / max(len(stops) - 1, 1)
    places = _places(diagnosis, stops, language, [35 + gap * number for number in range(len(stops))])
    parts = [line(35, _GROUND, WIDE - 35, _GROUND, "way dark")]
    for step in diagnosis.steps:
        start, end = places[step.before], places[step.after]
        parts.append(line(start.at, _GROUND, end.at, _GROUND, _kind(step)))
        parts.append(label((start.at + end.at) / 2, _GROUND + 22, figures.percent(step.known, 0), "tick", "middle"))
    for place in places.values():
        height = _BAR * place.channel.share
        parts.append(box(place.at - 15, _GROUND - 10 - height, 30, height, "seen"))
        parts.append(dot(place.at, _GROUND, _stop(place), 6))
        shown = "–" if place.is_dark else figures.percent(place.channel.share, 0)
        parts.append(label(place.at, _GROUND - 16 - height, shown, "tick" if place.is_dark else "value", "middle"))
        parts.append(label(place.at, _GROUND + 44, place.title, "tick" if place.is_dark else "name", "middle"))
        if place.marks:
            parts.append(label(place.at, _GROUND + 62, place.mark, "mark", "middle"))
    return _picture("way-wide", WIDE, _GROUND + 72, parts, places.values(), language)


def _down(diagnosis: Diagnosis, language: Language) -> Markup:
    stops = _on_the_way(diagnosis)
    places = _places(diagnosis, stops, language, [16 + _ROW * number for number in range(len(stops))])
    bottom = 16 + _ROW * max(len(stops) - 1, 0)
    parts = [line(12, 16, 12, bottom, "way dark")]
    for step in diagnosis.steps:
        start, end = places[step.before], places[step.after]
        parts.append(line(12, start.at, 12, end.at, _kind(step)))
        known = phrase(language, "map.known", share=figures.percent(step.known, 0))
        parts.append(label(32, end.at - 25, known, "tick"))
    for place in places.values():
        parts.append(dot(12, place.at, _stop(place), 6))
        parts.append(label(32, place.at + 4, place.title, "tick" if place.is_dark else "name"))
        if place.is_dark:
            parts.append(label(NARROW - 8, place.at + 4, phrase(language, "map.dark"), "tick", "end"))
            continue
        parts.append(box(112, place.at - 8, 170 * place.channel.share, 16, "seen"))
        parts.append(label(NARROW - 8, place.at + 4, figures.percent(place.channel.share, 0), "value", "end"))
        if place.marks:
            parts.append(label(NARROW - 8, place.at - 25, place.mark, "mark", "end"))
    return _picture("way-narrow", NARROW, bottom + 18, parts, places.values(), language)


def _on_the_way(diagnosis: Diagnosis) -> list[ChannelFigures]:
    """Letters leave no trace in the sources."""
    return [channel for channel in diagnosis.channels if channel.channel != "letter"]


def _places(
    diagnosis: Diagnosis, stops: Sequence[ChannelFigures], language: Language, at: Sequence[float]
) -> dict[str, _Place]:
    marks: dict[str, list[int]] = {}
    for number, found in enumerate(diagnosis.breaks, 1):
        marks.setdefault(found.at, []).append(number)
    return {
        stop.channel: _Place(
            stop, x, name(language, "diagnosis.channel", stop.channel), tuple(marks.get(stop.channel, ()))
        )
        for stop, x in zip(stops, at, strict=True)
    }


def _kind(step: Step) -> str:
    return "way broken" if step.breaks else "way"


def _stop(place: _Place) -> str:
    if place.marks:
        return "stop broken"
    return "stop dark" if place.is_dark else "stop"


def _picture(
    ident: str, width: float, height: float, parts: Sequence[Markup], places: Iterable[_Place], language: Language
) -> Markup:
    told = [
        phrase(language, "map.told", channel=place.title, share=figures.percent(place.channel.share, 0))
        for place in places
        if not place.is_dark
    ]
    return picture(ident, width, height, phrase(language, "map.title"), ". ".join(told), parts)

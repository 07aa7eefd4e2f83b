"""What the gate said before new beliefs decided, in a sentence each."""

from functools import partial

from ...domain.brief import Language
from ...domain.report import PromotionNote, Report
from .. import figures
from ..words import clean, say
from .story import level


def promotions(report: Report, language: Language) -> list[str]:
    """One sentence for each measured cycle, and one for what was stopped in any case."""
    told = [_promotion(note, language) for note in report.promotions]
    stopped = report.promotions[-1].stopped if report.promotions else ()
    if stopped:
        told.append(say(language, "promotion.stopped", actions=", ".join(clean(action) for action in stopped)))
    return told


def _promotion(note: PromotionNote, language: Language) -> str:
    yen = partial(figures.yen, language, signed=True)
    shown = {
        "cycle": note.cycle,
        "decisions": figures.number(note.decisions),
        "gain": yen(note.expected_gain_jpy),
    }
    if note.difference is None:
        return say(language, "promotion.thin", **shown)
    found = note.difference
    interval = {"level": level(found), "low": yen(found.low), "high": yen(found.high)}
    return say(language, f"promotion.{note.decision}", **shown, difference=yen(found.value), **interval)

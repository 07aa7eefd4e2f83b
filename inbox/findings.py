"""What an analysis found, in words: each finding is a kind and the figures that carry it."""

from collections.abc import Mapping
from typing import Any

from ..domain.brief import Language
from . import figures
from .churn import drift_line
from .conditions import condition
from .words import clean, name, say


def finding(kind: str, found: Mapping[str, Any], language: Language) -> str:
    """One sentence."""
    if kind == "signal":
        signal = name(language, "signal", str(found["signal"]))
        return say(language, "finding.signal", **{**found, "signal": signal})
    if kind == "moved":
        return say(language, "finding.moved", **_moved(found, language))
    if kind == "proposal":
        return say(language, "finding.proposal", **_proposal(found, language))
    if kind == "voice":
        return say(language, "finding.voice", **_voice(found, language))
    if kind == "drift":
        return say(language, "finding.drift", told=drift_line(language, found))
    if kind == "model" and "plain_auc" in found:
        kind = "model_beside_plain"
    shown = {place: clean(value) if isinstance(value, str) else value for place, value in found.items()}
    if kind.startswith("value_"):
        shown["model"] = name(language, "value_model", str(found["model"]))
    return say(language, f"finding.{kind}", **shown)


def segment_name(language: Language, segment: str | None) -> str:
    """A segment's name; one's own stand as they are written."""
    return name(language, "segment", segment) if segment else say(language, "segments.none")


def reason(language: Language, why: str, *, holds: bool) -> str:
    """What changed: `now: …`, `no longer: …`, or that somebody is new or gone."""
    if why in ("appeared", "gone"):
        return say(language, f"segments.{why}")
    return say(language, "segments.now" if holds else "segments.no_longer", what=condition(language, why))


def _voice(found: Mapping[str, Any], language: Language) -> dict[str, Any]:
    change, days = found["change"], found["days"]
    way = "new" if change is None else "same" if change == 0 else "up" if change > 0 else "down"
    return {
        "topic": name(language, "voice.topic", str(found["topic"])),
        "contacts": found["contacts"],
        "days": days,
        "change": say(language, f"voice.change.{way}", days=days, share=figures.percent(abs(change or 0), 0)),
        "unhappy": figures.percent(found["unhappy_share"], 0),
    }


def _moved(found: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {
        "units": found["units"],
        "left": segment_name(language, found["left"]),
        "joined": segment_name(language, found["joined"]),
        "share": figures.percent(found["share"], 0),
        "why": reason(language, found["why"], holds=found["holds"]),
    }


def _proposal(found: Mapping[str, Any], language: Language) -> dict[str, Any]:
    conditions = [part for part in found["rule"].split(" and ") if part != "is_active"]
    return {
        "units": found["units"],
        "ltv_share": figures.percent(found["ltv_share"], 0),
        "lift": figures.number(found["lift"], 1),
        "rule": say(language, "condition.join").join(condition(language, part) for part in conditions),
    }

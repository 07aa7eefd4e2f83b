"""The receipt of one unit's decisions: what was done, what else was weighed, who agreed, what came of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from . import figures
from .explaining import in_sentences, moment_of, spoken, why_not
from .terminal import Sheet
from .words import clean, listed, name, outcome, say

Row = Mapping[str, Any]


def print_receipt(receipt: Row, language: Language, console: Console) -> None:
    """Everything on record about one unit, the newest decision first; the first line of each says it in words."""
    sheet = Sheet(console)
    unit, group = clean(str(receipt["unit_id"])), name(language, "group", str(receipt["group"]))
    sheet.line(say(language, "receipt.title", name=clean(str(receipt.get("unit_name") or unit))), "bold")
    sheet.line(say(language, "receipt.unit", unit=unit, group=group), "dim")
    decisions = sorted(receipt["decisions"], key=lambda decision: -decision["cycle"])
    if not decisions:
        sheet.line(say(language, "receipt.none"))
    for decision in decisions:
        _decision(decision, language, sheet)
    _versions(decisions, language, sheet)


def _decision(decision: Row, language: Language, sheet: Sheet) -> None:
    sheet.heading(headline(decision, language))
    for sentence in in_sentences(decision, language):
        sheet.line(sentence, indent=2)
    _candidates(decision.get("candidates", ()), language, sheet)
    _part("receipt.guardrails", [_guardrail(row, language) for row in decision.get("guardrails", ())], language, sheet)
    _part("title.reviews", [_review(row, language) for row in decision.get("reviews", ())], language, sheet)
    _part("title.deliveries", [_delivery(row, language) for row in decision.get("deliveries", ())], language, sheet)
    _part("receipt.outcomes", [_outcome(row, language) for row in decision.get("outcomes", ())], language, sheet)


def _versions(decisions: Sequence[Row], language: Language, sheet: Sheet) -> None:
    """Brief and playbook as they were, said again only where they changed."""
    told: dict[str, str] = {}
    for decision in reversed(decisions):
        changed = {
            str(key): str(of) for key, of in decision.get("versions", {}).items() if told.get(str(key)) != str(of)
        }
        told |= changed
        if changed:
            named = (f"{name(language, 'receipt.version_of', key)} {clean(of)}" for key, of in changed.items())
            sheet.blank()
            words = say(language, "receipt.versions", cycle=decision["cycle"], versions=listed(language, named))
            sheet.line(words, "dim")


def headline(decision: Row, language: Language) -> str:
    """What was decided, in one line."""
    cycle = decision["cycle"]
    if decision.get("action"):
        value = figures.yen(language, decision.get("value_jpy") or 0.0, signed=True)
        action = clean(str(decision["action"]))
        return say(language, "receipt.chosen", cycle=cycle, action=action, value=value)
    reason = decision.get("reason")
    words = name(language, "reason", str(reason)) if reason else say(language, "receipt.no_reason")
    return say(language, "receipt.left_alone", cycle=cycle, reason=words)


def _candidates(candidates: Sequence[Row], language: Language, sheet: Sheet) -> None:
    fitting = [row for row in candidates if row["eligible"]]
    others = [row for row in candidates if not row["eligible"]]
    if fitting:
        sheet.blank()
        sheet.line(say(language, "receipt.candidates"), "dim", indent=2)
        ranked = sorted(fitting, key=lambda row: -(row.get("value_jpy") or 0.0))
        columns = ("receipt.action", "receipt.value", "label.cost", "receipt.chance")
        header = [say(language, column) for column in columns]
        sheet.rows([_candidate(row, language) for row in ranked], header, figures=(1, 2, 3))
    if others:
        sheet.blank()
        sheet.line(say(language, "receipt.not_eligible"), "dim", indent=2)
        sheet.rows([(str(row["action"]), why_not(row, language)) for row in others])


def _candidate(row: Row, language: Language) -> tuple[str, ...]:
    yen, signed = partial(figures.yen, language), partial(figures.yen, language, signed=True)
    value = figures.UNKNOWN
    if row.get("value_jpy") is not None:
        value = signed(row["value_jpy"])
        if row.get("low_jpy") is not None and row.get("high_jpy") is not None:
            value += f" [{signed(row['low_jpy'])}, {signed(row['high_jpy'])}]"
    chance = figures.probability(row["probability"]) if row.get("probability") else ""
    return str(row["action"]), value, yen(row.get("cost_jpy") or 0.0), chance


def _part(key: str, lines: Sequence[str], language: Language, sheet: Sheet) -> None:
    if not lines:
        return
    sheet.blank()
    sheet.line(say(language, key), "dim", indent=2)
    for words in lines:
        sheet.line(words, indent=4)


def _guardrail(row: Row, language: Language) -> str:
    return _joined(moment_of(row.get("at"), language), spoken(row, language))


def _review(row: Row, language: Language) -> str:
    by = say(language, "label.by", name=name(language, "by_itself", row["decided_by"])) if row.get("decided_by") else ""
    reason = clean(str(row.get("reason") or ""))
    return _joined(
        moment_of(row.get("decided_at"), language),
        name(language, "review_kind", str(row["kind"])),
        name(language, "review_state", str(row["state"])),
        by,
        say(language, "receipt.edited") if row.get("edited") else "",
        say(language, "receipt.quoted", words=reason) if reason else "",
    )


def _delivery(row: Row, language: Language) -> str:
    state, subject = name(language, "delivery", str(row["state"])), clean(str(row.get("subject") or ""))
    quoted = say(language, "receipt.quoted", words=subject) if subject else ""
    step, ident = clean(str(row["step"])), clean(str(row.get("message_id") or ""))
    return _joined(moment_of(row.get("at"), language), step, state, quoted, ident)


def _outcome(row: Row, language: Language) -> str:
    value = row.get("value")
    shown = "" if value is None else clean(str(value))
    return _joined(moment_of(row.get("at"), language), outcome(language, str(row["kind"])), shown)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)

"""The diagnosis in sentences: what is wrong, what it costs, what to do about it."""

from collections.abc import Iterable
from datetime import date

from ...domain.brief import Language
from ...domain.diagnosis import Break, Diagnosis, EntityFigures, Example, Gap
from ...service.diagnosing import Told
from .. import figures
from ..refusals import rule_in_words
from ..words import clean, listed, name, say

MOST_FIRST = 5
#: Gaps that are counted in customers, not in rows.
_OF_CUSTOMERS = frozenset({"unreachable", "nobody_to_write_to", "same_person"})
#: Here a system of its own gives visitors ids, until they say who they are.
_VISITS = frozenset({"web_events", "app_events", "intents"})
_EMPTY_NOTICED = 0.01
_NAMES_SHOWN = 4


def phrase(language: Language, key: str, **values: object) -> str:
    return say(language, f"diagnosis.{key}", **values)


def people(language: Language, unit: str, count: float) -> str:
    """So many customers; Japanese counts companies and people differently."""
    counter = {"account": "社", "person": "人"}.get(unit, "") if language == "ja" else ""
    return figures.number(count) + counter


def entity(language: Language, code: str) -> str:
    return name(language, "diagnosis.entity", code)


def company(told: Told, language: Language) -> str:
    """The company's name in this language, or in any."""
    return clean(told.company.get(language) or next(iter(told.company.values()), ""))


def headline(diagnosis: Diagnosis, language: Language) -> str:
    if diagnosis.must_mend:
        return phrase(language, "broken", count=figures.number(diagnosis.must_mend))
    costly = sum(gap.severity == "costly" for gap in diagnosis.gaps)
    return phrase(language, "costly", count=figures.number(costly)) if costly else phrase(language, "sound")


def standing(diagnosis: Diagnosis) -> str:
    """`broken`, `costly` or `sound`."""
    severities = {gap.severity for gap in diagnosis.gaps}
    return next((severity for severity in ("broken", "costly") if severity in severities), "sound")


def status(diagnosis: Diagnosis, told: Told, language: Language) -> list[str]:
    """Date, reach and size, in short."""
    parts = [phrase(language, "as_of", day=figures.day(language, diagnosis.as_of))]
    if diagnosis.data_until:
        parts.append(phrase(language, "until", day=figures.day(language, diagnosis.data_until)))
    count = people(language, told.unit, diagnosis.customers)
    parts.append(phrase(language, "customers", count=count, yen=figures.yen(language, diagnosis.yearly_jpy)))
    return parts


def first(diagnosis: Diagnosis) -> list[Gap]:
    """What to mend first: at most five."""
    return worth_mending(diagnosis)[:MOST_FIRST]


def worth_mending(diagnosis: Diagnosis) -> list[Gap]:
    return [gap for gap in diagnosis.gaps if gap.severity != "note"]


def absent(diagnosis: Diagnosis) -> list[Gap]:
    """Sources that are not there, and whose absence stops nothing."""
    return [gap for gap in diagnosis.gaps if gap.severity == "note" and gap.kind == "no_source"]


def anonymous(diagnosis: Diagnosis, language: Language) -> list[str]:
    """What share of visits nobody knows the visitor of, and how that could change; no alarm."""
    hints = {gap.entity: gap for gap in diagnosis.gaps if gap.kind == "anonymous" and gap.severity == "note"}
    lines = []
    for seen in diagnosis.entities:
        if seen.anonymous or seen.anonymous_tied:
            counts = {"rows": seen.anonymous, "of": seen.total, "tied": seen.anonymous_tied}
            values = {key: figures.number(count) for key, count in counts.items()}
            values |= {"entity": entity(language, seen.entity), "share": figures.percent(seen.anonymous_share)}
            hint = [advice(hints[seen.entity], language)] if seen.entity in hints else []
            key = "anonymous_tied" if seen.anonymous_tied else "anonymous"
            lines.append(joined(language, [phrase(language, key, **values), *hint]))
    return lines


def sentence(gap: Gap, told: Told, language: Language) -> str:
    """What is wrong, with the figure."""
    counted = gap.kind in _OF_CUSTOMERS
    count = (lambda n: people(language, told.unit, n)) if counted else figures.number
    details = {key: _shown(value, language) for key, value in gap.details.items()}
    values: dict[str, object] = {
        "entity": entity(language, gap.entity),
        "file": f"{gap.entity}.csv",
        "column": gap.column,
        "rows": count(gap.rows),
        "of": count(gap.of),
        "share": figures.percent(gap.share),
        "customers": people(language, told.unit, gap.customers),
        "address": name(language, "diagnosis.address", gap.column),
    }
    kind = "stale_all" if gap.kind == "stale" and not gap.entity else gap.kind
    if "to" in gap.details:
        details["to"] = entity(language, str(gap.details["to"]))
    said = phrase(language, f"gap.{kind}", **{**values, **details})
    if gap.kind == "no_customer" and gap.details.get("strangers"):
        key = "strangers_tied" if gap.details["tied"] else "strangers"
        said = joined(language, [said, phrase(language, key, **{**values, **details})])
    if gap.details.get("waiting"):
        key = "overdue" if gap.details["overdue"] else "waiting"
        said = joined(language, [said, phrase(language, key, **details)])
    return clean(said)


def reason(gap: Gap, told: Told, language: Language) -> list[str]:
    """What it costs: customers, revenue, actions that can't work."""
    parts = []
    if gap.customers or gap.yearly_jpy >= 1:
        key = "cost.about" if gap.is_estimate else "cost.concerned"
        count, yen = people(language, told.unit, gap.customers), figures.yen(language, gap.yearly_jpy)
        parts.append(phrase(language, key, customers=count, yen=yen))
    if gap.cost.actions:
        parts.append(phrase(language, "cost.actions", names=few(language, gap.cost.actions)))
    if gap.cost.segment:
        parts.append(phrase(language, "cost.segment"))
    if gap.cost.weakened:
        parts.append(phrase(language, "cost.weakened", names=few(language, gap.cost.weakened)))
    if gap.cost.models:
        models = [name(language, "diagnosis.model", model) for model in gap.cost.models]
        parts.append(phrase(language, "cost.models", names=few(language, models)))
    return parts


def advice(gap: Gap, language: Language) -> str:
    """What to do about it."""
    kind: str = "stale_all" if gap.kind == "stale" and not gap.entity else gap.kind
    if kind == "no_customer" and gap.entity not in _VISITS:
        kind = "no_customer_elsewhere"
    return phrase(language, f"fix.{kind}", to=entity(language, str(gap.details.get("to", ""))))


def rule(example: Example, language: Language) -> str:
    """What is wrong with the row."""
    return rule_in_words(example.rule, language)


def joined(language: Language, sentences: Iterable[str]) -> str:
    return ("" if language == "ja" else " ").join(sentences)


def last_seen(seen: EntityFigures, language: Language) -> str:
    """How long ago the newest row came."""
    fresh = seen.freshness
    if fresh is None:
        return phrase(language, "freshness.none")
    if fresh.days_since == 0:
        return phrase(language, "freshness.today")
    return phrase(language, "freshness.days", days=figures.number(fresh.days_since))


def rhythm(seen: EntityFigures, language: Language, key: str = "usual") -> str:
    """How long its pauses usually are at most; `pause` says so in the words too."""
    fresh = seen.freshness
    if fresh is None or fresh.usual_gap_days is None:
        return phrase(language, "freshness.none")
    return phrase(language, f"freshness.{key}", days=figures.number(fresh.usual_gap_days))


def share(value: float | None) -> str:
    return figures.UNKNOWN if value is None else figures.percent(value, 0 if value in (0.0, 1.0) else 1)


def broken(found: Break, language: Language) -> str:
    """Where the customer's context is lost, and how."""
    kind = f"no_handover_{found.at}" if found.kind == "no_handover" else found.kind
    return phrase(
        language,
        f"break.{kind}",
        at=name(language, "diagnosis.channel", found.at),
        before=name(language, "diagnosis.channel", found.before) if found.before else "",
        count=figures.number(found.count),
        of=figures.number(found.of),
        share=figures.percent(found.share),
    )


def empty_columns(diagnosis: Diagnosis) -> list[tuple[str, str, float]]:
    """(entity, column, share of empty cells) of what is noticeably empty, without columns that may be missing."""
    return [
        (seen.entity, column.name, column.share)
        for seen in diagnosis.entities
        for column in seen.columns
        if column.share >= _EMPTY_NOTICED and not (column.is_optional and column.unknown == seen.rows)
    ]


def _shown(value: object, language: Language) -> str:
    if isinstance(value, int | float):
        return figures.number(value)
    try:
        return figures.day(language, date.fromisoformat(str(value)))
    except ValueError:
        return clean(str(value))


def signals(gap: Gap, language: Language) -> str:
    """The signals that can't be seen without it."""
    return few(language, [name(language, "signal", signal) for signal in gap.cost.signals])


def few(language: Language, names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    more = [f"+{len(every) - _NAMES_SHOWN}"] if len(every) > _NAMES_SHOWN else []
    return listed(language, [*every[:_NAMES_SHOWN], *more])

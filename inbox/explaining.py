"""A decision told in sentences, for a marketer or a support agent who never saw how it is made."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ..domain.brief import Language
from ..service.segments import measures
from . import conditions, figures
from .words import clean, listed, name, outcome, say

Row = Mapping[str, Any]
_ARRIVED = frozenset({"sent", "handed_over"})
#: Reasons with a sentence of their own; the others are told by their word.
_OWN_SENTENCE = frozenset({"holdout", "business_as_usual", "outside_pilot", "outside_segment", "uplift_negative"})


def in_sentences(decision: Row, language: Language) -> list[str]:
    """What was chosen and why, what chance had to do with it, who approved, what came of it."""
    return [
        *_what(decision, language),
        *_why(decision, language),
        *_chance(decision, language),
        *_wording(decision, language),
        *_approvals(decision, language),
        *_came_of_it(decision, language),
    ]


def why_not(candidate: Row, language: Language) -> str:
    """Why an action was no choice: the conditions of its rule with the unit's figures, or the reason in words."""
    told = [_against(entry, language) for entry in candidate.get("against") or ()]
    if told:
        return say(language, "why.joined").join(told)
    code = str(candidate.get("why_not") or "")
    return name(language, "reason", code) if code else say(language, "receipt.no_reason")


def spoken(guardrail: Row, language: Language) -> str:
    """A guardrail that held something back or stopped it."""
    reason = name(language, "reason", str(guardrail["reason"]))
    told = say(language, "why.held" if guardrail.get("held") else "why.stopped", reason=reason)
    step = clean(str(guardrail.get("step") or ""))
    return say(language, "why.step", what=told, step=step) if step else told


def _what(decision: Row, language: Language) -> Iterator[str]:
    """What the action does, as the playbook says it."""
    described = (decision.get("describe") or {}).get(decision.get("action"), {})
    what = described.get(language) or next(iter(described.values()), "")
    if what:
        yield say(language, "why.what", action=clean(str(decision["action"])), what=clean(what))


def _why(decision: Row, language: Language) -> Iterator[str]:
    ranked = _ranked(decision)
    if decision.get("action"):
        yield _why_this(decision, ranked, language)
    elif decision.get("planned_action"):
        reason = name(language, "reason", str(decision.get("reason") or ""))
        action = clean(str(decision["planned_action"]))
        yield say(language, "why.taken_out", action=action, reason=reason)
    else:
        yield _why_nothing(decision, ranked, language)


def _ranked(decision: Row) -> list[Row]:
    """What could be done, the most valuable first."""
    fitting = [row for row in decision.get("candidates", ()) if row["eligible"] and row.get("value_jpy") is not None]
    return sorted(fitting, key=lambda row: -float(row["value_jpy"]))


def _why_this(decision: Row, ranked: list[Row], language: Language) -> str:
    signed = partial(figures.yen, language, signed=True)
    mine = next((row for row in ranked if row["action"] == decision["action"]), None)
    if mine is None:
        return say(language, "why.by_chance", value=signed(decision.get("value_jpy") or 0.0))
    value = signed(mine["value_jpy"])
    if decision.get("group") == "random_control":
        return say(language, "why.random_control", count=_possible(decision))
    if decision.get("explored"):
        return say(language, "why.by_chance", value=value)
    if ranked[0]["action"] != mine["action"]:
        best, limit = ranked[0], _limit(decision, language)
        return say(
            language,
            "why.not_best",
            value=value,
            best=clean(best["action"]),
            best_value=signed(best["value_jpy"]),
            limit=limit,
        )
    ends = {end: signed(mine[f"{end}_jpy"]) if mine.get(f"{end}_jpy") is not None else "–" for end in ("low", "high")}
    if len(ranked) == 1:
        return say(language, "why.only_one", value=value, zero=figures.yen(language, 0.0), **ends)
    return say(
        language,
        "why.best_of",
        count=len(ranked),
        value=value,
        next=clean(ranked[1]["action"]),
        behind=figures.yen(language, mine["value_jpy"] - ranked[1]["value_jpy"]),
        **ends,
    )


def _why_nothing(decision: Row, ranked: list[Row], language: Language) -> str:
    reason = str(decision.get("reason") or "")
    if reason in _OWN_SENTENCE:
        return say(language, f"why.{reason}")
    if reason == "chance":
        is_control = decision.get("group") == "random_control"
        control = say(language, "why.random_control", count=_possible(decision)) if is_control else ""
        return " ".join(part for part in (control, say(language, "why.chance_nothing")) if part)
    if reason == "not_eligible":
        return say(language, "why.not_eligible", count=len(decision.get("candidates", ())))
    if reason in ("no_value", "limit") and ranked:
        best = {
            "best": clean(ranked[0]["action"]),
            "best_value": figures.yen(language, ranked[0]["value_jpy"], signed=True),
        }
        limit = {"limit": _limit(decision, language)} if reason == "limit" else {}
        return say(language, f"why.{reason}", **best, **limit)
    told = name(language, "reason", reason) if reason else say(language, "receipt.no_reason")
    return say(language, "why.other_reason", reason=told)


def _limit(decision: Row, language: Language) -> str:
    """Which limits were tight in that plan; a rep's own without the rep."""
    codes = dict.fromkeys("rep" if str(code).startswith("rep ") else str(code) for code in decision.get("limits") or ())
    named = [limit_name(language, code) for code in codes]
    if not named:
        return say(language, "why.for_long_term" if decision.get("action") else "why.limits_none")
    return say(language, "why.limits", limits=listed(language, named))


def limit_name(language: Language, code: str) -> str:
    """A limit of a plan in words; whose time is used up is named by their id."""
    _, _, rep = code.partition("rep ")
    return say(language, "why.limit_rep", rep=clean(rep)) if rep else name(language, "why.limit_name", code)


def _possible(decision: Row) -> int:
    return 1 + sum(bool(row.get("probability")) for row in decision.get("candidates", ()))


def _chance(decision: Row, language: Language) -> Iterator[str]:
    nothing = decision.get("nothing_probability")
    if nothing is None:
        yield say(language, "why.not_logged", probability=figures.probability(decision["probability"]))
        return
    chances = [(clean(str(row["action"])), float(row["probability"])) for row in decision.get("candidates", ())]
    chances = [*chances, (say(language, "why.nothing"), float(nothing))]
    possible = sorted(((what, chance) for what, chance in chances if chance > 1e-12), key=lambda pair: -pair[1])
    if len(possible) <= 1:
        yield say(language, "why.certain")
        return
    told = [
        say(language, "why.chance_of", what=what, probability=figures.probability(chance)) for what, chance in possible
    ]
    yield say(language, "why.chances", chances=listed(language, told))


def _wording(decision: Row, language: Language) -> Iterator[str]:
    """Which of several wordings was drawn."""
    variant = decision.get("variant")
    if decision.get("action") and variant:
        chance = figures.probability(decision["variant_probability"])
        yield say(language, "why.variant", variant=name(language, "web.variant", str(variant)), probability=chance)


def _approvals(decision: Row, language: Language) -> Iterator[str]:
    if not decision.get("action") and not decision.get("planned_action"):
        return
    decided = [row for row in decision.get("reviews", ()) if row.get("decided_by") and row["decided_by"] != "system"]
    for row in decided:
        if row["state"] not in ("approved", "rejected"):
            continue
        key = "refused"
        if row["state"] == "approved":
            key = "approved" if row["kind"] == "plan" else "approved_own_words" if row["edited"] else "approved_words"
        yield say(
            language, f"why.{key}", name=clean(str(row["decided_by"])), at=moment_of(row.get("decided_at"), language)
        )
    if not decided and decision.get("action"):
        yield say(language, "why.nobody_yet")


def _came_of_it(decision: Row, language: Language) -> Iterator[str]:
    if not decision.get("action"):
        return
    arrived = [row for row in decision.get("deliveries", ()) if row["state"] in _ARRIVED]
    if not arrived:
        yield say(language, "why.not_sent")
        return
    at = moment_of(arrived[0].get("at"), language)
    kinds = dict.fromkeys(outcome(language, str(row["kind"])) for row in decision.get("outcomes", ()))
    if kinds:
        yield say(language, "why.sent", at=at, outcomes=listed(language, kinds))
    else:
        yield say(language, "why.sent_nothing", at=at)


def _against(entry: Row, language: Language, key: str = "why") -> str:
    """One condition in words, or several ways of which one would do; the parts of a way have shorter words."""
    if "one_of" in entry:
        both = say(language, "why.way.join")
        ways = [both.join(_against(part, language, "why.way") for part in way) for way in entry["one_of"]]
        return say(language, f"{key}.one_of", ways=say(language, "why.way.or").join(ways))
    told = conditions.condition(language, str(entry["condition"]))
    if entry["truth"] is None:
        return say(language, f"{key}.unknown", condition=told)
    values = [_value(language, column, value) for column, value in entry["figures"].items()]
    if len(values) > 1:  # which is which
        named = zip(entry["figures"], values, strict=True)
        values = [
            say(language, "why.named", what=conditions.measure(language, column), value=value)
            for column, value in named
        ]
    return say(
        language, f"{key}.{'fails_not' if entry['truth'] else 'fails'}", condition=told, value=listed(language, values)
    )


def _value(language: Language, column: str, value: float | str | None) -> str:
    if isinstance(value, float) and not measures().get(column, ({}, "-"))[1]:
        return say(language, "why.truth_yes" if value else "why.truth_no")
    if isinstance(value, str):
        return name(language, "feature_value", value)
    return conditions.value_of(language, column, value, signed=conditions.is_a_change(column))


def moment_of(at: object, language: Language) -> str:
    """A moment in words, whether it comes as a datetime or as ISO text; anything else as it is."""
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            return clean(str(at))
    return figures.moment(language, at) if isinstance(at, datetime) else ""

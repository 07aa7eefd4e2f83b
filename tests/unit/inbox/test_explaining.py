"""A decision in sentences that somebody who never saw the engine can follow, in both languages."""

from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.decision import Reason
from kizuna.inbox.explaining import in_sentences, spoken, why_not
from kizuna.inbox.words import LANGUAGES


def candidate(action: str, value: float | None = None, **more: Any) -> dict[str, Any]:
    known = {"value_jpy": value, "low_jpy": -100.0, "high_jpy": 900.0} if value is not None else {}
    return {"action": action, "eligible": value is not None, "why_not": "", "probability": 0.0, **known, **more}


def decided(action: str | None, *candidates: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "cycle": 1,
        "group": "policy",
        "action": action,
        "planned_action": action,
        "reason": None,
        "explored": False,
        "probability": 0.9,
        "nothing_probability": 1 - sum(each["probability"] for each in candidates),
        "value_jpy": 0.0,
        "candidates": list(candidates),
        "describe": {"tips": {"en": "Tips for the first month.", "ja": "最初の月のヒント。"}},
        "limits": [],
        **more,
    }


def told(language: Language = "en", **decision: Any) -> str:
    return " ".join(in_sentences(decision, language))


def test_the_choice_is_compared_with_the_next_best() -> None:
    both = candidate("tips", 800.0, probability=0.95), candidate("digest", 500.0, probability=0.03)
    words = told(**decided("tips", *both))
    assert "tips: Tips for the first month." in words
    assert "Of the 2 things that could be done, this was worth most: +¥800" in words
    assert "Next came digest, ¥300 behind." in words
    assert "How likely each outcome was: tips 95%, digest 3%, nothing 2%." in words


def test_a_better_action_that_a_limit_kept_away_is_named() -> None:
    both = candidate("tips", 800.0), candidate("visit", 5_000.0)
    words = told(**decided("tips", *both, limits=["budget", "rep R01", "rep R02"]))
    assert "visit would have been worth more here (+¥5,000)" in words
    assert "a limit (budget, a rep’s time)" in words and "R01" not in words
    assert "keeps room for what builds trust" in told(**decided("tips", *both))


def test_what_chance_did_is_said() -> None:
    both = candidate("tips", 800.0, probability=1 / 3), candidate("digest", 900.0, probability=1 / 3)
    control = told(**decided("tips", *both, group="random_control", explored=True))
    assert "each of the 3 possible choices, nothing among them, was equally likely" in control
    assert "Chance chose this, to learn what works" in told(**decided("tips", *both, explored=True))
    nothing = told(**decided(None, *both, planned_action=None, reason="chance", explored=True))
    assert "Chance chose to do nothing" in nothing
    assert "Chance had no say in it." in told(**decided(None, candidate("tips"), planned_action=None, reason="holdout"))


def test_what_was_planned_and_taken_out_is_said() -> None:
    words = told(**decided(None, candidate("tips", 800.0), planned_action="tips", reason="left_out_by_reviewer"))
    assert words.startswith("tips was planned; then: taken out by a reviewer.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_makes_a_sentence_in_each_language(language: Language, reason: Reason) -> None:
    words = told(language, **decided(None, candidate("tips", -5.0), planned_action=None, reason=reason.value))
    assert len(words) > 10
    assert "_" not in words, "a code is no explanation"


def test_the_condition_and_the_figure_that_decided_are_told() -> None:
    against = [{"condition": "churn_risk >= 0.5", "truth": False, "figures": {"churn_risk": 0.31}}]
    words = why_not(candidate("tips", against=against), "en")
    assert "50% or more”; here it is 31%" in words
    against = [{"condition": "NOT is_active", "truth": False, "figures": {"is_active": 1.0}}]
    assert why_not(candidate("tips", against=against), "en").endswith("here it is yes")
    against = [{"condition": "tenure_days >= 30", "truth": None, "figures": {"tenure_days": None}}]
    assert "which is not known here" in why_not(candidate("tips", against=against), "en")
    assert why_not(candidate("tips", why_not="no_consent"), "ja") == "同意の記録がない"


def test_several_ways_to_fit_are_told_as_ways() -> None:
    risk = {"condition": "churn_risk >= 0.5", "truth": False, "figures": {"churn_risk": 0.31}}
    active = {"condition": "is_active", "truth": True, "figures": {"is_active": 1.0}}
    tenure = {"condition": "tenure_days >= 30", "truth": None, "figures": {"tenure_days": None}}
    against = [{"one_of": [[risk], [active, tenure]]}]
    assert why_not(candidate("tips", against=against), "en") == (
        "asks for either “Risk to leave: 50% or more” (here 31%) or "
        "not “Customer at present” (here yes) and “Time as a subscriber: 30 days or more” (not known here)"
    )
    assert "次のいずれかが条件：「" in why_not(candidate("tips", against=against), "ja")


def test_who_approved_and_what_came_of_it_close_the_story() -> None:
    reviews = [
        {"kind": "plan", "state": "approved", "decided_by": "sato", "decided_at": "2026-04-01T10:00:00+09:00"},
        {"kind": "each", "state": "approved", "decided_by": "r01", "decided_at": "2026-04-02T09:00:00+09:00"},
    ]
    for review, edited in zip(reviews, (False, True), strict=True):
        review["edited"] = edited  # type: ignore[assignment]
    sent = [{"state": "sent", "at": "2026-04-03T09:00:00+09:00", "step": "tip"}]
    outcomes = [{"kind": "opened"}, {"kind": "opened"}, {"kind": "clicked"}]
    words = told(**decided("tips", candidate("tips", 800.0), reviews=reviews, deliveries=sent, outcomes=outcomes))
    assert "sato approved the plan on 1 Apr 2026 10:00" in words
    assert "r01 changed and approved the words on 2 Apr 2026 09:00" in words
    assert words.endswith("since then: opened, clicked.")
    waiting = told(**decided("tips", candidate("tips", 800.0)))
    assert "Nobody has decided on it yet." in waiting and "Nothing has left yet." in waiting


def test_a_drawn_wording_and_an_older_record_are_told() -> None:
    words = told(**decided("tips", candidate("tips", 800.0), variant="short", variant_probability=0.62))
    assert "“short” was drawn, with a probability of 62%" in words
    old = told(**decided("tips", candidate("tips", 800.0), nothing_probability=None))
    assert "Probability of this choice: 90%. That of the others was not kept" in old


def test_guardrails_say_whether_they_held_back_or_stopped() -> None:
    assert spoken({"reason": "quiet_hours", "step": "tip", "held": True}, "en").startswith("held back: ")
    assert spoken({"reason": "no_consent", "step": "", "held": False}, "ja") == "中止：同意の記録がない"

"""Who planned is said in both languages: rules, a model, a model that failed, and one that was not followed."""

from typing import Any

import pytest
from kizuna.inbox.reasoning import plan_reasoning

MODEL = {"by": "model", "model": "small-1", "rules_jpy": 1000.0, "proposed_jpy": 1200.0}
RATIONALE = {"en": "Fewer reminders.", "ja": "案内を減らします。"}


def test_rules_need_one_sentence() -> None:
    assert plan_reasoning({"by": "rules", "plan": "rules"}, "en") == ["Planned by the rules."]


def test_a_model_that_failed_is_named_with_the_reason() -> None:
    told = plan_reasoning({"by": "rules", "plan": "rules", "model": "small-1", "why": "too_slow"}, "en")
    assert told == ["Planned by the rules: the model small-1 could not be used (it took too long)."]


def test_a_plan_that_was_taken_shows_both_forecasts_and_the_models_words() -> None:
    taken = {**MODEL, "plan": "model", "compared": "not_worse", "rationale": RATIONALE}
    first, reason = plan_reasoning(taken, "en")
    assert "¥1,200" in first and "¥1,000" in first and "small-1" in first
    assert reason == "The model's reason: Fewer reminders."


@pytest.mark.parametrize("why", ["worse", "reaches_nobody", "too_short_sighted"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_plan_that_was_not_taken_says_why(why: str, language: Any) -> None:
    told = plan_reasoning({**MODEL, "plan": "rules", "compared": why}, language)
    assert len(told) == 1 and "small-1" in told[0] and why not in told[0]


def test_what_a_model_says_stays_on_its_line() -> None:
    hostile = {**MODEL, "plan": "model", "rationale": {"en": "one\n\x1b[31mtwo", "ja": "x"}}
    assert "\n" not in plan_reasoning(hostile, "en")[1] and "\x1b" not in plan_reasoning(hostile, "en")[1]

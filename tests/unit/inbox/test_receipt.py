"""The receipt of one unit: plain words first, then all that led to them."""

from io import StringIO
from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.decision import Candidate
from kizuna.inbox.receipt import print_receipt
from kizuna.inbox.words import LANGUAGES
from rich.cells import cell_len
from rich.console import Console

from .pieces import HOSTILE

WEIGHED = (
    Candidate(action="tutorial_email", eligible=False, why_not="cooldown"),
    Candidate(action="annual_plan", eligible=False, why_not="days_since_last_visit is unknown"),
    Candidate(
        action="survey_before_discount",
        eligible=True,
        value_jpy=1_240.0,
        low_jpy=-310.0,
        high_jpy=2_790.0,
        uplift=0.031,
        cost_jpy=3.0,
        probability=0.82,
    ),
)


def decision(cycle: int, action: str | None, reason: str | None, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "cycle": cycle,
        "action": action,
        "reason": reason,
        "probability": 1.0,
        "explored": False,
        "value_jpy": 0.0,
        "candidates": [],
        "guardrails": [],
        "versions": {"policy": "a1b2c3", "playbook": "9f8e"},
        "deliveries": [],
        "reviews": [],
        "outcomes": [],
    }
    return plain | changes


def chosen(action: str = "survey_before_discount", **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "probability": 0.82,
        "explored": True,
        "value_jpy": 1_240.0,
        "candidates": [candidate.model_dump() for candidate in WEIGHED],
        "guardrails": [{"reason": "quiet_hours", "step": "survey", "at": "2026-04-02T21:10:00+09:00", "held": True}],
        "deliveries": [
            {
                "step": "survey",
                "state": "sent",
                "at": "2026-04-03T09:02:00+09:00",
                "subject": "お困りのことはありませんか",
                "message_id": "<k1@example.jp>",
            }
        ],
        "reviews": [
            {
                "id": "r1",
                "kind": "batch",
                "decided_by": "田中 美咲",
                "decided_at": "2026-04-02T10:30:00+09:00",
                "state": "approved",
                "edited": True,
                "reason": "",
            }
        ],
        "outcomes": [{"kind": "survey_answered", "at": "2026-04-04T12:00:00+09:00", "value": "price"}],
    }
    return decision(2, action, None, **told | changes)


def printed(language: Language, *decisions: dict[str, Any], unit_name: str = "青木 花") -> str:
    receipt = {
        "unit_id": "u-17",
        "unit_name": unit_name,
        "group": "policy",
        "cycle": 3,
        "decisions": list(decisions),
    }
    out = StringIO()
    print_receipt(receipt, language, Console(file=out, width=80))
    return out.getvalue()


def test_leaving_alone_says_why_in_plain_words() -> None:
    assert "Left alone in cycle 2: holdout: kept as the comparison." in printed("en", decision(2, None, "holdout"))


def test_the_newest_decision_comes_first() -> None:
    shown = printed("en", decision(1, None, "no_value"), decision(2, None, "no_consent"))
    assert shown.index("cycle 2") < shown.index("cycle 1")


def test_a_choice_shows_value_chance_and_what_else_was_weighed() -> None:
    shown = printed("en", chosen())
    assert "Cycle 2: survey_before_discount, expected to be worth +¥1,240." in shown
    assert "Probability of this choice: 82%." in shown
    assert "+¥1,240 [−¥310, +¥2,790]" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["annual_plan", "days_since_last_visit", "is", "unknown"] in rows
    assert "this action was used too recently" in shown
    assert "Chance chose this" in shown


def test_reviews_deliveries_and_outcomes_follow_with_their_moment() -> None:
    shown = printed("en", chosen())
    assert "content for many · approved · by 田中 美咲 · edited" in " ".join(shown.split())
    assert "3 Apr 2026 09:02 UTC+09:00 · survey · sent" in shown
    assert "held back: held for the quiet hours (survey)" in shown
    assert "answered the survey · price" in shown
    assert "policy a1b2c3" in shown


def test_versions_are_said_again_only_where_they_changed() -> None:
    newer = {"policy": "a1b2c3", "playbook": "9f8e", "model": "77aa"}
    shown = printed("ja", decision(1, None, "no_value"), decision(2, None, "no_value", versions=newer))
    assert "バージョン（第1サイクル）：policy a1b2c3、playbook 9f8e" in shown
    assert "バージョン（第2サイクル）：モデル 77aa\n" in shown


def test_nobody_with_a_login_and_every_outcome_have_words_in_japanese() -> None:
    expired = {"kind": "each", "state": "expired", "decided_by": "system", "decided_at": None, "edited": False}
    came = [{"kind": kind, "at": None, "value": None} for kind in ("contacted", "visited", "ordered")]
    shown = printed("ja", decision(1, None, "no_value", reviews=[expired], outcomes=came))
    assert "自動" in shown and "お問い合わせ" in shown
    assert not [word for word in ("system", "contacted", "visited", "ordered") if word in shown]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_fits_the_terminal(language: Language) -> None:
    shown = printed(language, chosen(), decision(1, None, "holdout"))
    assert max(cell_len(line) for line in shown.splitlines()) <= 80


def test_a_unit_without_decisions_says_so() -> None:
    assert "No decision on record yet." in printed("en")


def test_a_decision_without_a_reason_says_so() -> None:
    assert "no reason on record" in printed("en", decision(1, None, None))


def test_hostile_text_stays_text() -> None:
    attacked = chosen(
        action=HOSTILE,
        reviews=[{"id": "r", "kind": HOSTILE, "state": HOSTILE, "decided_by": HOSTILE, "reason": HOSTILE}],
        deliveries=[{"step": HOSTILE, "state": HOSTILE, "subject": HOSTILE, "at": HOSTILE}],
        outcomes=[{"kind": HOSTILE, "value": HOSTILE, "at": None}],
    )
    shown = printed("en", attacked, unit_name=HOSTILE)
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "[bold]" in shown

"""What the sample reports are made of: estimates, actions, points of the goal path, reviews."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from kizuna.domain.brief import Language
from kizuna.domain.report import ActionResult, Estimate, GoalPoint, ReviewSummary

START = date(2026, 4, 1)
DESCRIBE: dict[str, dict[Language, str]] = {
    "survey_before_discount": {
        "ja": "値引きの前に、まず聞く。静かになったお客さまに短い質問を送り、答えに合わせて手助けする。",
        "en": "Ask before offering. A soft question to a customer who went quiet, then help by what they answer.",
    },
    "tutorial_email": {
        "ja": "まだ使っていない機能を、短い手順で案内する。",
        "en": "Show a feature that is not used yet, in a few short steps.",
    },
    "annual_plan": {
        "ja": "年払いプランへの切り替えを、割引つきで案内する。",
        "en": "Offer the annual plan with its discount.",
    },
    "rep_upgrade_draft": {
        "ja": "担当営業からのアップグレード提案の下書きを用意する。",
        "en": "Prepare an upgrade proposal for the responsible sales rep to send.",
    },
}


def span(value: float, half: float) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half)


def action(name: str, state: str, per_cycle: tuple[int, ...], **changes: Any) -> ActionResult:
    """An action as the playbook sees it, before any evidence; `changes` tell what was learned."""
    sent = sum(per_cycle)
    prior = changes.pop("prior", span(0.02, 0.039))
    fields: dict[str, Any] = {
        "outcome": "retained_90d",
        "sent": sent,
        "handed_over": 0,
        "cost_jpy": 3.0 * sent,
        "evidence": None,
        "treated": 0,
        "compared": 0,
        "belief": prior,
    }
    return ActionResult(
        action=name, describe=DESCRIBE[name], state=state, per_cycle=per_cycle, prior=prior, **fields | changes
    )


def point(cycle: int, lift: Estimate | None, verdict: str) -> GoalPoint:
    return GoalPoint(
        cycle=cycle,
        on=START + timedelta(days=15 * cycle),
        policy_mean=41_200.0 + 900 * cycle,
        holdout_mean=41_050.0 + 120 * cycle,
        policy_units=2_412,
        holdout_units=603,
        lift=lift,
        verdict=verdict,
    )


REVIEWS = (
    ReviewSummary(
        id="r1",
        kind="plan",
        subject="Plan of cycle 1: 1,180 contacts, 3 actions",
        state="approved",
        decided_by="田中 美咲",
        decided_at=datetime(2026, 4, 1, 1, 30, tzinfo=UTC),
        reason="",
        edited=0,
        left_out=1,
    ),
    ReviewSummary(
        id="r2",
        kind="batch",
        subject="annual_plan: 410 mails",
        state="rejected",
        decided_by="Kenji Sato",
        decided_at=datetime(2026, 4, 2, 4, 5, tzinfo=UTC),
        reason="Too pushy for people who just opened a ticket. 急かす表現をやめてください。",
        edited=0,
        left_out=0,
    ),
    ReviewSummary(
        id="r3",
        kind="each",
        subject="rep_upgrade_draft: 株式会社あおぞら",
        state="approved",
        decided_by="鈴木 一郎",
        decided_at=datetime(2026, 4, 3, 0, 12, tzinfo=UTC),
        reason="",
        edited=1,
        left_out=0,
    ),
    ReviewSummary(
        id="r4",
        kind="batch",
        subject="tutorial_email: 620 mails",
        state="open",
        decided_by=None,
        decided_at=None,
        reason="",
        edited=0,
        left_out=0,
    ),
)

HOSTILE = "\x1b[31m</title></style><script>alert('x')</script>\" onload=\"x [bold]{{ 7*7 }} {0} \u202egnp"

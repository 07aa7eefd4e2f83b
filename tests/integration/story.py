"""A tiny campaign from its first tick to its last, in acts: what people and time do, then a tick.

It passes every node of both graphs. The same act on the same folder always ends in the same state.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kizuna.store import audit
from kizuna.store.tables import (
    ApprovalRow,
    AttemptRow,
    AuditRow,
    BeliefRow,
    CampaignRow,
    ContactRow,
    CycleRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    JourneyRow,
    PlanRow,
    ReviewRow,
    SnapshotRow,
    SuppressionRow,
    UnitGroupRow,
)

from .world import MORNING, World, make_company, own_action

#: One cycle, few units, and tutorials as drafts for the reps: still every kind of message and every node.
TINY: dict[str, Any] = {"goal": {"horizon": "30d"}, "pilot": {"units": 28}, "playbook_folder": "own"}
_BY_REPS = {"channels": ["rep_draft"], "review": {"by": "sales_rep", "scope": "each"}}


@dataclass(frozen=True)
class Act:
    """What happens before a tick, and when the tick comes."""

    name: str
    after: timedelta
    prepare: Callable[[World], None]


def found(folder: Path) -> None:
    """The company before its campaign."""
    own_action(folder / "own", "feature_tutorial", _BY_REPS)
    make_company(folder, changes=TINY)


def _begin(world: World) -> None:
    world.start()


def _without_reminders(world: World) -> None:
    wish = {"wish": "without", "without": ("renewal_reminder",)}
    world.decide(world.open("plan")[0].id, "sato", type="reject", reason="no reminders this month", **wish)


def _agree(world: World) -> None:
    world.approve_all("plan")


def _mixed_answers(world: World) -> None:
    """One batch is rejected, one draft stays undecided, the rest is approved; then somebody's address changes."""
    batches, single = world.open("batch"), world.open("each")
    world.decide(batches[-1].id, "sato", type="reject", reason="too long", wish="shorter")
    for row in batches[:-1]:
        world.decide(row.id, "sato")
    for row in single[1:]:
        world.decide(row.id, row.assignee or "sato")
    moved = world.rows(JourneyRow, action=batches[0].summary["action"])[0]
    world.change(ContactRow, moved.contact_id, email="moved@elsewhere.example")


def _answer_and_ask_again(world: World) -> None:
    """The revised batch is approved and a customer answers the survey."""
    world.approve_all("batch")
    for row in world.rows(DeliveryRow, action="survey_before_discount", state="sent")[:1]:
        path = world.workspace.data / "survey_answers.csv"
        with path.open("a", encoding="utf-8", newline="") as file:
            at = f"{world.clock.now() - timedelta(hours=20):%Y-%m-%dT%H:%M:%SZ}"
            csv.writer(file).writerow(["Q900001", row.contact_id, "save", at, "too_expensive", ""])


def _nothing(_world: World) -> None:
    """Time passes: what nobody decided expires, then the cycle ends."""


ACTS = (
    Act("begin", timedelta(0), _begin),
    Act("plan again", timedelta(hours=1), _without_reminders),
    Act("write", timedelta(hours=2), _agree),
    Act("send", timedelta(hours=3), _mixed_answers),
    Act("go on", timedelta(days=1, hours=3), _answer_and_ask_again),
    Act("expire", timedelta(days=7), _nothing),
    Act("measure", timedelta(days=30, hours=1), _nothing),
)


def time_of(act: Act) -> datetime:
    return MORNING + act.after


def state_of(world: World) -> dict[str, Any]:
    """All that must be the same after a crash as without one."""
    kept = {
        table.__tablename__: [row.model_dump() for row in world.rows(table)]
        for table in (
            ApprovalRow,
            BeliefRow,
            CampaignRow,
            ContactRow,
            CycleRow,
            DecisionRow,
            DraftRow,
            JourneyRow,
            PlanRow,
            ReviewRow,
            SnapshotRow,
            SuppressionRow,
            UnitGroupRow,
        )
    }
    delivered = ("key", "draft_id", "state", "message_id", "place", "reached_at", "not_after", "cost_jpy")
    kept["delivery"] = [{name: getattr(row, name) for name in delivered} for row in world.rows(DeliveryRow)]
    kept["audit"] = sorted((row.actor, row.action, row.subject) for row in world.rows(AuditRow))
    outbox = world.folder / "outbox"
    kept["mails"] = [(name, hashlib.sha256((outbox / name).read_bytes()).hexdigest()) for name in world.mails()]
    return kept


def assert_sound(world: World) -> None:
    """What must hold at any time, whatever crashed."""
    with world.workspace.store.read() as session:
        assert audit.broken_at(session) is None
    out = [row for row in world.rows(DeliveryRow) if row.state in ("sent", "handed_over")]
    assert sorted(row.place for row in out) == world.mails()
    ends = Counter(row.key for row in world.rows(AttemptRow) if row.phase in ("sent", "handed_over"))
    assert all(ends[row.key] == 1 for row in out)

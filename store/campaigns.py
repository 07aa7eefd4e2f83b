"""Campaigns, their cycles, snapshots, plans, groups and beliefs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from ..domain.brief import Brief
from ..domain.delivery import REACHED
from .tables import (
    BeliefRow,
    CampaignRow,
    CycleRow,
    DeliveryRow,
    PauseRow,
    PlanRow,
    SettingRow,
    SnapshotRow,
    UnitGroupRow,
)
from .upsert import insert_new


def campaign(session: Session, name: str) -> CampaignRow | None:
    return session.get(CampaignRow, name)


def brief_of(row: CampaignRow) -> Brief:
    """The brief as it was when the campaign started, or was last changed."""
    return Brief.model_validate(row.brief)


def cycle(session: Session, name: str, number: int) -> CycleRow | None:
    return session.get(CycleRow, (name, number))


def cycles(session: Session, name: str) -> list[CycleRow]:
    query = select(CycleRow).where(CycleRow.campaign == name).order_by(col(CycleRow.number))
    return list(session.exec(query))


def open_cycle(session: Session, name: str, number: int, starts_at: datetime, ends_at: datetime) -> None:
    insert_new(
        session,
        CycleRow,
        [
            {
                "campaign": name,
                "number": number,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "reasoning": {},
                "findings": [],
                "feasibility": {},
                "measurement": {},
            }
        ],
    )


def keep_snapshot(session: Session, row: dict[str, Any]) -> None:
    insert_new(session, SnapshotRow, [row])


def snapshot(session: Session, name: str, snapshot_name: str) -> SnapshotRow | None:
    return session.get(SnapshotRow, (name, snapshot_name))


def snapshots(session: Session) -> list[SnapshotRow]:
    """All manifests, of every campaign."""
    return list(session.exec(select(SnapshotRow).order_by(col(SnapshotRow.campaign), col(SnapshotRow.name))))


def drop_snapshots(session: Session) -> None:
    """Forget all manifests: what they name has to be made again."""
    for row in snapshots(session):
        session.delete(row)


def plan(session: Session, name: str, cycle_number: int, revision: int) -> PlanRow | None:
    return session.get(PlanRow, (name, cycle_number, revision))


def latest_plan(session: Session, name: str, cycle_number: int) -> PlanRow | None:
    query = select(PlanRow).where(PlanRow.campaign == name, PlanRow.cycle == cycle_number)
    return session.exec(query.order_by(col(PlanRow.revision).desc()).limit(1)).first()


def keep_plan(session: Session, row: PlanRow) -> None:
    session.merge(row)


def groups(session: Session, name: str) -> dict[str, UnitGroupRow]:
    query = select(UnitGroupRow).where(UnitGroupRow.campaign == name)
    return {row.unit_id: row for row in session.exec(query)}


def group_of(session: Session, name: str, unit_id: str) -> UnitGroupRow | None:
    return session.get(UnitGroupRow, (name, unit_id))


def enroll(session: Session, rows: list[dict[str, Any]]) -> None:
    """Draw units into the campaign; who is in already stays as drawn."""
    insert_new(session, UnitGroupRow, rows)


def keep_beliefs(session: Session, rows: list[dict[str, Any]]) -> None:
    insert_new(session, BeliefRow, rows)


def beliefs(session: Session, name: str) -> list[BeliefRow]:
    query = select(BeliefRow).where(BeliefRow.campaign == name)
    return list(session.exec(query.order_by(col(BeliefRow.action), col(BeliefRow.cycle))))


def beliefs_in_force(session: Session, name: str, cycle: int) -> tuple[int, frozenset[str]]:
    """As of before which cycle the beliefs that decide `cycle` are, and the actions stopped since all the same.

    `cycle` itself and nothing, unless the newest beliefs were refused.
    """
    verdicts = [(row.number, row.measurement.get("promotion", {})) for row in cycles(session, name)]
    known = [(number, verdict) for number, verdict in verdicts if number < cycle]
    if not known or known[-1][1].get("decision") != "refused":
        return cycle, frozenset()
    last = max((number for number, verdict in known if verdict.get("decision") != "refused"), default=0)
    return last + 1, frozenset(known[-1][1]["stopped"])


def pauses(session: Session, scopes: Iterable[str]) -> list[PauseRow]:
    return list(session.exec(select(PauseRow).where(col(PauseRow.scope).in_(list(scopes)))))


def keep_pause(session: Session, row: PauseRow) -> None:
    session.merge(row)


def drop_pause(session: Session, scope: str) -> bool:
    row = session.get(PauseRow, scope)
    if row is not None:
        session.delete(row)
    return row is not None


def setting(session: Session, key: str) -> str | None:
    row = session.get(SettingRow, key)
    return row.value if row else None


def keep_setting(session: Session, key: str, value: str) -> None:
    session.merge(SettingRow(key=key, value=value))


def settings_under(session: Session, prefix: str) -> dict[str, str]:
    """Settings whose key begins so, in the order of their keys."""
    query = select(SettingRow).where(col(SettingRow.key).startswith(prefix, autoescape=True))
    return {row.key: row.value for row in session.exec(query.order_by(col(SettingRow.key)))}


def drop_setting(session: Session, key: str) -> None:
    row = session.get(SettingRow, key)
    if row is not None:
        session.delete(row)


def campaign_names(session: Session) -> list[str]:
    return list(session.exec(select(CampaignRow.id).order_by(col(CampaignRow.id))))


def count_groups(session: Session, name: str) -> dict[str, int]:
    query = select(UnitGroupRow.group, func.count()).where(UnitGroupRow.campaign == name)
    return dict(session.exec(query.group_by(UnitGroupRow.group)).all())


def units_reached_between(session: Session, start: datetime, end: datetime) -> set[str]:
    """Units that any message reached, or may have reached, in the time."""
    query = select(DeliveryRow.unit_id).where(col(DeliveryRow.reached_at) >= start, col(DeliveryRow.reached_at) < end)
    return set(session.exec(query.distinct()))


def spent_jpy(session: Session, name: str) -> float:
    """What the campaign's messages have cost so far."""
    query = select(func.coalesce(func.sum(DeliveryRow.cost_jpy), 0.0)).where(
        DeliveryRow.campaign == name, col(DeliveryRow.state).in_([state.value for state in REACHED])
    )
    return float(session.exec(query).one())

"""What happens to groups and wishes when two known customers turn out to be one."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .tables import ConsentRow, GroupConflictRow, PreferenceRow, UnitGroupRow

_WITHDRAWN = "withdrawn"


def carry_groups(session: Session, alias: str, customer: str, at: datetime) -> None:
    """Nobody changes their group: what was drawn stays, and where two draws differ, the merge is on record.

    A customer whom a campaign did not draw yet takes the draw of the alias: the same chance, drawn once per person.
    """
    for theirs in session.exec(select(UnitGroupRow).where(UnitGroupRow.unit_id == alias)).all():
        ours = session.get(UnitGroupRow, (theirs.campaign, customer))
        if ours is None:
            session.add(UnitGroupRow(**(theirs.model_dump() | {"unit_id": customer})))
        elif ours.group != theirs.group:
            row = GroupConflictRow(
                campaign=theirs.campaign,
                unit_id=customer,
                alias=alias,
                group=ours.group,
                alias_group=theirs.group,
                found_at=at,
            )
            session.merge(row)
    _pass_conflicts_on(session, alias, customer)
    session.flush()


def _pass_conflicts_on(session: Session, alias: str, customer: str) -> None:
    """An alias that was merged from two groups itself brings that along."""
    for row in session.exec(select(GroupConflictRow).where(GroupConflictRow.unit_id == alias)).all():
        session.merge(GroupConflictRow(**(row.model_dump() | {"unit_id": customer})))


def carry_wishes(session: Session, alias: str, customer: str) -> None:
    """What the alias withdrew stays withdrawn, and what they asked for holds: the stricter of two wishes.

    A withdrawal is dated so that it is the newest word; a consent given after the merge lifts it.
    """
    for theirs in _latest_consents(session, alias).values():
        if theirs.state == _WITHDRAWN:
            _withdraw(session, theirs, customer)
    for wish in session.exec(select(PreferenceRow).where(PreferenceRow.contact_id == alias)).all():
        ours = session.get(PreferenceRow, (customer, wish.kind, wish.name))
        if ours is None or _is_stricter(wish, ours):
            session.merge(PreferenceRow(**(wish.model_dump() | {"contact_id": customer})))
    session.flush()


def _latest_consents(session: Session, contact_id: str) -> dict[tuple[str, str], ConsentRow]:
    query = select(ConsentRow).where(ConsentRow.contact_id == contact_id).order_by(col(ConsentRow.recorded_at))
    return {(row.channel, row.purpose): row for row in session.exec(query)}


def _withdraw(session: Session, theirs: ConsentRow, customer: str) -> None:
    ours = _latest_consents(session, customer).get((theirs.channel, theirs.purpose))
    if ours is not None and ours.state == _WITHDRAWN:
        return
    at = max(theirs.recorded_at, ours.recorded_at) if ours is not None else theirs.recorded_at
    changes: dict[str, Any] = {"contact_id": customer, "recorded_at": at, "evidence": _evidence(theirs)}
    session.merge(ConsentRow(**(theirs.model_dump() | changes)))


def _evidence(row: ConsentRow) -> str:
    said = f": {row.evidence}" if row.evidence else ""
    return f"{row.contact_id} {row.recorded_at.date().isoformat()}{said}"


def _is_stricter(theirs: PreferenceRow, ours: PreferenceRow) -> bool:
    if theirs.kind == "pause":
        return theirs.until is None or (ours.until is not None and theirs.until > ours.until)
    if theirs.kind == "per_month":
        return theirs.value.isdecimal() and (not ours.value.isdecimal() or int(theirs.value) < int(ours.value))
    return False

"""Who is who, for people: why records are one customer, keeping them apart, and joining what no rule found."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from ..agents.workspace import Workspace
from ..domain.errors import UserError
from ..domain.playbook import Role
from ..store import audit, directory, identity
from ..store.tables import GroupConflictRow, LinkRow
from .people import Person

#: Who may look and correct.
ROLES = (Role.OPERATOR, Role.SUPERVISOR)


@dataclass(frozen=True)
class Record:
    """One record of a customer, and what brought it to them; nothing here is a whole address."""

    record_id: str
    rule: str  #: '' for the record that gives the customer their id
    shared: str  #: what it has in common with `via`, its middle taken out
    via: str
    since: datetime
    flag: str  #: '' | unfounded | contradicted


@dataclass(frozen=True)
class Conflict:
    """A campaign that had drawn two of the records into different groups."""

    campaign: str
    alias: str
    group: str
    alias_group: str


@dataclass(frozen=True)
class Customer:
    """All that is one customer."""

    customer_id: str
    records: list[Record]
    conflicts: list[Conflict]


def who(workspace: Workspace, ident: str, *, by: Person) -> Customer:
    """Why these records are one person. `ident` is the customer's id, or any record's. Raises UserError."""
    by.must_be(*ROLES)
    with workspace.store.read() as session:
        rows = _records(session, ident)
        conflicts = identity.conflicts_of(session, rows[0].customer_id)
    return Customer(rows[0].customer_id, [_record(row) for row in rows], [_conflict(row) for row in conflicts])


def flagged(workspace: Workspace, *, by: Person) -> list[Record]:
    """The links that a person should look at."""
    by.must_be(*ROLES)
    with workspace.store.read() as session:
        return [_record(row) for row in identity.flagged(session)]


def split(workspace: Workspace, ident: str, record_id: str, *, by: Person) -> None:
    """Take a record away from a customer and keep it apart from all that stays. Raises UserError."""
    by.must_be(*ROLES)
    now = workspace.clock.now()
    with workspace.store.write() as session:
        rows = _records(session, ident)
        own = next((row for row in rows if row.record_id == record_id), None)
        if own is None:
            raise UserError(f"{record_id!r} is no record of {rows[0].customer_id!r}: see `kizuna data who {ident}`")
        if own.record_id == own.customer_id:
            raise UserError(
                f"{record_id!r} gives the customer their id and stays; split off the other records, one by one"
            )
        others = [row for row in rows if row.record_id != record_id]
        details = {"record": record_id, "rule": own.rule, "apart_from": [row.record_id for row in others]}
        audit.record(session, at=now, actor=by.login, action="records_split", subject=own.customer_id, details=details)
        identity.split(session, own, others, by=by.login, at=now)


def join(workspace: Workspace, one: str, other: str, reason: str, *, by: Person) -> Customer:
    """Make one customer of two; the one known longer stays. Raises UserError."""
    by.must_be(*ROLES)
    if not reason.strip():
        raise UserError("say why they are one person: --reason")
    now = workspace.clock.now()
    with workspace.store.write() as session:
        found = sorted((_records(session, ident) for ident in (one, other)), key=_age)
        ours, theirs = found
        if ours[0].customer_id == theirs[0].customer_id:
            raise UserError(f"{one!r} and {other!r} are one customer already: {ours[0].customer_id!r}")
        _must_be_of_one_account(workspace, session, ours, theirs)
        customer, alias = ours[0].customer_id, theirs[0].customer_id
        details = {"alias": alias, "records": [row.record_id for row in theirs]}  # the reason may speak of them
        audit.record(session, at=now, actor=by.login, action="records_joined", subject=customer, details=details)
        identity.join(session, ours, theirs, by=by.login, at=now, reason=reason.strip())
    return who(workspace, customer, by=by)


def _must_be_of_one_account(workspace: Workspace, session: Session, ours: list[LinkRow], theirs: list[LinkRow]) -> None:
    """Where accounts are decided about, two contacts of different accounts are two people for us."""
    if workspace.brief.unit != "account":
        return
    contacts = directory.contacts(session, {row.record_id for row in [*ours, *theirs]})
    if len({contact.unit_id for contact in contacts.values()}) > 1:
        raise UserError("they are contacts of different accounts; only contacts of one account can be joined")


def _records(session: Session, ident: str) -> list[LinkRow]:
    rows = identity.records_of(session, ident)
    if not rows:
        raise UserError(
            f"no record has the id {ident!r}: give a customer's id or a record's, such as `pos:1234`. "
            "Records are known once the sources were read with `sources: identity:` in the brief"
        )
    return rows


def _age(rows: list[LinkRow]) -> tuple[datetime, str]:
    return min(row.first_seen_at for row in rows), rows[0].customer_id


def _record(row: LinkRow) -> Record:
    return Record(row.record_id, row.rule, row.shared, row.via, row.since, row.flag)


def _conflict(row: GroupConflictRow) -> Conflict:
    return Conflict(row.campaign, row.alias, row.group, row.alias_group)

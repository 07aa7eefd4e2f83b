"""Who is which customer, kept over time: links of records, people's corrections, conflicts between groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from . import campaigns
from .merging import carry_groups, carry_wishes
from .tables import ApartRow, GroupConflictRow, JoinedRow, LinkRow
from .upsert import insert_new

#: The setting with the mark of the sources that the links were made of.
_MARK = "identity_linked"
_CHUNK = 900
SPLIT, JOINED = "split", "joined"
#: All tables that say who is who.
TABLES = (LinkRow, JoinedRow, ApartRow, GroupConflictRow)


@dataclass(frozen=True)
class Known:
    """Everything that linking needs to know; ids are of records."""

    links: Sequence[tuple[str, str, datetime]]  #: (record, customer, first seen)
    joined: Sequence[tuple[str, str]]
    apart: Sequence[tuple[str, str]]
    mark: str


def known(session: Session) -> Known:
    links = session.execute(select(LinkRow.record_id, LinkRow.customer_id, LinkRow.first_seen_at)).all()
    pairs = [session.execute(select(table.one, table.other)).all() for table in (JoinedRow, ApartRow)]
    joined, apart = ([(one, other) for one, other in rows] for rows in pairs)
    mark = campaigns.setting(session, _MARK) or ""
    return Known([(record, customer, at) for record, customer, at in links], joined, apart, mark)


def keep(
    session: Session,
    links: Sequence[Mapping[str, Any]],
    merges: Iterable[tuple[str, str]],
    flags: Mapping[str, str],
    mark: str,
    at: datetime,
) -> None:
    """Keep what linking found: new records, records with another customer, (alias, customer) merges, flags.

    Nobody is moved between groups, and what an alias withdrew or asked for holds for the customer.
    """
    new = [{**link, "first_seen_at": at, "since": at, "flag": ""} for link in links]
    there = _standing(session, [link["record_id"] for link in links])
    insert_new(session, LinkRow, [row for row in new if row["record_id"] not in there])
    for row in new:
        if there.get(row["record_id"], row["customer_id"]) != row["customer_id"]:
            _move(session, row)
    for alias, customer in merges:
        session.execute(update(LinkRow).where(col(LinkRow.customer_id) == alias).values(customer_id=customer))
        carry_groups(session, alias, customer, at)
        carry_wishes(session, alias, customer)
    _flag(session, flags)
    campaigns.keep_setting(session, _MARK, mark)


def customer_of(session: Session, ident: str) -> str:
    """The customer whom a record belongs to; any other id stands for itself."""
    row = session.get(LinkRow, ident)
    return row.customer_id if row is not None else ident


def records_of(session: Session, ident: str) -> list[LinkRow]:
    """All records of a customer, the customer's own first. `ident` is the customer's id, or that of any record."""
    customer = customer_of(session, ident)
    rows = session.exec(select(LinkRow).where(LinkRow.customer_id == customer)).all()
    return sorted(rows, key=lambda row: (row.record_id != customer, row.first_seen_at, row.record_id))


def split(session: Session, row: LinkRow, others: Iterable[LinkRow], *, by: str, at: datetime) -> None:
    """Make the record a customer of its own, kept apart from the others from now on."""
    for other in others:
        one, two = sorted((row.record_id, other.record_id))
        session.merge(ApartRow(one=one, other=two, by=by, at=at))
        for joined in (session.get(JoinedRow, (one, two)),):
            if joined is not None:
                session.delete(joined)
    row.customer_id, row.since, row.rule, row.shared, row.via, row.flag = row.record_id, at, SPLIT, "", "", ""
    session.add(row)


def join(
    session: Session, ours: Sequence[LinkRow], theirs: Sequence[LinkRow], *, by: str, at: datetime, reason: str
) -> None:
    """Make one customer of two; `ours` stay, with their id."""
    customer, alias = ours[0].customer_id, theirs[0].customer_id
    one, other = sorted((ours[0].record_id, theirs[0].record_id))
    session.merge(JoinedRow(one=one, other=other, by=by, at=at, reason=reason))
    apart = {tuple(sorted((a.record_id, b.record_id))) for a in ours for b in theirs}
    for pair in apart:
        kept_apart = session.get(ApartRow, pair)
        if kept_apart is not None:
            session.delete(kept_apart)
    for row in theirs:
        row.customer_id, row.since = customer, at
        session.add(row)
    theirs[0].rule, theirs[0].shared, theirs[0].via = JOINED, "", ours[0].record_id
    session.flush()
    carry_groups(session, alias, customer, at)
    carry_wishes(session, alias, customer)


def flagged(session: Session) -> list[LinkRow]:
    """Links that a person should look at."""
    return list(session.exec(select(LinkRow).where(LinkRow.flag != "").order_by(col(LinkRow.record_id))))


def conflicts_of(session: Session, unit_id: str) -> list[GroupConflictRow]:
    query = select(GroupConflictRow).where(GroupConflictRow.unit_id == unit_id)
    return list(session.exec(query.order_by(col(GroupConflictRow.campaign), col(GroupConflictRow.alias))))


def not_one_person(session: Session, campaign: str) -> set[str]:
    """Units of a campaign that a measurement can leave out.

    Those that were merged from different groups, for they saw what both saw; and aliases, whose doings are counted with
    the customer they belong to.
    """
    mixed = select(GroupConflictRow.unit_id, GroupConflictRow.alias).where(GroupConflictRow.campaign == campaign)
    found = {unit for row in session.execute(mixed).all() for unit in row}
    return found | set(session.exec(select(LinkRow.record_id).where(LinkRow.record_id != LinkRow.customer_id)))


def record_ids(session: Session, customers: Iterable[str]) -> list[str]:
    """The ids of all records of these customers, whatever system they came from."""
    return [row.record_id for row in _links_of(session, customers)]


def everything_about(session: Session, idents: Iterable[str]) -> list[Any]:
    """All rows that name one of these customers or records: for an export, and for an erasure."""
    ids = sorted({*idents, *record_ids(session, idents)})
    found: list[Any] = _links_of(session, ids)
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        for pairs in (ApartRow, JoinedRow):
            either = or_(col(pairs.one).in_(part), col(pairs.other).in_(part))
            found += session.exec(select(pairs).where(either)).all()
        conflict = or_(col(GroupConflictRow.unit_id).in_(part), col(GroupConflictRow.alias).in_(part))
        found += session.exec(select(GroupConflictRow).where(conflict)).all()
    return list({id(row): row for row in found}.values())


def _links_of(session: Session, idents: Iterable[str]) -> list[LinkRow]:
    ids = sorted(set(idents))
    found: dict[str, LinkRow] = {}
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        either = or_(col(LinkRow.record_id).in_(part), col(LinkRow.customer_id).in_(part))
        found |= {row.record_id: row for row in session.exec(select(LinkRow).where(either))}
    return [found[ident] for ident in sorted(found)]


def _standing(session: Session, records: Sequence[str]) -> dict[str, str]:
    """Record -> the customer it belongs to, of those that are known."""
    found: dict[str, str] = {}
    for start in range(0, len(records), _CHUNK):
        query = select(LinkRow.record_id, LinkRow.customer_id)
        rows = session.execute(query.where(col(LinkRow.record_id).in_(records[start : start + _CHUNK]))).all()
        found |= {record: customer for record, customer in rows}
    return found


def _move(session: Session, row: Mapping[str, Any]) -> None:
    """The record belongs to another customer now; without a link of its own it keeps the reason it had."""
    names = ("customer_id", "since", *(("rule", "shared", "via") if row["rule"] else ()))
    changes = {name: row[name] for name in names}
    session.execute(update(LinkRow).where(col(LinkRow.record_id) == row["record_id"]).values(**changes))


def _flag(session: Session, flags: Mapping[str, str]) -> None:
    """These records are flagged, and no others."""
    for row in flagged(session):
        if row.record_id not in flags:
            row.flag = ""
            session.add(row)
    for record, flag in flags.items():
        session.execute(update(LinkRow).where(col(LinkRow.record_id) == record).values(flag=flag))

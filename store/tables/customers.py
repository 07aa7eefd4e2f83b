"""Customers: who they are, what they agreed to, asked for and did."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import moment, text


class UnitRow(SQLModel, table=True):
    """A person or an account that decisions are about."""

    __tablename__ = "unit"
    unit_id: str = Field(primary_key=True)
    name: str
    rep_id: str | None = None
    language: str | None = None
    active: bool | None = None


class ContactRow(SQLModel, table=True):
    """Somebody at a unit who can be written to."""

    __tablename__ = "contact"
    contact_id: str = Field(primary_key=True)
    unit_id: str = Field(index=True)
    name: str
    email: str | None = None
    address_hash: str | None = Field(default=None, index=True)
    postal_address: str | None = None
    language: str | None = None
    is_primary: bool


class RepRow(SQLModel, table=True):
    """A sales rep and the hours in which they meet customers."""

    __tablename__ = "rep"
    rep_id: str = Field(primary_key=True)
    name: str
    email: str
    language: str | None = None
    works_from: str
    works_until: str
    time_zone: str


class ConsentRow(SQLModel, table=True):
    """A consent given or withdrawn, with its evidence. The latest per contact, channel and purpose counts."""

    __tablename__ = "consent"
    contact_id: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    recorded_at: datetime = moment(primary_key=True)
    state: str
    evidence: str


class SuppressionRow(SQLModel, table=True):
    """An address that gets nothing any more, kept as a keyed hash."""

    __tablename__ = "suppression"
    address_hash: str = Field(primary_key=True)
    reason: str
    suppressed_at: datetime = moment()


class PreferenceRow(SQLModel, table=True):
    """What a customer asked for on the preference page.

    `kind` and `name`: ('topic', a topic) and ('channel', a channel) are turned off; ('pause', '') holds until
    `until`; ('per_month', '') holds the most messages in 30 days as `value`; ('language', '') holds a language.
    """

    __tablename__ = "preference"
    contact_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str = ""
    until: datetime | None = moment(nullable=True)
    changed_at: datetime = moment()


class CommentRow(SQLModel, table=True):
    """What a customer wrote in their own words, kept apart and local: data, never an instruction."""

    __tablename__ = "comment"
    id: str = Field(primary_key=True)
    contact_id: str = Field(index=True)
    unit_id: str
    source: str
    text: str = text()
    written_at: datetime = moment()


class ErasureRow(SQLModel, table=True):
    """Somebody who was erased, known by a keyed hash alone, so that they stay out when a source is read again."""

    __tablename__ = "erasure"
    subject_hash: str = Field(primary_key=True)
    erased_at: datetime = moment()


class OutcomeRow(SQLModel, table=True):
    """Something a customer did, seen in the sources; once each."""

    __tablename__ = "outcome"
    __table_args__ = (Index("ix_outcome_contact_id_kind", "contact_id", "kind"),)
    id: str = Field(primary_key=True)
    contact_id: str
    unit_id: str
    kind: str
    value: str
    happened_at: datetime = moment()


class IncidentRow(SQLModel, table=True):
    """A complaint or an angry reply: its customer's journeys have stopped, and a named person settles it."""

    __tablename__ = "incident"
    id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    unit_id: str = Field(index=True)
    contact_id: str
    kind: str
    owner: str
    opened_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)
    settled_by: str | None = None
    note: str = text()

"""Who is who: which records of the sources are which customer, and what people said about it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from .columns import moment, text


class LinkRow(SQLModel, table=True):
    """A record of the sources, the customer it belongs to, and why. Every record ever seen has one."""

    __tablename__ = "identity_link"
    record_id: str = Field(primary_key=True)
    customer_id: str = Field(index=True)
    first_seen_at: datetime = moment()
    since: datetime = moment()
    """When the record came to this customer."""
    rule: str = ""
    """'' for a record that stands for itself; `joined` and `split` are people's words."""
    shared: str = ""
    """What it shares with the record `via`, with its middle taken out."""
    via: str = ""
    flag: str = Field(default="", index=True)
    """Why a person should look: `unfounded` or `contradicted`."""


class ApartRow(SQLModel, table=True):
    """Two records that a person keeps apart; `one` sorts before `other`."""

    __tablename__ = "identity_apart"
    one: str = Field(primary_key=True)
    other: str = Field(primary_key=True, index=True)
    by: str
    at: datetime = moment()


class JoinedRow(SQLModel, table=True):
    """Two records that a person says are one customer; `one` sorts before `other`."""

    __tablename__ = "identity_joined"
    one: str = Field(primary_key=True)
    other: str = Field(primary_key=True, index=True)
    by: str
    at: datetime = moment()
    reason: str = text()


class GroupConflictRow(SQLModel, table=True):
    """A merge of two units that a campaign had drawn into different groups. Both stay as drawn; the measurement can
    leave the unit out, for it saw what both groups saw."""

    __tablename__ = "identity_conflict"
    campaign: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True)
    alias: str = Field(primary_key=True, index=True)
    group: str
    alias_group: str
    found_at: datetime = moment()

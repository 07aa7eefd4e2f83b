"""What keeps the rest in order: the kill switch, leases, the record and settings."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from .columns import json, moment


class PauseRow(SQLModel, table=True):
    """The kill switch: while a row stands, nothing leaves."""

    __tablename__ = "pause"
    scope: str = Field(primary_key=True)
    paused_by: str
    paused_at: datetime = moment()
    reason: str


class LeaseRow(SQLModel, table=True):
    """Who works on a thing right now (real time, not business time)."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    owner: str
    until: datetime = moment()


class AuditRow(SQLModel, table=True):
    """What happened, chained by hashes; rows are never deleted.

    The chain runs over `seal`, a salted hash of subject and details. Erasing a person takes their ids out of those two
    together with the salt; nothing else of a row can change (triggers hold it).
    """

    __tablename__ = "audit"
    seq: int = Field(primary_key=True)
    at: datetime = moment()
    actor: str
    action: str
    subject: str = Field(index=True)
    details: dict[str, Any] = json()
    salt: str = ""
    seal: str = ""
    previous: str
    hash: str


class SettingRow(SQLModel, table=True):
    """Workspace settings, such as the simulated clock of an example company."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: str

"""Messages: drafts, the reviews that ask about them, approvals, journeys and the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from .columns import json, moment, text


class DraftRow(SQLModel, table=True):
    """One message before, and after, approval."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("decision_id", "step", "revision"),)
    id: str = Field(primary_key=True)
    decision_id: str
    step: str
    revision: int
    campaign: str = Field(index=True)
    unit_id: str
    review_id: str = Field(index=True)
    digest: str
    state: str
    body: dict[str, Any] = json()


class ReviewRow(SQLModel, table=True):
    """A request for a person's decision. `state` changes by compare-and-set only."""

    __tablename__ = "review"
    id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    cycle: int
    kind: str
    subject: str
    revision: int
    state: str
    role: str
    assignee: str | None = None
    authors: list[str] = json()
    digest: str
    summary: dict[str, Any] = json()
    opened_at: datetime = moment()
    expires_at: datetime = moment()
    decided_by: str | None = None
    decided_at: datetime | None = moment(nullable=True)
    answer: dict[str, Any] = json()
    applied_at: datetime | None = moment(nullable=True)


class ApprovalRow(SQLModel, table=True):
    """Who approved exactly which bytes, and when."""

    __tablename__ = "approval"
    draft_id: str = Field(primary_key=True)
    review_id: str
    digest: str
    approved_by: str
    approved_at: datetime = moment()
    policy_version: str


class JourneyRow(SQLModel, table=True):
    """How far a decision's steps have come."""

    __tablename__ = "journey"
    decision_id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    cycle: int
    unit_id: str
    contact_id: str
    action: str
    position: int
    state: str
    reason: str | None = None
    waiting_since: datetime | None = moment(nullable=True)
    waiting_until: datetime | None = moment(nullable=True)


class DeliveryRow(SQLModel, table=True):
    """The outbox: one approved message on its way. `key` is (decision, step)."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_state_due_at", "state", "due_at"),
        Index("ix_delivery_unit_id_reached_at", "unit_id", "reached_at"),
    )
    key: str = Field(primary_key=True)
    draft_id: str
    decision_id: str
    step: str
    campaign: str
    unit_id: str
    contact_id: str
    action: str
    channel: str
    digest: str
    message_id: str = Field(index=True)
    cost_jpy: float
    state: str
    reason: str | None = None
    due_at: datetime = moment()
    not_after: datetime = moment()
    reached_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    place: str | None = None
    owner: str | None = None
    lease_until: datetime | None = moment(nullable=True)
    generation: int = 0


class AttemptRow(SQLModel, table=True):
    """What was tried for a delivery; only ever added to."""

    __tablename__ = "attempt"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    at: datetime = moment()
    phase: str
    note: str = text()

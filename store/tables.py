"""The tables. They do not validate: frozen domain models do, and each file here maps one way to the other."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from .types import UtcDateTime

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _moment(nullable: bool = False, primary_key: bool = False) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=nullable, primary_key=primary_key)


def _json() -> Any:
    return Field(default_factory=dict, sa_type=JSON, nullable=False)


def _text() -> Any:
    return Field(default="", sa_type=Text, nullable=False)


class PersonRow(SQLModel, table=True):
    """Somebody who logs in."""

    __tablename__ = "person"
    login: str = Field(primary_key=True)
    name: str
    email: str
    password_hash: str
    roles: list[str] = _json()
    language: str
    rep_id: str | None = None


class LoginTokenRow(SQLModel, table=True):
    """A log-in, known by the hash of its token."""

    __tablename__ = "login_token"
    token_hash: str = Field(primary_key=True)
    login: str = Field(index=True)
    expires_at: datetime = _moment()


class CampaignRow(SQLModel, table=True):
    """One brief being worked on."""

    __tablename__ = "campaign"
    id: str = Field(primary_key=True)
    brief: dict[str, Any] = _json()
    brief_digest: str
    started_by: str
    started_at: datetime = _moment()
    state: str
    cycle: int


class CycleRow(SQLModel, table=True):
    """Once round the graph."""

    __tablename__ = "cycle"
    campaign: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    starts_at: datetime = _moment()
    ends_at: datetime = _moment()
    snapshot: str | None = None
    lever: str | None = None
    findings: list[Any] = _json()
    feasibility: dict[str, Any] = _json()
    measurement: dict[str, Any] = _json()
    measured_at: datetime | None = _moment(nullable=True)


class SnapshotRow(SQLModel, table=True):
    """The manifest of a published snapshot: this row is its commit."""

    __tablename__ = "snapshot"
    campaign: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    as_of: datetime = _moment()
    path: str
    rows: int
    digest: str
    model: dict[str, Any] = _json()


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
    recorded_at: datetime = _moment(primary_key=True)
    state: str
    evidence: str


class SuppressionRow(SQLModel, table=True):
    """An address that gets nothing any more, kept as a keyed hash."""

    __tablename__ = "suppression"
    address_hash: str = Field(primary_key=True)
    reason: str
    suppressed_at: datetime = _moment()


class UnitGroupRow(SQLModel, table=True):
    """The group a unit was drawn into when it entered the campaign, with where it stood then."""

    __tablename__ = "unit_group"
    campaign: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True)
    group: str
    enrolled_cycle: int
    enrolled_at: datetime = _moment()
    in_pilot: bool
    baseline_ltv_jpy: float
    baseline_churn_risk: float


class BeliefRow(SQLModel, table=True):
    """What was believed of an action after a cycle (cycle 0: the playbook's prior), and why."""

    __tablename__ = "belief"
    campaign: str = Field(primary_key=True)
    action: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    mean: float
    sd: float
    estimate: float | None = None
    se: float | None = None
    treated: int = 0
    compared: int = 0


class PlanRow(SQLModel, table=True):
    """Who gets what in a cycle, at what cost: what a supervisor approves."""

    __tablename__ = "plan"
    campaign: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    digest: str
    summary: dict[str, Any] = _json()


class DecisionRow(SQLModel, table=True):
    """One unit, one cycle: an action or none."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_campaign_cycle_action", "campaign", "cycle", "action"),)
    id: str = Field(primary_key=True)
    campaign: str
    cycle: int
    unit_id: str = Field(index=True)
    contact_id: str | None = None
    group: str
    action: str | None = None
    reason: str | None = None
    probability: float
    explored: bool
    value_jpy: float
    cost_jpy: float
    candidates: list[Any] = _json()
    versions: dict[str, Any] = _json()


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
    body: dict[str, Any] = _json()


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
    authors: list[str] = _json()
    digest: str
    summary: dict[str, Any] = _json()
    opened_at: datetime = _moment()
    expires_at: datetime = _moment()
    decided_by: str | None = None
    decided_at: datetime | None = _moment(nullable=True)
    answer: dict[str, Any] = _json()
    applied_at: datetime | None = _moment(nullable=True)


class ApprovalRow(SQLModel, table=True):
    """Who approved exactly which bytes, and when."""

    __tablename__ = "approval"
    draft_id: str = Field(primary_key=True)
    review_id: str
    digest: str
    approved_by: str
    approved_at: datetime = _moment()
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
    waiting_since: datetime | None = _moment(nullable=True)
    waiting_until: datetime | None = _moment(nullable=True)


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
    message_id: str
    cost_jpy: float
    state: str
    reason: str | None = None
    due_at: datetime = _moment()
    not_after: datetime = _moment()
    reached_at: datetime | None = _moment(nullable=True)
    ended_at: datetime | None = _moment(nullable=True)
    place: str | None = None
    owner: str | None = None
    lease_until: datetime | None = _moment(nullable=True)
    generation: int = 0


class AttemptRow(SQLModel, table=True):
    """What was tried for a delivery; only ever added to."""

    __tablename__ = "attempt"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    at: datetime = _moment()
    phase: str
    note: str = _text()


class OutcomeRow(SQLModel, table=True):
    """Something a customer did, seen in the sources; once each."""

    __tablename__ = "outcome"
    __table_args__ = (Index("ix_outcome_contact_id_kind", "contact_id", "kind"),)
    id: str = Field(primary_key=True)
    contact_id: str
    unit_id: str
    kind: str
    value: str
    happened_at: datetime = _moment()


class PauseRow(SQLModel, table=True):
    """The kill switch: while a row stands, nothing leaves."""

    __tablename__ = "pause"
    scope: str = Field(primary_key=True)
    paused_by: str
    paused_at: datetime = _moment()
    reason: str


class LeaseRow(SQLModel, table=True):
    """Who works on a thing right now (real time, not business time)."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    owner: str
    until: datetime = _moment()


class AuditRow(SQLModel, table=True):
    """What happened, chained by hashes; rows are never changed or deleted."""

    __tablename__ = "audit"
    seq: int = Field(primary_key=True)
    at: datetime = _moment()
    actor: str
    action: str
    subject: str
    details: dict[str, Any] = _json()
    previous: str
    hash: str


class SettingRow(SQLModel, table=True):
    """Workspace settings, such as the simulated clock of an example company."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: str

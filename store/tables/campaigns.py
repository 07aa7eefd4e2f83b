"""Campaigns: cycles, groups, beliefs, plans and decisions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from .columns import json, moment


class CampaignRow(SQLModel, table=True):
    """One brief being worked on."""

    __tablename__ = "campaign"
    id: str = Field(primary_key=True)
    brief: dict[str, Any] = json()
    brief_digest: str
    started_by: str
    started_at: datetime = moment()
    state: str
    cycle: int


class CycleRow(SQLModel, table=True):
    """Once round the graph."""

    __tablename__ = "cycle"
    campaign: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    snapshot: str | None = None
    lever: str | None = None
    reasoning: dict[str, Any] = json()
    findings: list[Any] = json()
    feasibility: dict[str, Any] = json()
    measurement: dict[str, Any] = json()
    measured_at: datetime | None = moment(nullable=True)


class SnapshotRow(SQLModel, table=True):
    """The manifest of a published snapshot: this row is its commit."""

    __tablename__ = "snapshot"
    campaign: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    as_of: datetime = moment()
    path: str
    rows: int
    digest: str
    model: dict[str, Any] = json()


class UnitGroupRow(SQLModel, table=True):
    """The group a unit was drawn into when it entered the campaign, with where it stood then."""

    __tablename__ = "unit_group"
    campaign: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True)
    group: str
    enrolled_cycle: int
    enrolled_at: datetime = moment()
    in_pilot: bool
    baseline_ltv_jpy: float
    baseline_churn_risk: float


class BeliefRow(SQLModel, table=True):
    """What was believed of an action after a cycle, the effect measured in it, and the evidence that beliefs add up."""

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
    evidence: dict[str, Any] = json()


class PlanRow(SQLModel, table=True):
    """Who gets what in a cycle, at what cost: what a supervisor approves; and what it was made from."""

    __tablename__ = "plan"
    campaign: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    digest: str
    summary: dict[str, Any] = json()
    made_from: dict[str, Any] = json()


class DecisionRow(SQLModel, table=True):
    """One unit, one cycle: an action or none. `planned_action` stays what it was when somebody takes the action out."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_campaign_cycle_action", "campaign", "cycle", "action"),)
    id: str = Field(primary_key=True)
    campaign: str
    cycle: int
    unit_id: str = Field(index=True)
    contact_id: str | None = None
    group: str
    action: str | None = None
    planned_action: str | None = None
    channel: str | None = None
    variant: str | None = None
    variant_probability: float | None = None
    unit_active: bool | None = None
    reason: str | None = None
    probability: float
    explored: bool
    value_jpy: float
    cost_jpy: float
    candidates: list[Any] = json()
    versions: dict[str, Any] = json()


class VariantRow(SQLModel, table=True):
    """How the wordings of an action stood in a language when a cycle's drafts were written, and who drew which."""

    __tablename__ = "variant"
    campaign: str = Field(primary_key=True)
    cycle: int = Field(primary_key=True)
    action: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    outcome: str
    reached: int
    succeeded: int
    rate: float
    low: float
    high: float
    share: float


class ModelCallRow(SQLModel, table=True):
    """One call of a language model: what it cost, never what it said."""

    __tablename__ = "model_call"
    id: int | None = Field(default=None, primary_key=True)
    campaign: str = Field(index=True)
    cycle: int
    agent: str
    purpose: str
    model: str
    state: str
    attempts: int
    prompt_tokens: int
    completion_tokens: int
    cost_jpy: float
    called_at: datetime = moment()

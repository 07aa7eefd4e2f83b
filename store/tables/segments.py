"""What changes about units: signals that hold, and movements between segments."""

from datetime import date
from typing import Any

from sqlmodel import Field, SQLModel

from .columns import json


class SignalRow(SQLModel, table=True):
    """One episode: the signal was first seen on `raised_on`, and no longer on `ended_on` (None: it still holds)."""

    __tablename__ = "signal"
    campaign: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True, index=True)
    signal: str = Field(primary_key=True)
    raised_on: date = Field(primary_key=True)
    ended_on: date | None = None
    evidence: dict[str, Any] = json()
    """{feature: [value in the snapshot before, value on `raised_on`]}"""


class MovementRow(SQLModel, table=True):
    """One unit's way within a family of segments from the snapshot before to that of `as_of`; None is no segment."""

    __tablename__ = "movement"
    campaign: str = Field(primary_key=True)
    as_of: date = Field(primary_key=True)
    family: str = Field(primary_key=True)
    unit_id: str = Field(primary_key=True, index=True)
    came_from: str | None = None
    went_to: str | None = None
    why: dict[str, Any] = json()
    """{condition: {feature: [value before, value now]}}"""


class SegmentationRow(SQLModel, table=True):
    """The segments of a snapshot in totals: sizes, flows since the snapshot before, and what clustering proposes."""

    __tablename__ = "segmentation"
    campaign: str = Field(primary_key=True)
    as_of: date = Field(primary_key=True)
    since: date | None = None
    """The day of the snapshot before; None for the first."""
    sizes: list[Any] = json()
    flows: list[Any] = json()
    proposals: list[Any] = json()

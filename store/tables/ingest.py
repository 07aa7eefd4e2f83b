"""What was read of the sources and published."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from .columns import json, moment


class PublishedRow(SQLModel, table=True):
    """The manifest of published Parquet parts: this row is their commit. It names files and counts, and nobody."""

    __tablename__ = "published"
    campaign: str = Field(primary_key=True)
    name: str = Field(primary_key=True)  #: `sources` or `features`
    number: int  #: how often it was published
    manifest: dict[str, Any] = json()
    published_at: datetime = moment()

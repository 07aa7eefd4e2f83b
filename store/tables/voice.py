"""What customers' own words said, as typed fields. The words themselves stay where they are."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from .columns import moment


class VoiceRow(SQLModel, table=True):
    """One text of the sources as it was read, once. `source` and `row_id` say where it stands, never what it says."""

    __tablename__ = "voice"
    source: str = Field(primary_key=True)
    row_id: str = Field(primary_key=True)
    unit_id: str = Field(index=True)
    contact_id: str | None = None
    happened_at: datetime = moment()
    language: str
    topic: str
    mood: str
    urgency: str
    asks_to_stop: bool
    read_by: str

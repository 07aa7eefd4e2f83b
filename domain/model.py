"""The base of all domain models: frozen, strict about names, refuses what it does not know."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable and closed: an unknown field is a fault, not a silent extra."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

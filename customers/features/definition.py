"""What a file of features may say: each one typed, none of it in the words of an engine."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from ...domain.model import Frozen
from ...domain.quantity import Language

FeatureName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
FeatureType = Literal["number", "boolean", "text"]
Aggregate = Literal[
    "count", "sum", "mean", "max", "min", "deviation", "latest", "distinct", "distinct_days", "days_since_last",
    "days_since_first", "share", "any", "bits", "bits_set",
]  # fmt: skip
Users = Literal[
    "segments", "playbooks", "signals", "churn", "ltv", "content", "reviews", "reports", "indicators", "learning",
    "features",
]  # fmt: skip
#: Aggregates that look at rows alone; the others need `of`.
_OF_ROWS = frozenset({"count", "distinct_days", "days_since_last", "days_since_first"})
_WITH_MOMENT = frozenset({"latest", "distinct_days", "days_since_last", "days_since_first"})


class Definition(Frozen):
    """One thing known of a unit, written once and computed by any engine."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    meaning: dict[Language, str]
    """What it says of a customer, in English and Japanese."""
    type: FeatureType = "number"
    unit: str = ""
    """What it is counted in: days, orders, JPY, ratio …"""
    aggregate: Aggregate | None = None
    """What is made of the unit's rows."""
    of: str | None = Field(default=None, min_length=1)
    """The expression over a row that is aggregated; of an entity with one row per unit, the value itself."""
    where: str | None = Field(default=None, min_length=1)
    """Which rows count."""
    days: int | None = Field(default=None, ge=1, le=3660)
    """Only rows of so many days before the date."""
    before: int | None = Field(default=None, ge=1, le=3660)
    """The window ends so many days before the date: with `days: 30`, `before: 30` is the month before this one."""
    formula: str | None = Field(default=None, min_length=1)
    """Or what is made of other features."""
    unknown: float | None = None
    """What stands where nothing is known. Without it: unknown, and no rule fits."""
    values: tuple[str, ...] = ()
    """All that a text can be, where that is settled."""
    users: tuple[Users, ...] = ()
    """Who uses it."""
    helper: bool = False
    """Only helps other features, and is not shown."""
    protected: bool = False
    """Nothing may be decided by it: no rule, model or message. Features made of it are protected too."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Definition":
        if self.formula is not None and (self.aggregate or self.of or self.where or self.days or self.before):
            raise ValueError("a `formula` is made of other features: it has no `aggregate`, `of`, `where` or `days`")
        if self.aggregate is None and (self.where or self.days or self.before):
            raise ValueError("`where`, `days` and `before` choose the rows of an `aggregate`")
        if self.aggregate is not None and (self.of is None) != (self.aggregate in _OF_ROWS):
            raise ValueError(f"`aggregate: {self.aggregate}` " + ("needs `of`" if self.of is None else "takes no `of`"))
        if self.before is not None and self.days is None:
            raise ValueError("`before` needs `days`: how long the window is")
        missing = [language for language in ("en", "ja") if not self.meaning.get(language, "").strip()]
        if missing and not self.helper:
            raise ValueError("`meaning` is needed in both languages: " + ", ".join(missing))
        return self

    @property
    def needs_moment(self) -> bool:
        """Whether its rows must have a moment."""
        return self.days is not None or self.aggregate in _WITH_MOMENT


class FeatureFile(Frozen):
    """A file of features over one entity."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    entity: FeatureName
    """Whose rows: an entity of the contract, or a relation that comes with the package."""
    features: dict[FeatureName, Definition] = Field(min_length=1)


class Entity(Frozen):
    """The rows that features look at, and whose they are."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    table: str = ""
    """The contract's entity, where it has another name."""
    at: str = ""
    """The column with the row's moment: a row is there only before the date."""
    covers: Literal["", "month"] = ""
    """The row speaks of a whole month: it is there once the month is over, or on the day of the export."""
    later: bool = False
    """The rows from the date on, to take back what they changed."""
    rows: str = ""
    """Which rows there are at all."""
    one_row: bool = False
    """At most one row per unit: nothing to aggregate."""
    none_is_unknown: bool = False
    """A company without any such row has no such thing: unknown, not 0."""
    sql: str = ""
    """A relation prepared from several tables, in DuckDB's words as far as all engines share them."""
    columns: dict[str, Literal["number", "text", "boolean", "moment"]] = Field(default_factory=dict)
    """Of a prepared relation: its columns and their types."""
    company: bool = False
    """A relation that belongs to the company as a whole, not to units."""
    lookup: str = ""
    """A company's relation that each row is looked up in, by the column of the same name in `lookup_on`."""
    lookup_on: str = ""
    terms: dict[str, str] = Field(default_factory=dict)
    """Names for what repeats."""

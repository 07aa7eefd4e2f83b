"""The diagnosis as plain figures: what the pages and the terminal show, and what `--json` prints."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

RuleKind = Literal["empty", "unreadable", "not_allowed", "repeated", "no_such", "malformed"]
#: broken: mend it before a run. costly: the run goes, and misses something. note: good to know.
Severity = Literal["broken", "costly", "note"]
GapKind = Literal[
    "no_customers", "no_file", "no_column", "misnamed", "unreadable_file", "refused", "no_customer", "no_such",
    "repeated_key", "no_source", "never_filled", "unreachable", "stale", "hole", "future", "repeats", "same_person",
    "dangling", "nobody_to_write_to", "no_lines", "anonymous",
]  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One row that broke a rule: where it stands, and the cell."""

    origin: str
    line: int
    column: str
    value: str
    rule: str  #: as data, see `domain.refusals`
    kind: RuleKind = "unreadable"


@dataclass(frozen=True)
class Refused:
    """Rows set aside for one rule about one column."""

    kind: RuleKind
    column: str
    rule: str  #: as data, see `domain.refusals`
    rows: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Freshness:
    """When rows came, and how often they usually do. Days are UTC."""

    first: date
    last: date
    days_since: int
    usual_gap_days: int | None  #: 19 of 20 pauses of the last year were no longer; None: too few rows to tell
    longest_gap_days: int | None
    is_stale: bool  #: silent for twice the usual pause, and for longer than ever in a year
    hole: tuple[date, date] | None = None  #: the last day before, and the first after, a pause that is none of theirs


@dataclass(frozen=True)
class ColumnFigures:
    """How much of a column is unknown."""

    name: str
    unknown: int
    share: float
    is_optional: bool


@dataclass(frozen=True)
class EntityFigures:
    """One entity of the sources. Counts are of rows."""

    entity: str
    is_there: bool
    rows: int
    refused: int
    rules: tuple[Refused, ...] = ()
    freshness: Freshness | None = None
    future: int = 0  #: rows dated after now
    columns: tuple[ColumnFigures, ...] = ()
    told_twice: int = 0  #: rows that say what another says, key and all; they count once
    repeats: int = 0  #: rows beyond the first that say the same of the same customer at the same moment
    customers: int | None = None  #: how many customers have a row; None: rows belong to nobody
    customer_share: float | None = None
    without_customer: int = 0  #: rows refused since nobody knows whose they are
    match_rate: float | None = None  #: share of the rows whose customer is known
    strangers: int = 0  #: different ids, unknown as customers, that those rows name
    strangers_tied: int = 0  #: of them: how many the identifiers tie to a customer all the same
    anonymous: int = 0  #: rows that keep the contract, name a visitor and no customer, and that nothing ties to one
    anonymous_tied: int = 0  #: rows that name a visitor alone, and that the identifiers tie to a customer

    @property
    def total(self) -> int:
        return self.rows + self.refused

    @property
    def anonymous_share(self) -> float:
        return self.anonymous / self.total if self.total else 0.0

    @property
    def refused_share(self) -> float:
        return self.refused / self.total if self.total else 0.0


@dataclass(frozen=True)
class Link:
    """How many rows that name something name something known."""

    entity: str
    column: str
    to: str
    rows: int  #: rows that name something
    broken: int  #: of them: those that name nothing known
    key: str = ""  #: the column over there that should hold the value
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.broken / self.rows if self.rows else 0.0


BreakKind = Literal[
    "no_customer", "nobody_in_both", "no_handover", "note_without_order", "no_contact", "no_place", "no_product"
]


@dataclass(frozen=True)
class Break:
    """A place where the customer's context is lost; `at` is the channel where one notices it."""

    kind: BreakKind
    at: str
    before: str = ""
    count: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True)
class ChannelFigures:
    """One channel of the customer's way: who was seen there, and who can be reached over it."""

    channel: str
    rows: int
    customers: int
    share: float
    reachable: int | None = None  #: customers with the address that the channel needs; None: it needs none
    is_needed: bool = False  #: an action of the brief needs what happens there


@dataclass(frozen=True)
class Step:
    """From one channel of the way to the next that has rows."""

    before: str
    after: str
    both: int
    known: float  #: share of the later channel's customers whom the earlier one knows too
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What does not work because of a gap."""

    features: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()  #: of the brief: can reach nobody
    weakened: tuple[str, ...] = ()  #: of the brief: decide without knowing
    signals: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    segment: bool = False  #: the brief's segment fits nobody


@dataclass(frozen=True)
class Gap:
    """One thing that is missing or wrong, and what it costs."""

    kind: GapKind
    severity: Severity
    entity: str
    column: str = ""
    rows: int = 0
    of: int = 0
    customers: int = 0
    yearly_jpy: float = 0.0  #: what those customers bring in a year
    is_estimate: bool = False
    cost: Cost = Cost()
    details: dict[str, str | int | float] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def share(self) -> float:
        return self.rows / self.of if self.of else 0.0


@dataclass(frozen=True)
class Diagnosis:
    """All of it. `gaps` stand in the order in which they should be mended."""

    as_of: date
    data_until: date | None
    customers: int
    yearly_jpy: float
    faulty_rows_allowed: float
    entities: tuple[EntityFigures, ...]
    links: tuple[Link, ...]
    channels: tuple[ChannelFigures, ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    sampled: int = 0  #: the features were looked at for so many customers; 0: for all

    @property
    def breaks(self) -> tuple[Break, ...]:
        return tuple(found for step in self.steps for found in step.breaks)

    @property
    def must_mend(self) -> int:
        """How many gaps stop a run."""
        return sum(gap.severity == "broken" for gap in self.gaps)

    def as_json(self) -> dict[str, Any]:
        """For scripts: the figures under the names that they have here."""
        return {"ok": not self.must_mend, **asdict(self)}

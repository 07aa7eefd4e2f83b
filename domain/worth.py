"""What customers are worth as of a snapshot: how that was come by, ranks, risk, and what each source cost."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class RankSize:
    """One rank of the newest snapshot; `before` is its size in the one before, None in the first."""

    rank: str
    units: int
    mean_ltv_jpy: float
    ltv_share: float
    before: int | None


@dataclass(frozen=True)
class RankMove:
    """How many went from one rank to another; None is nobody's rank: new, or no customer any more."""

    left: str | None
    joined: str | None
    units: int


@dataclass(frozen=True)
class Worth:
    """Sums and counts over all customers; nobody is in it by name."""

    as_of: date
    since: date | None
    units: int
    valued: int  #: units with a known LTV
    mean_ltv_jpy: float
    months: int  #: how far LTV looks ahead
    margin: float
    annual_discount: float
    model: dict[str, Any]  #: which one, why, and how it was checked; empty in snapshots of older versions
    ranks: tuple[RankSize, ...]
    moves: tuple[RankMove, ...]
    at_risk_jpy: float  #: each customer's LTV times their risk to leave within `risk_days`
    at_risk_share: float  #: of the LTV of all
    risk_days: int
    has_contracts: bool
    acquisition: dict[str, Any]  #: `sources` with a known cost, and the `shift` of spend that they bear out

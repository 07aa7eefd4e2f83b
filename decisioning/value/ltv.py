"""What a unit is worth: margin received so far plus the discounted margin still expected."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array


def monthly_discount_factor(annual_discount: float) -> float:
    """What one unit of money a month from now is worth today."""
    if annual_discount <= -1.0:
        raise ValueError(f"annual_discount must be above -1, got {annual_discount!r}")
    return float((1.0 + annual_discount) ** (-1.0 / 12.0))


def subscription_ltv(
    monthly_margin: ArrayLike, monthly_churn: ArrayLike, *, horizon_months: int, annual_discount: float
) -> Array:
    """Expected discounted margin of the coming `horizon_months`, per unit.

    The first margin is paid now, later ones only by those who stayed: sum over t < horizon of
    margin * ((1 - churn) * discount)**t (Berger & Nasr 1998, case 1, with a finite horizon). A unit's own churn is
    constant in time; that retention of a cohort rises as the weak leave (Fader & Hardie 2007) has to come from
    churn that differs between units. An unknown input (NaN) gives an unknown value.
    """
    margin, churn = np.broadcast_arrays(
        np.asarray(monthly_margin, dtype=np.float64), np.asarray(monthly_churn, dtype=np.float64)
    )
    if np.any((churn < 0.0) | (churn > 1.0)):
        raise ValueError("monthly_churn must lie between 0 and 1")
    if horizon_months < 0:
        raise ValueError(f"horizon_months must not be negative, got {horizon_months!r}")
    kept = (1.0 - churn) * monthly_discount_factor(annual_discount)
    months = np.full(kept.shape, float(horizon_months))
    shrinks = ~np.isclose(kept, 1.0, rtol=0.0, atol=1e-12)
    np.divide(1.0 - kept**horizon_months, 1.0 - kept, out=months, where=shrinks)
    return np.asarray(margin * months, dtype=np.float64)


def churn_of_ltv(value: float, monthly_margin: float, *, horizon_months: int, annual_discount: float) -> float:
    """The monthly churn at which `subscription_ltv` gives this value: 0 where none is low enough, 1 where none is
    high enough. By bisection: the value falls as churn rises."""
    if monthly_margin <= 0.0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        at = subscription_ltv(monthly_margin, middle, horizon_months=horizon_months, annual_discount=annual_discount)
        low, high = (middle, high) if float(at) > value else (low, middle)
    return (low + high) / 2.0


def ltv_to_date_and_rest(
    margin_received: ArrayLike,
    monthly_margin: ArrayLike,
    monthly_churn: ArrayLike,
    alive: ArrayLike,
    *,
    horizon_months: int,
    annual_discount: float,
) -> Array:
    """Margin received so far plus the expected rest; who has left has no rest.

    The outcome for incremental LTV: past margin is observed, only the rest is predicted (Gupta et al. 2006 on
    separating realised from expected value).
    """
    rest = subscription_ltv(
        monthly_margin, monthly_churn, horizon_months=horizon_months, annual_discount=annual_discount
    )
    received = np.asarray(margin_received, dtype=np.float64)
    return np.asarray(received + np.where(np.asarray(alive, dtype=np.bool_), rest, 0.0), dtype=np.float64)


def rank(
    ltv: ArrayLike, headroom: ArrayLike, *, high_share: float = 0.2, potential_share: float = 0.3
) -> NDArray[np.str_]:
    """'high' for the top share by LTV, 'potential' for the next by headroom, 'standard' for the rest.

    Shares are of all units. Unknown LTV is never high; unknown or no headroom is never potential. Ties go to the
    earlier row.
    """
    value = np.asarray(ltv, dtype=np.float64)
    room = np.asarray(headroom, dtype=np.float64)
    if not (0.0 <= high_share <= 1.0 and 0.0 <= potential_share <= 1.0):
        raise ValueError(f"shares must lie between 0 and 1, got {high_share!r} and {potential_share!r}")
    ranks = np.full(value.shape, "standard", dtype="<U9")
    known = np.flatnonzero(~np.isnan(value))
    best = known[np.argsort(-value[known], kind="stable")][: round(high_share * value.size)]
    ranks[best] = "high"
    open_rows = np.flatnonzero((ranks != "high") & (room > 0.0))
    roomy = open_rows[np.argsort(-room[open_rows], kind="stable")][: round(potential_share * value.size)]
    ranks[roomy] = "potential"
    return ranks

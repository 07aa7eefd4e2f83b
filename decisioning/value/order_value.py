"""The lifetime value of customers without a contract: expected purchases x expected spend x margin, discounted."""

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array
from .buying import Histories
from .ltv import monthly_discount_factor
from .orders import OrderForecast
from .repeat import shrunk_means
from .spending import SpendModel, expected_spend, fit_spend

#: At q <= 1 the mean over customers is infinite; near it, it is anything.
_LEAST_Q = 1.05
_PRIOR_PURCHASES = 2.0


def orders_ltv(
    forecast: OrderForecast,
    histories: Histories,
    margin_per_purchase: ArrayLike,
    *,
    months: int,
    month_days: float,
    annual_discount: float,
    monthly_cost: ArrayLike = 0.0,
) -> Array:
    """Discounted margin of the purchases expected in the coming `months`, less the cost to serve.

    A month's purchases are paid in its middle (Fader, Hardie & Lee 2005, RFM and CLV, with a finite horizon). The cost
    to serve fades as the customer's purchases do: nobody says when they left.
    """
    shape = histories.age.shape
    if months < 0:
        raise ValueError(f"months must not be negative, got {months!r}")
    margin = np.broadcast_to(np.asarray(margin_per_purchase, dtype=np.float64), shape)
    cost = np.broadcast_to(np.asarray(monthly_cost, dtype=np.float64), shape)
    discount = monthly_discount_factor(annual_discount)
    value, first = np.zeros(shape), np.zeros(shape)
    before = np.zeros(shape)
    for month in range(months):
        until = forecast.expected(histories, month_days * (month + 1))
        bought, before = np.maximum(until - before, 0.0), until
        first = bought if month == 0 else first
        fades = np.divide(bought, first, out=np.zeros(bought.shape), where=first > 0)
        value += (bought * margin - fades * cost) * discount ** (month + 0.5)
    return np.asarray(value)


def spend_per_purchase(purchases: ArrayLike, mean_paid: ArrayLike) -> tuple[Array, SpendModel | None]:
    """What each customer is expected to pay for a purchase: by Gamma-Gamma over all their purchases, the first too.

    Where that model has no finite mean, or too few customers to fit it, by their own mean pulled toward everybody's,
    and no model.
    """
    try:
        model = fit_spend(purchases, mean_paid)
    except ValueError:
        model = None
    if model is None or not model.q > _LEAST_Q:
        return shrunk_means(mean_paid, purchases, prior_count=_PRIOR_PURCHASES), None
    return expected_spend(model, purchases, mean_paid), model

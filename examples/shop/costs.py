"""What winning customers costs the shop: a budget a month for each source, from advertising to points for a friend."""

import numpy as np

from ..kit.arrays import Columns
from ..kit.calendar_days import month_of, month_start
from .company import SOURCES
from .state import ShopState

COST_EACH = {"search": 3_000, "social": 6_500, "store": 4_500, "ads": 14_000, "referral": 2_500}
"""About what a customer costs (JPY): by words in search engines, by pictures, by openings and leaflets, by
advertisements, by gifts to both friends."""
COSTS = "acquisition_source,month,cost_jpy"
_MONTHS_LOOKED_BACK = 6
"""A month's budget follows the mean of so many months."""
_CHANCE = 20_260_401
"""Bills have a chance of their own: they move nothing else, and a month once over costs the same for ever."""


def cost_columns(state: ShopState) -> Columns:
    """The bills of all months that are over."""
    first, end = month_of(np.array([state.joined.min(), state.day + 1], np.int32))
    months = np.arange(first, end, dtype=np.int32)
    won = np.zeros((len(SOURCES), len(months)))
    joined = month_of(state.joined)
    came = (joined >= first) & (joined < end)
    np.add.at(won, (state.source[came], joined[came] - first), 1.0)
    so_far = np.pad(np.cumsum(won, axis=1), ((0, 0), (_MONTHS_LOOKED_BACK, 0)))
    looked_back = np.minimum(np.arange(1, len(months) + 1), _MONTHS_LOOKED_BACK)
    usual = (so_far[:, _MONTHS_LOOKED_BACK:] - so_far[:, :-_MONTHS_LOOKED_BACK]) / looked_back
    each = np.array([COST_EACH[source] for source in SOURCES])[:, None]
    moods = [np.random.default_rng([_CHANCE, month]).lognormal(-0.005, 0.1, len(SOURCES)) for month in months.tolist()]
    bills = np.round(usual * each * np.array(moods).reshape(-1, len(SOURCES)).T / 100).astype(np.int64) * 100
    source, month = np.nonzero(bills)
    return {"source": source, "month": month_start(months)[month], "cost": bills[source, month]}

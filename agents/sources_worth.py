"""What the customers of each source are worth against what winning them cost."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..customers.acquired import Acquired, read_acquired
from ..customers.opening import Customers
from ..customers.outcomes import margin_received
from ..customers.table import FeatureTable
from ..decisioning.value.acquisition import SourceValue, recommended_shift, source_value
from .workspace import Workspace

#: Before every order.
_FIRST_DAY = date(1970, 1, 1)
_YEAR_DAYS = 365


def sources_worth(workspace: Workspace, customers: Customers, table: FeatureTable, as_of: date) -> dict[str, Any]:
    """Per source with a known cost: mean LTV (margin received so far plus the predicted rest) with its interval, cost
    per customer, their ratio, payback; and the shift of spend that these bear out, if any."""
    acquired = [each for each in read_acquired(customers, as_of) if each.cost_jpy > 0]
    value = np.nan_to_num(table.columns["ltv_jpy"].astype(float)).tolist()
    rest = dict(zip(table.unit_ids, value, strict=True))
    sources = [_worth(workspace, customers, each, rest, as_of) for each in acquired]
    shift = recommended_shift(sources)
    return {
        "sources": [{**s.as_dict(), "months": a.months} for s, a in zip(sources, acquired, strict=True)],
        "shift": shift.as_dict() if shift is not None else None,
    }


def _worth(
    workspace: Workspace, customers: Customers, acquired: Acquired, rest: Mapping[str, float], as_of: date
) -> SourceValue:
    business, units = workspace.brief.business, acquired.unit_ids
    received = margin_received(customers, units, _FIRST_DAY, as_of, business.margin)
    lately = margin_received(customers, units, as_of - timedelta(days=_YEAR_DAYS), as_of, business.margin)
    value = received + np.array([rest.get(unit, 0.0) for unit in units])
    yearly = float(lately.mean()) if units else 0.0
    return source_value(acquired.source, value, acquired.cost_jpy, yearly, business.ltv_months)

"""Lifetime value of contracts: how the hazard to cancel changes with tenure, checked by calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..customers.contracts import STATIC, ContractMonths, first_start, read_contract_months
from ..customers.opening import Customers
from ..customers.table import FeatureTable
from ..decisioning.value import ltv
from ..decisioning.value.contracts import HazardForecast, forecast_hazard
from ..decisioning.value.survival import Exposure, HazardModel, contract_ltv, model_from
from .workspace import Workspace
from .worth import MONTH_DAYS, monthly_churn, monthly_margin

Array = np.ndarray[Any, np.dtype[Any]]

#: How far back months of contracts count, and how long the last two stretches are at most.
_BACK_DAYS = 3 * 365
_STRETCH_DAYS = 180
_VALUES_PER_FEATURE = 6


@dataclass(frozen=True)
class Staying:
    """The hazard model in force, None for a constant one. `columns` are its features: `acquisition_source=web` is 1
    for who came by it."""

    model: HazardModel | None
    columns: tuple[str, ...]
    record: dict[str, Any]  #: plain JSON: the model, why, and how it was checked


def fit_staying(workspace: Workspace, customers: Customers, as_of: date) -> Staying:
    """Choose on the last stretch but one, check on the last. Protected features stay out."""
    oldest = first_start(customers)
    record: dict[str, Any] = {"kind": "contracts", "model": "constant", "history_days": 0}
    if oldest is None or oldest >= as_of:
        return Staying(None, (), record | {"why": "few_left", "months": 0, "left": 0})
    since = max(oldest, as_of - timedelta(days=_BACK_DAYS))
    stretch = min(timedelta(days=_STRETCH_DAYS), (as_of - since) / 4)
    cuts = [as_of - 2 * stretch, as_of - stretch, as_of]
    months = read_contract_months(customers, since, cuts, MONTH_DAYS)
    allowed = [name for name in STATIC if name not in workspace.protected]
    columns = _columns(months, allowed)
    early, middle, late = (_exposure(months, columns, number) for number in range(3))
    if not months.began.sum():
        return Staying(None, (), record | {"why": "few_left", "months": 0, "left": 0})
    found = forecast_hazard(early, middle, late, columns)
    record |= {
        "model": found.kind,
        "family": found.tried[0][0] if found.tried else found.kind,
        "why": _why(found),
        "months": float(months.began.sum()),
        "left": float(months.left.sum()),
        "history_days": (as_of - since).days,
        "window_days": stretch.days,
        "checked_on": cuts[1].isoformat(),
        "parameters": found.model.as_dict(),
        "tried": [{"model": kind, "log_likelihood": value} for kind, value in found.tried],
        "check": found.check.as_dict() if found.check is not None else None,
        "fallback_check": found.constant_check.as_dict() if found.constant_check is not None else None,
        "hazard": _by_tenure(found.model, columns),
    }
    return Staying(found.model if found.kind != "constant" else None, columns, record)


def staying_of(record: Mapping[str, Any]) -> Staying:
    """The model that a snapshot was valued with, from the record that it keeps; constant where it keeps none."""
    if record.get("model", "constant") == "constant":
        return Staying(None, (), dict(record))
    plain = record["parameters"]
    return Staying(model_from(plain), tuple(plain.get("columns", ())), dict(record))


def contract_values(workspace: Workspace, table: FeatureTable, risk: Array, staying: Staying, *, tells: bool) -> Array:
    """The LTV of each contract that runs: its price for as long as it is expected to stay; NaN for who left.

    The first month's hazard is the contract's own churn risk, where the churn model tells contracts apart (`tells`);
    later its odds keep their distance from those of its tenure. Without a model of tenure, the own risk is for good.
    """
    business = workspace.brief.business
    active = table.columns["is_active"].astype(float) == 1
    price = np.where(active, table.columns["monthly_price_jpy"].astype(float), 0.0)
    margin, own = monthly_margin(workspace, price), monthly_churn(workspace, np.where(active, risk, 1.0))
    horizon, discount = business.ltv_months, business.annual_discount
    if staying.model is None:
        value = ltv.subscription_ltv(margin, own, horizon_months=horizon, annual_discount=discount)
        return np.where(active, value, np.nan)
    month = np.floor(np.nan_to_num(table.columns["tenure_days"].astype(float)) / MONTH_DAYS) + 1.0
    features = _indicators({name: list(table.columns[name]) for name in STATIC}, staying.columns, len(table))
    hazard = own if tells else staying.model.hazard(np.maximum(month, 1.0), features)
    value = contract_ltv(
        staying.model, month, features, margin, hazard, horizon_months=horizon, annual_discount=discount
    )
    return np.where(active, value, np.nan)


def _why(found: HazardForecast) -> str:
    if found.check is None:
        return "few_left"
    return "chosen" if found.kind != "constant" else "constant"


def _columns(months: ContractMonths, allowed: Sequence[str]) -> tuple[str, ...]:
    """The values that most contract months have, less the most usual one of each feature."""
    found: list[str] = []
    for name in allowed:
        counts: dict[str, float] = {}
        for value, began in zip(months.values[name], months.began, strict=True):
            if value is not None:
                counts[value] = counts.get(value, 0.0) + float(began)
        usual = sorted(counts, key=lambda value: (-counts[value], value))[1 : _VALUES_PER_FEATURE + 1]
        found += [f"{name}={value}" for value in usual]
    return tuple(found)


def _exposure(months: ContractMonths, columns: Sequence[str], stretch: int) -> Exposure:
    rows = months.stretch == stretch
    features = _indicators(months.values, columns, months.month.size)
    return Exposure.of(months.month[rows], months.began[rows], months.left[rows], features[rows])


def _indicators(values: Mapping[str, Sequence[Any]], columns: Sequence[str], rows: int) -> Array:
    matrix = np.zeros((rows, len(columns)))
    for place, column in enumerate(columns):
        name, _, wanted = column.partition("=")
        matrix[:, place] = [value == wanted for value in values[name]]
    return matrix


def _by_tenure(model: HazardModel, columns: Sequence[str]) -> list[dict[str, float]]:
    """The hazard of the most usual contract in its 1st, 3rd, 6th, 12th and 24th month."""
    at = np.array([1.0, 3.0, 6.0, 12.0, 24.0])
    found = model.hazard(at, np.zeros((at.size, len(columns))))
    return [{"month": float(month), "hazard": float(value)} for month, value in zip(at, found, strict=True)]

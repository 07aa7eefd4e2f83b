"""Whether a model's world changed: its columns and scores between training and now, and events against promises."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtri

from ..arrays import Array
from .calibration import Estimate

#: The usual limits of the population stability index (Lewis 1994; Siddiqi 2006).
SOME, LARGE = 0.1, 0.25
#: Seen events may differ from the expected ones by this share before anybody is told.
OFF_FROM = 0.2
#: A column that is unknown of so many more units than in training has lost its source.
MISSING_FROM = 0.25
#: A column below this share of what the model's columns move together may drift as it likes.
_TELLING_SHARE = 0.1
_BINS = 10
_NOISE_LEVEL = 0.999


class Level(StrEnum):
    """How much a distribution moved."""

    STEADY = "steady"
    SOME = "some"
    LARGE = "large"


class Shift(NamedTuple):
    """How a column, or the score, moved. Medians are of the known values; NaN where there are none."""

    name: str
    psi: float
    """Population stability index; NaN where one side has no rows."""
    noise: float
    """The index that mere chance stays under 999 times in 1,000."""
    before: float
    now: float
    share_missing_before: float
    share_missing_now: float

    @property
    def level(self) -> Level:
        if not self.psi > self.noise or self.psi < SOME:
            return Level.STEADY
        return Level.LARGE if self.psi >= LARGE else Level.SOME


class Drift(NamedTuple):
    """What moved, and what is told of it. `events` is seen per expected of the last window whose outcome is known."""

    columns: tuple[Shift, ...]
    score: Shift | None
    events: Estimate
    behind: tuple[str, ...]
    """The columns that moved much and carry the model, the weightiest first."""
    told: tuple[str, ...]
    """What matters: 'score', 'events', and columns that went missing. A column that moves and leaves the score and
    the events as they were changes no decision."""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "columns": [_plain(shift) for shift in self.columns],
            "score": None if self.score is None else _plain(self.score),
            "events": _known(self.events._asdict()),
            "behind": list(self.behind),
            "told": list(self.told),
        }


def watch(
    before: Mapping[str, Array],
    now: Mapping[str, Array],
    *,
    scores: tuple[Array, Array] | None,
    events: Estimate,
    weights: Mapping[str, float],
    units_before: int,
) -> Drift:
    """Compare columns (name -> values, NaN is missing) and scores of training rows with those of today.

    `weights` says how much each column moves the model's log odds; `units_before` counts the different units among
    the training rows, since several rows of a unit are hardly more than one.
    """
    columns = tuple(shift(name, before[name], now[name], units_before) for name in before)
    score = None if scores is None else shift("score", *scores, units_before)
    total = sum(weights.values()) or 1.0
    telling = [one for one in columns if weights.get(one.name, 0.0) / total >= _TELLING_SHARE]
    moved = [one.name for one in telling if one.level is Level.LARGE]
    told = [one.name for one in telling if one.share_missing_now - one.share_missing_before >= MISSING_FROM]
    if score is not None and score.level is Level.LARGE:
        told.append("score")
    if is_off(events):
        told.append("events")
    return Drift(columns, score, events, tuple(sorted(moved, key=lambda name: -weights[name])), tuple(told))


def is_off(events: Estimate) -> bool:
    """Whether seen differ from expected events by more than chance, and by enough to matter."""
    return abs(events.mean - 1.0) >= OFF_FROM and not events.low <= 1.0 <= events.high


def shift(name: str, before: Array, now: Array, units_before: int | None = None) -> Shift:
    """How one column moved; `units_before` different units are behind the rows before, all of them without it."""
    counts = _counts(before, now)
    units = min(before.size if units_before is None else units_before, before.size)
    bins = int((counts.sum(axis=0) > 0).sum())
    is_known = bool(before.size and now.size and units)
    noise = (
        float(chdtri(max(bins - 1, 1), 1.0 - _NOISE_LEVEL)) * (1.0 / units + 1.0 / now.size) if is_known else math.nan
    )
    return Shift(
        name,
        stability_index(*counts) if is_known else math.nan,
        noise,
        _median(before),
        _median(now),
        _missing(before),
        _missing(now),
    )


def stability_index(before: Array, now: Array) -> float:
    """The population stability index of two counts over the same bins; half a row more in each keeps it finite.

    Without a change it is about chi-squared with bins - 1 degrees of freedom, times 1 / rows before + 1 / rows now
    (Yurdakul & Naranjo 2020).
    """
    used = (before + now) > 0
    p, q = (before[used] + 0.5, now[used] + 0.5)
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def _counts(before: Array, now: Array) -> Array:
    """Rows per bin, before and now: tenths of what is known before (values themselves where there are few), missing."""
    known = before[np.isfinite(before)]
    values = np.unique(known)
    few = values.size <= _BINS
    cuts = (values[1:] + values[:-1]) / 2.0 if few else np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))
    return np.stack([_binned(before, cuts), _binned(now, cuts)])


def _binned(values: Array, cuts: Array) -> Array:
    is_known = np.isfinite(values)
    places = np.where(is_known, np.searchsorted(cuts, np.where(is_known, values, 0.0), side="right"), cuts.size + 1)
    return np.bincount(places, minlength=cuts.size + 2).astype(np.float64)


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else math.nan


def _missing(values: Array) -> float:
    return float((~np.isfinite(values)).mean()) if values.size else math.nan


def _plain(one: Shift) -> dict[str, Any]:
    return _known(one._asdict()) | {"level": one.level.value}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }

"""Which model of staying foresees a company's cancellations best: fitted before a day, judged on the months after."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .backtest import Check, check
from .survival import Constant, Exposure, HazardModel, fit_by_tenure, fit_sbg, log_likelihood

#: Fewer cancellations than this tell nothing of how the hazard changes with tenure.
ENOUGH_LEFT = 25


@dataclass(frozen=True)
class HazardForecast:
    """The model in force, fitted on all that was seen; `tried` holds, the best first, each kind's log-likelihood per
    contract and month on months after the ones it was fitted on."""

    model: HazardModel
    kind: str
    tried: tuple[tuple[str, float], ...]
    check: Check | None  #: of that kind, on the last months; None where too few left to fit or to check anything
    constant_check: Check | None


def forecast_hazard(early: Exposure, middle: Exposure, late: Exposure, columns: Sequence[str]) -> HazardForecast:
    """Choose between shifted beta-geometric, tenure and features, and a constant hazard.

    Fitted on `early` and chosen on `middle`; refitted on both and checked on `late`; where it is no better there than
    the constant hazard, that one is used. The model in force is fitted on all three.
    """
    everything = joined(joined(early, middle), late)
    if min(early.left.sum(), middle.left.sum(), late.left.sum()) < ENOUGH_LEFT:
        return HazardForecast(Constant(_shrunk_rate(everything)), "constant", (), None, None)
    fitted = {kind: _fit(kind, early, columns) for kind in ("sbg", "by_tenure", "constant")}
    scores = {kind: log_likelihood(model, middle) / float(middle.began.sum()) for kind, model in fitted.items()}
    tried = tuple(sorted(scores.items(), key=lambda item: -item[1]))
    known = joined(early, middle)
    kind, constant = tried[0][0], _fit("constant", known, columns)
    chosen = _fit(kind, known, columns)
    if log_likelihood(chosen, late) <= log_likelihood(constant, late):
        kind = "constant"
    checks = judged(chosen, late), judged(constant, late)
    return HazardForecast(_fit(kind, everything, columns), kind, tried, *checks)


def judged(model: HazardModel, seen: Exposure) -> Check:
    """Cancellations expected against those that came; a row stands for the contracts that began the month."""
    shares = np.divide(seen.left, seen.began, out=np.zeros(seen.began.shape), where=seen.began > 0)
    return check(model.hazard(seen.period, seen.features), shares, seen.began)


def joined(one: Exposure, other: Exposure) -> Exposure:
    """Both, one after the other."""
    return Exposure(
        np.concatenate([one.period, other.period]),
        np.vstack([one.features, other.features]),
        np.concatenate([one.began, other.began]),
        np.concatenate([one.left, other.left]),
    )


def _fit(kind: str, seen: Exposure, columns: Sequence[str]) -> HazardModel:
    if kind == "sbg":
        return fit_sbg(seen)
    if kind == "by_tenure":
        return fit_by_tenure(seen, columns)
    return Constant(seen.rate)


def _shrunk_rate(seen: Exposure) -> float:
    """Half a cancellation more in one month more: no cancellation yet is not 'never' (Jeffreys 1946)."""
    return float((seen.left.sum() + 0.5) / (seen.began.sum() + 1.0))

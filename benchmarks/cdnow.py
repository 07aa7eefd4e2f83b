"""Buying without a contract on CDNOW's 1/10 sample: published figures, weeks 40-78, and speed beside `lifetimes`.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.cdnow ../shared/data/CDNOW_sample.txt

The peer (`pip install lifetimes==0.11.3`, no longer kept) is left out where it is not installed. What a choice made
inside weeks 1-39 does on weeks 40-78 is told by `benchmarks/cdnow_ahead.py`.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from kizuna.decisioning.value.buying import BuyingModel, Histories, expected_purchases, fit_buying
from kizuna.decisioning.value.spending import fit_spend

CUT, END = date(1997, 9, 30).toordinal(), date(1998, 6, 30).toordinal()
ROUNDS = 9


def _file() -> Path:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="CDNOW_sample.txt")
    given: Path = parser.parse_args().file
    return given


def main() -> None:
    repeats, last, age, spend, later = read(_file())
    histories = Histories.of(repeats, last, age)
    print("published: BG/NBD r .243 alpha 4.414 a .793 b 2.426 LL -9582.4; Gamma-Gamma p 6.25 q 3.74 gamma 15.44")
    models = [fit_buying(histories, family) for family in ("bg", "mbg")]
    for model in models:
        print(
            f"{model.family.upper():>3}/NBD  r {model.r:.4f} alpha {model.alpha:.4f} a {model.a:.4f} b {model.b:.4f} "
            f"LL {model.log_likelihood:.2f}"
        )
    money = fit_spend(repeats, spend)
    print(f"Gamma-Gamma  p {money.p:.3f} q {money.q:.3f} gamma {money.gamma:.3f} LL {money.log_likelihood:.2f}")
    print(f"weeks 40-78: {later.sum():.0f} repeat purchases came")
    for model in models:
        print("   ", held_out(model, histories, later))
    speed(histories, repeats, spend)


def read(path: Path) -> tuple[np.ndarray, ...]:
    """Repeats, last and age in weeks at the end of week 39, mean spend of the repeats, and purchases after it."""
    days: dict[str, dict[int, float]] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        _, customer, day, _, dollars = line.split()
        at = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
        spent = days.setdefault(customer, {})
        spent[at] = spent.get(at, 0.0) + float(dollars)
    return tuple(np.array([_row(sorted(spent.items())) for spent in days.values()]).T)


def _row(spent: list[tuple[int, float]]) -> tuple[float, ...]:
    first = spent[0][0]
    known = [day for day, _ in spent if day <= CUT]
    repeats = [dollars for day, dollars in spent[1:] if day <= CUT]
    mean = float(np.mean(repeats)) if repeats else np.nan
    return (len(repeats), (known[-1] - first) / 7, (CUT - first) / 7, mean, sum(CUT < day <= END for day, _ in spent))


def held_out(model: BuyingModel, histories: Histories, later: np.ndarray) -> str:
    """How the model, fitted on weeks 1-39, foresaw weeks 40-78."""
    expected = expected_purchases(model, histories, 39.0)
    best = np.argsort(-expected, kind="stable")[: expected.size // 10]
    return (
        f"{model.family.upper():>3}/NBD foresaw {expected.sum():.0f} ({expected.sum() / later.sum() - 1:+.1%}), "
        f"MAE {np.abs(expected - later).mean():.3f}, top tenth holds {later[best].sum() / later.sum():.1%}"
    )


def speed(histories: Histories, repeats: np.ndarray, spend: np.ndarray) -> None:
    """CPU milliseconds of the fastest of several fits."""
    ours = _fastest(lambda: fit_buying(histories, "bg")), _fastest(lambda: fit_spend(repeats, spend))
    print(f"fit: BG/NBD {ours[0]:.1f} ms, Gamma-Gamma {ours[1]:.1f} ms (CPU, best of {ROUNDS})")
    try:
        from lifetimes import BetaGeoFitter, GammaGammaFitter
    except ImportError:
        print("     `lifetimes` is not installed: no peer")
        return
    again = repeats > 0
    peers = (
        _fastest(lambda: BetaGeoFitter().fit(histories.repeats, histories.last, histories.age)),
        _fastest(lambda: GammaGammaFitter().fit(repeats[again], spend[again])),
    )
    print(
        f"     lifetimes {peers[0]:.1f} and {peers[1]:.1f} ms: {peers[0] / ours[0]:.1f} and {peers[1] / ours[1]:.1f} x"
    )


def _fastest(fit: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        fit()
        best = min(best, time.process_time() - start)
    return best * 1e3


if __name__ == "__main__":
    main()

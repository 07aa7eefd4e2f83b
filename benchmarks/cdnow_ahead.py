"""Weeks 40-78 of CDNOW's 1/10 sample, by what is chosen inside weeks 1-39: nothing after week 39 decides anything.

    OMP_NUM_THREADS=1 python -m kizuna.benchmarks.cdnow_ahead ../shared/data/CDNOW_sample.txt \
        [../shared/data/CDNOW_master.txt.gz]

Candidates: BG/NBD and MBG/NBD; plain, with a recalibrated total, or recalibrated by what the size of the first order,
recency and repeats still tell (a Poisson regression with the forecast as offset); fitted on the sample, or on the whole
cohort where the second file is given. Recalibrations are learned on weeks 14-26, and all are judged by their Poisson
deviance on weeks 27-39. The best one is then refitted (recalibrations on both stretches) and looks at weeks 40-78 once.
Beside it: plain BG/NBD, each customer's own rate, and `lifetimes`.
"""

import argparse
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from kizuna.decisioning.value.backtest import Check, check
from kizuna.decisioning.value.buying import Family, Histories, expected_purchases, fit_buying

START = date(1997, 1, 1).toordinal() - 1
WEEK = 7
WAYS = ("plain", "total", "regression")
_RIDGE = 5.0

Purchases = dict[str, dict[int, float]]


@dataclass(frozen=True)
class Stretch:
    """What was known of each customer at the end of week `cut`, and the purchases until the end of week `end`."""

    histories: Histories
    later: np.ndarray
    first_paid: np.ndarray
    weeks: float


@dataclass(frozen=True)
class Candidate:
    family: Family
    way: str
    cohort: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sample", type=Path, help="CDNOW_sample.txt")
    parser.add_argument("cohort", type=Path, nargs="?", help="the whole cohort: CDNOW_master.txt.gz")
    given = parser.parse_args()
    cohorts = {"sample": read(given.sample)}
    if given.cohort is not None:
        cohorts["cohort"] = read(given.cohort)
    judged = {each: judge(each, cohorts) for each in candidates(cohorts)}
    print("inside weeks 1-39: learned on weeks 14-26, judged on weeks 27-39 of the sample")
    for each, found in sorted(judged.items(), key=lambda item: item[1].deviance):
        print(f"   {_name(each):<32} {_words(found)}")
    best = min(judged, key=lambda each: judged[each].deviance)
    print(f"chosen: {_name(best)}\nweeks 40-78 of the sample, looked at once:")
    late = stretch(cohorts["sample"], 39, 78)
    print(f"   {'chosen':<32} {_words(check(foreseen(best, cohorts, late, [(13, 26), (26, 39)], 39), late.later))}")
    plain = Candidate("bg", "plain", "sample")
    print(f"   {'plain BG/NBD':<32} {_words(check(foreseen(plain, cohorts, late, [], 39), late.later))}")
    age = np.maximum(late.histories.age, 1.0)
    print(f"   {'own rate so far':<32} {_words(check(late.histories.repeats / age * late.weeks, late.later))}")
    peer(late)


def candidates(cohorts: dict[str, Purchases]) -> Iterator[Candidate]:
    families: tuple[Family, ...] = ("bg", "mbg")
    for family in families:
        for way in WAYS:
            for cohort in cohorts:
                yield Candidate(family, way, cohort)


def judge(candidate: Candidate, cohorts: dict[str, Purchases]) -> Check:
    """On weeks 27-39 of the sample, by what was known at the end of week 26."""
    seen = stretch(cohorts["sample"], 26, 39)
    return check(foreseen(candidate, cohorts, seen, [(13, 26)], 26), seen.later)


def foreseen(
    candidate: Candidate, cohorts: dict[str, Purchases], of: Stretch, learned: list[tuple[int, int]], cut: int
) -> np.ndarray:
    """Purchases expected by the model of week `cut`, recalibrated on stretches that had ended by then."""
    purchases = cohorts[candidate.cohort]
    model = fit_buying(stretch(purchases, cut, cut).histories, candidate.family)
    expected = expected_purchases(model, of.histories, of.weeks)
    if candidate.way == "plain":
        return np.asarray(expected)
    past = [stretch(purchases, *each) for each in learned]
    before = [expected_purchases(fit_buying(p.histories, candidate.family), p.histories, p.weeks) for p in past]
    offset = np.log(np.maximum(np.concatenate(before), 1e-6))
    x = np.vstack([_columns(p, candidate.way) for p in past])
    middle, scale = x.mean(axis=0), x.std(axis=0)
    beta = _poisson((x - middle) / scale, offset, np.concatenate([p.later for p in past]))
    score = beta[0] + (_columns(of, candidate.way) - middle) / scale @ beta[1:]
    return np.asarray(expected * np.exp(score))


def stretch(purchases: Purchases, cut: int, end: int) -> Stretch:
    rows = [_row(sorted(spent.items()), START + WEEK * cut, START + WEEK * end) for spent in purchases.values()]
    values = np.array([row for row in rows if row is not None]).T
    return Stretch(Histories.of(*values[:3]), values[3], values[4], float(end - cut))


def _row(spent: list[tuple[int, float]], cut: int, end: int) -> tuple[float, ...] | None:
    known = [day for day, _ in spent if day <= cut]
    if not known:
        return None
    first, paid = spent[0]
    later = sum(cut < day <= end for day, _ in spent)
    return (len(known) - 1, (known[-1] - first) / WEEK, (cut - first) / WEEK, later, paid)


def read(path: Path) -> Purchases:
    """Customer -> day -> dollars, from either file."""
    found: Purchases = {}
    with gzip.open(path, "rt", encoding="ascii") if path.suffix == ".gz" else path.open(encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            if len(fields) < 4 or not fields[-3].isdigit():
                continue  # the heading
            customer, day, dollars = fields[0], fields[-3], fields[-1]
            at = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
            spent = found.setdefault(customer, {})
            spent[at] = spent.get(at, 0.0) + float(dollars)
    return found


def _columns(of: Stretch, way: str) -> np.ndarray:
    if way == "total":
        return np.zeros((of.later.size, 0))
    histories = of.histories
    told = (of.first_paid, histories.age - histories.last, histories.repeats)
    return np.asarray(np.log1p(np.column_stack(told)))


def _poisson(z: np.ndarray, offset: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Newton steps on the ridge-penalised Poisson likelihood; the intercept is free."""
    design = np.column_stack([np.ones(came.size), z])
    penalty = np.r_[1e-9, np.full(z.shape[1], _RIDGE)]
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(came.sum() / np.exp(offset).sum())
    for _ in range(100):
        mean = np.exp(np.clip(design @ beta + offset, -20.0, 10.0))
        curvature = (design * mean[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, design.T @ (mean - came) + penalty * beta)
        beta = beta - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(beta)


def peer(late: Stretch) -> None:
    try:
        from lifetimes import BetaGeoFitter
    except ImportError:
        print("   `lifetimes` is not installed: no peer")
        return
    histories = late.histories
    fitted = BetaGeoFitter().fit(histories.repeats, histories.last, histories.age)
    expected = fitted.conditional_expected_number_of_purchases_up_to_time(
        late.weeks, histories.repeats, histories.last, histories.age
    )
    print(f"   {'lifetimes BG/NBD':<32} {_words(check(np.asarray(expected), late.later))}")


def _name(candidate: Candidate) -> str:
    return f"{candidate.family.upper()}/NBD, {candidate.way}, on the {candidate.cohort}"


def _words(found: Check) -> str:
    return (
        f"{found.expected:6.0f} of {found.actual:5.0f} ({found.total_error:+6.1%})  MAE {found.mae:.3f}  "
        f"deviance {found.deviance:.4f}  top tenth {found.top_share:.1%}"
    )


if __name__ == "__main__":
    main()

"""Buying without a contract: the published figures of CDNOW, and what must hold for any customers."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.value.buying import (
    BuyingModel,
    Histories,
    chance_alive,
    chance_of_none,
    expected_purchases,
    fit_buying,
)
from kizuna.decisioning.value.spending import dependence, expected_spend, fit_spend
from scipy.optimize import check_grad

CDNOW = Path(__file__).resolve().parents[4] / "shared" / "data" / "CDNOW_sample.txt"
CUT, END = date(1997, 9, 30).toordinal(), date(1998, 6, 30).toordinal()
MODELS = [BuyingModel(family, 0.5, 4.0, 0.8, 2.0, 0.0) for family in ("bg", "mbg")]


@pytest.fixture(scope="module")
def cdnow() -> dict[str, np.ndarray]:
    """The 1/10 sample: repeats, last, age in weeks at the end of week 39, mean repeat spend, and orders after it."""
    if not CDNOW.exists():
        pytest.skip("the CDNOW sample is not here")
    days: dict[str, dict[int, float]] = {}
    for line in CDNOW.read_text(encoding="ascii").splitlines():
        _, customer, day, _, dollars = line.split()
        at = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
        spent = days.setdefault(customer, {})
        spent[at] = spent.get(at, 0.0) + float(dollars)
    rows = [_row(sorted(spent.items())) for spent in days.values()]
    return dict(zip(("repeats", "last", "age", "spend", "later"), np.array(rows).T, strict=True))


def _row(spent: list[tuple[int, float]]) -> tuple[float, ...]:
    first = spent[0][0]
    known = [day for day, _ in spent if day <= CUT]
    repeats = [dollars for day, dollars in spent[1:] if day <= CUT]
    mean = float(np.mean(repeats)) if repeats else np.nan
    return (len(repeats), (known[-1] - first) / 7, (CUT - first) / 7, mean, sum(CUT < day <= END for day, _ in spent))


def test_bg_nbd_finds_the_published_parameters(cdnow: dict[str, np.ndarray]) -> None:
    """Fader, Hardie & Lee 2005: r .243, alpha 4.414, a .793, b 2.426, LL -9582.4."""
    histories = Histories.of(cdnow["repeats"], cdnow["last"], cdnow["age"])
    model = fit_buying(histories, "bg")
    assert (model.r, model.alpha) == (pytest.approx(0.243, abs=5e-4), pytest.approx(4.414, abs=5e-4))
    assert (model.a, model.b) == (pytest.approx(0.793, abs=5e-4), pytest.approx(2.426, abs=5e-4))
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert cdnow["later"].sum() == 1882
    assert expected_purchases(model, histories, 39.0).sum() == pytest.approx(1653.4, abs=0.1)


def test_gamma_gamma_finds_the_published_parameters(cdnow: dict[str, np.ndarray]) -> None:
    """Fader & Hardie 2013: p 6.25, q 3.74, gamma 15.44, LL -4055.92, of 946 customers who bought again."""
    model = fit_spend(cdnow["repeats"], cdnow["spend"])
    assert (model.p, model.q) == (pytest.approx(6.25, abs=5e-3), pytest.approx(3.74, abs=5e-3))
    assert model.gamma == pytest.approx(15.44, abs=5e-3)
    assert model.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert (cdnow["repeats"] > 0).sum() == 946
    assert abs(dependence(cdnow["repeats"], cdnow["spend"])) < 0.15


@pytest.mark.parametrize("family", ["bg", "mbg"])
def test_the_fit_does_not_depend_on_the_unit_of_time(cdnow: dict[str, np.ndarray], family: str) -> None:
    weeks = Histories.of(cdnow["repeats"], cdnow["last"], cdnow["age"])
    days = Histories.of(cdnow["repeats"], cdnow["last"] * 7, cdnow["age"] * 7)
    in_weeks, in_days = fit_buying(weeks, family), fit_buying(days, family)
    assert in_days.alpha == pytest.approx(7 * in_weeks.alpha, rel=1e-3)
    assert expected_purchases(in_days, days, 91).sum() == pytest.approx(
        expected_purchases(in_weeks, weeks, 13).sum(), rel=1e-4
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.family)
def test_what_is_expected_is_what_simulated_customers_do(model: BuyingModel) -> None:
    """Customers drawn from the model itself: purchases after the cut, by how many came before it."""
    rng = np.random.default_rng(5)
    repeats, last, later = _simulated(model, 200_000, 30.0, 20.0, rng)
    histories = Histories.of(repeats, last, np.full(repeats.size, 30.0))
    expected = expected_purchases(model, histories, 20.0)
    none = chance_of_none(model, histories, 20.0)
    for low, high in ((0, 0), (1, 1), (2, 4), (5, 1000)):
        some = (repeats >= low) & (repeats <= high)
        noise = later[some].std() / np.sqrt(some.sum())
        assert abs(expected[some].mean() - later[some].mean()) < 4 * noise, (low, high)
        assert none[some].mean() == pytest.approx((later[some] == 0).mean(), abs=0.015)


def _simulated(
    model: BuyingModel, customers: int, until: float, more: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rate = rng.gamma(model.r, 1 / model.alpha, customers)
    leaves = rng.beta(model.a, model.b, customers)
    now = np.zeros(customers)
    alive = rng.random(customers) >= leaves if model.family == "mbg" else np.ones(customers, dtype=bool)
    repeats, last, later = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    while (alive & (now < until + more)).any():
        now = now + rng.exponential(1.0, customers) / rate
        buys = alive & (now < until + more)
        early = buys & (now < until)
        repeats, last, later = repeats + early, np.where(early, now, last), later + (buys & ~early)
        alive = buys & (rng.random(customers) >= leaves)
    return repeats, last, later


def test_the_chance_to_be_alive_is_no_churn_score() -> None:
    """BG/NBD calls everybody alive who never bought again; the chance of no purchase tells them apart."""
    histories = Histories.of([0, 0, 6], [0, 0, 30], [5, 39, 32])
    bg, mbg = MODELS
    assert chance_alive(bg, histories)[:2].tolist() == [1.0, 1.0]
    assert chance_alive(mbg, histories)[0] > chance_alive(mbg, histories)[1]
    quiet = chance_of_none(bg, histories, 13.0)
    assert quiet[1] > quiet[0] > quiet[2]


HISTORIES = st.tuples(st.integers(0, 60), st.floats(0, 1), st.floats(0.1, 2000), st.floats(0, 500)).map(
    lambda drawn: (drawn[0], drawn[1] * drawn[2] if drawn[0] else 0.0, drawn[2], drawn[3])
)


@settings(max_examples=150)
@given(st.sampled_from(MODELS), HISTORIES)
def test_figures_stay_in_their_bounds(model: BuyingModel, drawn: tuple[int, float, float, float]) -> None:
    repeats, last, age, horizon = drawn
    history = Histories.of([repeats], [last], [age])
    alive, none = chance_alive(model, history)[0], chance_of_none(model, history, horizon)[0]
    some, more = expected_purchases(model, history, horizon)[0], expected_purchases(model, history, horizon + 1)[0]
    assert 0 <= alive <= 1 and 0 <= none <= 1
    assert -1e-9 <= some <= more + 1e-9
    assert 1 - none <= some + 1e-6  # Markov's inequality


@pytest.mark.parametrize("family", ["bg", "mbg"])
def test_the_gradient_is_the_slope(family: str) -> None:
    from kizuna.decisioning.value import buying

    histories = Histories.of([0, 1, 4, 0], [0, 3, 20, 0], [10, 12, 30, 39])
    at = np.array([0.4, 3.0, 0.9, 2.1])
    log_likelihood, counts = buying._log_likelihood, np.unique(histories.repeats, return_inverse=True)
    error = check_grad(
        lambda p: log_likelihood(p, histories, family, counts)[0].sum(),
        lambda p: log_likelihood(p, histories, family, counts)[1].sum(axis=1),
        at,
    )
    assert error < 1e-5


@pytest.mark.parametrize(
    ("repeats", "last", "age"), [([1], [5], [4]), ([-1], [0], [4]), ([0], [2], [4]), ([1, 2], [1], [4])]
)
def test_an_impossible_history_is_refused(repeats: list[int], last: list[int], age: list[int]) -> None:
    with pytest.raises(ValueError, match=r"last|value"):
        Histories.of(repeats, last, age)


def test_nobody_coming_back_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match="second time"):
        fit_buying(Histories.of([0, 0], [0, 0], [3, 4]))
    with pytest.raises(ValueError, match="three"):
        fit_spend([1, 2], [10.0, 20.0])


def test_spend_is_pulled_to_everybodys_where_purchases_are_few() -> None:
    rng = np.random.default_rng(3)
    purchases = rng.integers(1, 20, 4000).astype(float)
    rate = rng.gamma(4.0, 1 / 15.0, 4000)
    mean = rng.gamma(6.0 * purchases, 1 / rate) / purchases
    model = fit_spend(purchases, mean)
    assert model.usual == pytest.approx(6.0 * 15.0 / 3.0, rel=0.05)
    few, many, unknown = expected_spend(model, [1, 30, 0], [300.0, 300.0, np.nan])
    assert model.usual < few < many < 300.0
    assert unknown == pytest.approx(model.usual)

"""How effects differ from unit to unit: hardly at all, until outcomes say so; and what is certain stays certain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.decisioning.learning import differing
from kizuna.decisioning.learning.axes import Axes
from kizuna.decisioning.learning.posterior import Evidence
from kizuna.decisioning.learning.uplift import Belief, below_zero, estimate_effect
from kizuna.decisioning.learning.uplift import Evidence as Effect

PRIOR = Belief(0.03, 0.03)


def told(rng: np.random.Generator, n: int, average: float, slope: float) -> tuple[Axes, Evidence, Effect]:
    """Half are treated; the effect grows along the first of two figures, and who has much of it is treated more."""
    figures = rng.normal(50.0, 10.0, (n, 2))
    steps = (figures - 50.0) / 10.0
    treated = rng.random(n) < 0.5 + 0.1 * np.clip(steps[:, 0], -2.0, 2.0)
    chance = 0.3 + 0.08 * np.clip(steps[:, 0], -2.0, 2.0)
    true = np.where(treated, average + slope * steps[:, 0], 0.0)
    outcome = (rng.random(n) < chance + true).astype(float)
    foreseen = chance + 0.1  # the forecast is off, for all alike
    effect = estimate_effect(outcome, foreseen, treated)
    assert effect is not None
    axes = Axes.through(("a", "b"), figures)
    scale = np.ones(n)
    return axes, differing.evidence(effect, outcome, foreseen, treated, scale, axes.steps(figures)), effect


def test_without_any_outcome_beliefs_are_the_priors() -> None:
    assert differing.believe([PRIOR, PRIOR], [None, None], [None, None]) == [PRIOR, PRIOR]


def test_evidence_of_the_average_alone_is_the_normal_normal_formula() -> None:
    only = Evidence(np.array([[0.02**-2]]), np.array([0.06 * 0.02**-2]))
    (after,) = differing.believe([Belief(0.02, 0.02)], [Axes((), (), ())], [only])
    assert (after.mean, after.sd) == pytest.approx((0.04, 0.02 / np.sqrt(2)))
    mean, sd = after.on_units(np.zeros((3, 0)))
    assert mean == pytest.approx(np.full(3, after.mean)) and sd == pytest.approx(np.full(3, after.sd))


def test_a_little_data_leaves_all_units_nearly_alike() -> None:
    axes, found, effect = told(np.random.default_rng(0), 400, 0.03, 0.0)
    (after,) = differing.believe([PRIOR], [axes], [found])
    weight = [PRIOR.sd**-2, effect.se**-2]
    assert after.mean == pytest.approx(np.average([PRIOR.mean, effect.estimate], weights=weight), abs=0.004)
    assert after.slopes is not None and np.abs(after.slopes.mean).max() < 0.01


def test_much_data_finds_whom_the_action_suits_and_whom_it_harms() -> None:
    axes, found, _ = told(np.random.default_rng(1), 60_000, 0.02, 0.04)
    (after,) = differing.believe([Belief(0.03, 0.05)], [axes], [found])
    assert after.slopes is not None
    first, second = after.slopes.mean
    assert first == pytest.approx(0.04, abs=0.01) and second == pytest.approx(0.0, abs=0.01)
    mean, sd = after.on_units(np.array([[35.0, 50.0], [65.0, 50.0]]))
    harms, helps = below_zero(mean, sd)
    assert harms > 0.9 and helps < 0.01
    assert after.mean == pytest.approx(0.02, abs=4 * after.sd)


def test_an_action_without_outcomes_learns_from_others_with_its_aim_whom_contact_suits_but_no_level() -> None:
    axes, found, _ = told(np.random.default_rng(2), 60_000, 0.05, 0.05)
    seen, unseen = differing.believe([PRIOR, PRIOR], [axes, None], [found, None])
    assert seen.slopes is not None and unseen.slopes is not None
    assert unseen.mean == PRIOR.mean and unseen.sd == pytest.approx(PRIOR.sd)
    assert 0.0 < unseen.slopes.mean[0] < seen.slopes.mean[0]


def test_evidence_adds_up_to_what_one_look_at_all_of_it_says() -> None:
    axes, found, _ = told(np.random.default_rng(3), 5_000, 0.02, 0.02)
    half = Evidence(found.precision / 2, found.information / 2)
    (once,) = differing.believe([PRIOR], [axes], [half])
    (twice,) = differing.believe([once], [axes], [half])
    (whole,) = differing.believe([PRIOR], [axes], [found])
    assert twice.mean == pytest.approx(whole.mean) and twice.sd == pytest.approx(whole.sd)
    assert twice.slopes is not None and whole.slopes is not None
    assert twice.slopes.mean == pytest.approx(whole.slopes.mean)


def test_a_prior_that_is_certain_does_not_move() -> None:
    axes, found, _ = told(np.random.default_rng(4), 2_000, 0.1, 0.0)
    (after,) = differing.believe([Belief(0.0, 0.0)], [axes], [found])
    assert (after.mean, after.sd) == (0.0, 0.0)
    assert after.slopes is not None and after.slopes.mean == (0.0, 0.0)


def test_intervals_of_slopes_hold_the_truth_as_often_as_they_say() -> None:
    """Slopes drawn from the prior: the central 80 % hold the true one in about 80 % of companies."""
    rng, inside, runs = np.random.default_rng(5), 0, 120
    size = float(np.hypot(0.1, 0.05))
    for _ in range(runs):
        slope = rng.normal(0.0, size * np.hypot(differing.COMMON_SLOPE, differing.OWN_SLOPE))
        axes, found, _ = told(rng, 3_000, rng.normal(0.1, 0.05), slope)
        (after,) = differing.believe([Belief(0.1, 0.05)], [axes], [found])
        assert after.slopes is not None
        inside += abs(after.slopes.mean[0] - slope) < 1.2816 * after.slopes.covariance[1][1] ** 0.5
    assert 0.68 < inside / runs < 0.92


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=30),
    st.floats(-1e9, 1e9) | st.just(float("nan")),
)
def test_any_figure_is_some_steps_from_the_centre_at_most_three(known: list[float], other: float) -> None:
    axes = Axes.through(("f",), np.array(known)[:, None])
    steps = axes.steps(np.array([[*known, other]]).T)
    assert np.isfinite(steps).all() and np.abs(steps).max() <= 3.0
    assert Axes.read(axes.as_dict()) == axes
    if np.isnan(other):
        assert steps[-1, 0] == 0.0

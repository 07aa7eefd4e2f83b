"""What outcomes teach about actions."""

import json

import numpy as np
import pytest
from kizuna.decisioning.learning.posterior import Outcomes, effects, learn, noise_seen, revive, spread, start
from kizuna.decisioning.learning.priors import FORMS, Form, Prior

TWO = Prior(level=(0.2, 0.2), own_level_sd=(0.3, 0.3), common_level_sd=0.2)


def outcomes(
    rng: np.random.Generator, n: int, *, effect: np.ndarray, power: float, slope: float = 0.0, of_all: float = 0.0
) -> Outcomes:
    """Purchases of customers of whom a third get each of nothing, action 1 and action 2."""
    base = rng.gamma(0.6, 0.25, n) + 0.02
    features = np.column_stack([np.ones(n), rng.standard_normal(n)])
    action = rng.integers(0, 3, n)
    true = Form(power, 0.0).scale(base, np.ones(n), np.zeros(n))
    shift = np.r_[0.0, effect][action] + slope * features[:, 1] * (action == 1)
    bought = rng.poisson(np.maximum(base * (1.0 + of_all) + true * shift, 0.0)).astype(float)
    scales = [form.scale(base, np.ones(n), np.zeros(n)) for form in FORMS]
    return Outcomes(bought, base, base * 1.3, action, features, base[:, None], np.array([0.3]), scales)


def test_one_action_with_known_noise_is_the_normal_normal_formula() -> None:
    n, noise_sd, prior_sd = 40, 0.5, 0.3
    rng = np.random.default_rng(0)
    y = 1.0 + 0.4 + noise_sd * rng.standard_normal(n)
    ones = np.ones(n)
    seen = Outcomes(
        y, ones, ones * noise_sd**2, np.ones(n, dtype=np.int64), ones[:, None], np.zeros((n, 1)), ones[:1], [ones]
    )  # no drift: the forecast is known to be right
    belief = learn(start(Prior((0.1,), (prior_sd,), 0.0), 1, 1), seen)
    weight = n / noise_sd**2
    assert belief.mean(0)[0, 0] == pytest.approx(
        (0.1 / prior_sd**2 + weight * (y - 1).mean()) / (prior_sd**-2 + weight)
    )
    assert belief.covariance(0)[0, 0] == pytest.approx(1 / (prior_sd**-2 + weight))


def test_evidence_is_the_density_of_what_was_seen() -> None:
    rng = np.random.default_rng(1)
    n = 6
    x, y = rng.random(n) + 0.5, rng.standard_normal(n)
    ones = np.ones(n)
    seen = Outcomes(
        y, ones * 0.5, ones, np.ones(n, dtype=np.int64), ones[:, None], np.zeros((n, 1)), ones[:1], [x, 2.0 * x]
    )
    belief = learn(start(Prior((0.3,), (0.4,), 0.0), 1, 2), seen)

    def density(scale: np.ndarray) -> float:
        off = y - 0.5 - 0.3 * scale
        covariance = np.eye(n) + 0.16 * np.outer(scale, scale)
        return float(-0.5 * off @ np.linalg.solve(covariance, off) - 0.5 * np.linalg.slogdet(covariance)[1])

    assert np.diff(belief.log_evidence)[0] == pytest.approx(density(2.0 * x) - density(x))


def test_the_order_of_cycles_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    first, second = (outcomes(rng, 500, effect=np.array([0.3, 0.0]), power=1.0) for _ in range(2))
    begin = start(TWO, 2, 2)
    one, other = learn(learn(begin, first), second), learn(learn(begin, second), first)
    assert one.mean(0) == pytest.approx(other.mean(0))
    assert one.weights == pytest.approx(other.weights)


@pytest.mark.parametrize("power", [1.0, 0.0])
def test_planted_effects_are_found_in_the_form_that_holds(power: float) -> None:
    rng = np.random.default_rng(3)
    belief = start(TWO, 2, 2)
    for _ in range(4):
        belief = learn(belief, outcomes(rng, 8_000, effect=np.array([0.5, -0.2]), power=power, slope=0.3))
    right = int(power == 0.0)
    assert belief.weights[right] > 0.95
    sd = np.sqrt(np.diag(belief.covariance(right))).reshape(2, 2)
    assert np.abs(belief.mean(right) - [[0.5, 0.3], [-0.2, 0.0]]) == pytest.approx(0.0, abs=3 * sd.max())
    assert sd.max() < 0.1


def test_a_good_month_for_all_is_no_effect_of_an_action() -> None:
    rng = np.random.default_rng(4)
    belief = start(TWO, 2, 2)
    for _ in range(4):
        belief = learn(belief, outcomes(rng, 8_000, effect=np.array([0.0, 0.0]), power=1.0, of_all=0.4))
    assert np.abs(belief.mean(0)[:, 0]).max() < 0.1


def test_an_action_never_tried_is_believed_in_by_what_others_did() -> None:
    rng = np.random.default_rng(5)
    seen = outcomes(rng, 20_000, effect=np.array([0.8, 0.8]), power=1.0)
    three = Prior((0.2,) * 3, (0.2,) * 3, common_level_sd=0.4)
    belief = learn(start(three, 2, 2), seen)
    assert 0.5 < belief.mean(0)[2, 0] < belief.mean(0)[0, 0]
    assert belief.covariance(0)[4, 4] > 2 * belief.covariance(0)[0, 0]


def test_spread_is_that_of_draws() -> None:
    rng = np.random.default_rng(6)
    seen = outcomes(rng, 300, effect=np.array([0.3, 0.1]), power=1.0)
    belief = learn(start(TWO, 2, 2), seen)
    features, scales = seen.features[:5], [scale[:5] for scale in seen.scales]
    form = (rng.random(40_000) > belief.weights[0]).astype(int)
    values = np.empty((40_000, 5, 2))
    for one in (0, 1):
        rows = np.flatnonzero(form == one)
        drawn = rng.multivariate_normal(belief.mean(one).ravel(), belief.covariance(one), rows.size).reshape(-1, 2, 2)
        values[rows] = np.einsum("nq,mkq->mnk", features, drawn) * scales[one][:, None]
    assert effects(belief, features, scales) == pytest.approx(values.mean(axis=0), abs=0.01)
    assert spread(belief, features, scales) == pytest.approx(values.std(axis=0), rel=0.03)


def test_a_belief_survives_being_written_down() -> None:
    belief = learn(start(TWO, 2, 2), outcomes(np.random.default_rng(7), 200, effect=np.zeros(2), power=1.0))
    again = revive(json.loads(json.dumps(belief.as_dict())))
    assert again.mean(1) == pytest.approx(belief.mean(1))
    assert again.weights == pytest.approx(belief.weights)


def test_noise_is_measured_on_those_left_alone() -> None:
    seen = outcomes(np.random.default_rng(8), 30_000, effect=np.array([3.0, 3.0]), power=1.0)
    squares, n = noise_seen(seen)
    assert n == (seen.action == 0).sum()
    assert squares / n == pytest.approx(1 / 1.3, rel=0.05)


def test_an_outcome_without_variance_is_refused() -> None:
    seen = outcomes(np.random.default_rng(9), 10, effect=np.zeros(2), power=1.0)
    with pytest.raises(ValueError, match="variance"):
        learn(
            start(TWO, 2, 2),
            Outcomes(
                seen.outcome,
                seen.base,
                np.zeros(10),
                seen.action,
                seen.features,
                seen.drift,
                seen.drift_sd,
                seen.scales,
            ),
        )

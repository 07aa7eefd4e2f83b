"""In the frozen simulated world the learner earns more than doing nothing, on seeds that nobody tuned on."""

import numpy as np
import pytest
from kizuna.benchmarks.deciding.company import Company
from kizuna.benchmarks.deciding.playing import always, play
from kizuna.benchmarks.deciding.world import Twin


@pytest.mark.slow
@pytest.mark.parametrize("twin", ["multiplicative", "additive"])
def test_ten_cycles_earn_more_than_nothing_and_most_of_the_best_fixed_action(twin: Twin) -> None:
    ours, fixed, nothing = [], [], []
    for seed in range(101, 105):
        ours.append(play(Company().decide, customers=5_000, twin=twin, seed=seed).margin)
        nothing.append(play(always(0), customers=5_000, twin=twin, seed=seed).margin)
        fixed.append(max(play(always(k), customers=5_000, twin=twin, seed=seed).margin for k in range(1, 6)))
    gain = np.array(ours) - nothing
    assert (gain > 0).all()
    assert gain.sum() > 0.8 * (np.array(fixed) - nothing).sum()

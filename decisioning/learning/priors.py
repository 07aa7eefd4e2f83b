"""What is believed before any outcome: how strong actions are, how much they differ, and in which form they work."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array


@dataclass(frozen=True)
class Form:
    """One answer to: whom does an action move more?

    `power` 1: an effect grows with what the customer would do anyway; 0: it is the same for all who are still there.
    `tires`: how fast an effect fades with recent contacts. No form is taken for granted: all learn from the same
    outcomes, and each counts as much as it foresaw them (Bayesian model averaging, Hoeting et al. 1999).
    """

    power: float
    tires: float

    def scale(self, base: Array, presence: Array, contacts: Array) -> Array:
        """Per unit, what an effect of 1 means in outcomes; with rested units, the mean of `base` on average.

        `base` is the outcome expected without contact, `presence` the probability that the unit is there at all,
        `contacts` how many it had lately.
        """
        shape = base**self.power * presence ** (1.0 - self.power)
        total = float(shape.sum())
        level = float(base.sum()) / total if total > 0.0 else 0.0
        return np.asarray(level * shape * np.exp(-self.tires * contacts))


FORMS = (Form(1.0, 0.3), Form(0.0, 0.3))


@dataclass(frozen=True)
class Prior:
    """Normal beliefs about effects, in shares of the usual outcome. Each parameter of an action is the sum of what all
    actions have in common and of its own (a hierarchy, Gelman et al. 2013, ch. 5): an outcome of one teaches about
    the others. The first feature is the constant; slopes are for features of about unit spread."""

    level: tuple[float, ...]  #: mean effect of each action
    own_level_sd: tuple[float, ...]
    common_level_sd: float = 0.3
    common_slope_sd: float = 0.1
    own_slope_sd: float = 0.15
    slopes: tuple[float, ...] = ()  #: mean of the slopes that all actions have in common; 0 where none is given

    def moments(self, n_features: int) -> tuple[Array, Array]:
        """Mean and covariance of all parameters, those of the first action first."""
        common = np.diag(np.r_[self.common_level_sd, np.full(n_features - 1, self.common_slope_sd)] ** 2)
        k = len(self.level)
        covariance = np.kron(np.ones((k, k)), common)
        mean = np.zeros((k, n_features))
        mean[:, 0] = self.level
        mean[:, 1 : 1 + len(self.slopes)] = self.slopes
        for action, level_sd in enumerate(self.own_level_sd):
            at = slice(action * n_features, (action + 1) * n_features)
            covariance[at, at] += np.diag(np.r_[level_sd, np.full(n_features - 1, self.own_slope_sd)] ** 2)
        return np.asarray(mean.ravel()), np.asarray(covariance, dtype=np.float64)

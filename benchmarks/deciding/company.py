"""A company in the simulated world that decides by `decisioning/`: what it fits, forecasts, learns and chooses."""

from dataclasses import dataclass, field

import numpy as np

from ...decisioning.learning import choice, posterior
from ...decisioning.learning.priors import FORMS, Prior
from ...decisioning.value.buying import BuyingModel, Histories, chance_alive, expected_purchases, fit_buying
from ...decisioning.value.spending import SpendModel, expected_spend, fit_spend
from .playing import Actions
from .world import ACTIONS, COST, CYCLES, DISCOUNT, MARGIN, WEEKS, Array

COUPON = ACTIONS.index("coupon") - 1
LEVEL_SD, SLOPE_SD = 0.15, 0.05  #: how far a forecast without contact may be off, as a share of itself


@dataclass(frozen=True)
class Settings:
    """What was tuned, on seeds from 1000 on."""

    level: float = 0.35  #: prior mean effect of every action alike, in shares of usual purchases
    level_sd: float = 0.3
    engaged: float = 0.1  #: prior mean of the slope on opening mails
    own_slope_sd: float = 0.25
    resting: float = 0.05  #: of the first wave that gets nothing
    tried: float = 0.02  #: of the first wave that gets an action which is too dear by what is expected of it
    first_boldness: float = 0.2
    boldness: float = 0.3
    floor: float = 0.0
    draws: int = choice.DRAWS


@dataclass
class _Now:
    """What the company knows and forecasts at one moment."""

    base: Array
    variance: Array
    features: Array
    scales: list[Array]
    worth: Array  #: of one more purchase, in dollars, per action
    cost: Array


@dataclass
class Company:
    """A policy for `playing.play`: `decide` learns from what the last cycle brought, then chooses."""

    settings: Settings = field(default_factory=Settings)
    buying: BuyingModel | None = None
    spending: SpendModel | None = None
    belief: posterior.Posterior | None = None
    _redeemed: tuple[float, float] = (12.0, 20.0)  #: purchases with a coupon in use: of 20 imagined ones, 12
    _noise: tuple[float, float] = (50.0, 50.0)
    _usual: tuple[Array, Array] | None = None  #: mean and spread of the features when the campaign began
    _last: tuple[dict[str, Array], _Now, Actions, Array] | None = None

    def decide(self, seen: dict[str, Array], cycle: int, rng: np.random.Generator) -> Actions:
        """One action per customer."""
        if self._last is not None:
            self._learn(seen)
        now = self._forecast(seen, cycle)
        if self.belief is None:
            self.belief = posterior.start(_prior(self.settings), now.features.shape[1], len(FORMS))
        expected = np.maximum(posterior.effects(self.belief, now.features, now.scales), 0.0)
        actions = self._choose(now, cycle, rng)
        self._last = ({k: v.copy() for k, v in seen.items()}, now, actions, expected)
        return actions

    def _choose(self, now: _Now, cycle: int, rng: np.random.Generator) -> Actions:
        assert self.belief is not None
        own, n = self.settings, now.base.size
        drawn = choice.draw(self.belief, rng, own.draws, own.boldness if cycle else own.first_boldness)
        able = np.ones(now.cost.shape, dtype=np.bool_)
        # Before any outcome, whoever may have much to gain in one form or the other shows which form holds.
        scales = now.scales if cycle else [np.maximum.reduce(now.scales)] * len(FORMS)
        stake = choice.Stake(now.features, scales, now.worth, now.cost, able)
        trials = self._trials(stake) if cycle == 0 else None
        actions, _ = choice.decide(drawn, stake, rng.random(n), 0.0 if cycle == CYCLES - 1 else own.floor, trials)
        if cycle == 0:
            actions = np.where(rng.random(n) < own.resting, 0, actions)
        return actions

    def _trials(self, stake: choice.Stake) -> choice.Trials:
        assert self.belief is not None
        expected = posterior.effects(self.belief, stake.features, stake.scales) * stake.worth
        spread = posterior.spread(self.belief, stake.features, stake.scales) * stake.worth
        return choice.plan_trials(expected, spread, stake.cost, stake.eligible, self.settings.tried, share=0.5)

    def _learn(self, seen: dict[str, Array]) -> None:
        assert self._last is not None and self.belief is not None
        before, then, actions, expected = self._last
        could = before["subscribed"] > 0
        bought = seen["repeats"] - before["repeats"]
        with_coupon = could & (actions == COUPON + 1)
        used = (seen["with_discount"] - before["with_discount"])[with_coupon].sum()
        self._redeemed = (self._redeemed[0] + used, self._redeemed[1] + bought[with_coupon].sum())
        foreseen = np.column_stack([np.zeros(actions.size), expected])[np.arange(actions.size), actions]
        drift = np.column_stack([np.ones(actions.size), np.log(then.base / then.base.mean()), then.features[:, 1:]])
        drift *= then.base[:, None]
        outcomes = posterior.Outcomes(
            bought[could],
            then.base[could],
            (then.variance + foreseen)[could],
            actions[could],
            then.features[could],
            drift[could],
            np.r_[LEVEL_SD, np.full(drift.shape[1] - 1, SLOPE_SD)],
            [scale[could] for scale in then.scales],
        )
        squares, n = posterior.noise_seen(outcomes)
        self._noise = (self._noise[0] + squares, self._noise[1] + n)
        self.belief = posterior.learn(self.belief, outcomes, self._noise[0] / self._noise[1])

    def _forecast(self, seen: dict[str, Array], cycle: int) -> _Now:
        repeats = seen["repeats"]
        histories = Histories.of(repeats, np.where(repeats > 0, seen["last"], 0.0), seen["age"])
        if self.buying is None or self.spending is None:
            self.buying, self.spending = fit_buying(histories, "bg"), fit_spend(repeats, seen["mean_spend"])
        model = self.buying
        base = np.maximum(expected_purchases(model, histories, WEEKS), 1e-6)
        variance = base + base**2 / (model.r + repeats) + 0.003  # a negative binomial's; nobody is certain to be gone
        spend = expected_spend(self.spending, repeats, seen["mean_spend"])
        present = chance_alive(model, histories)
        scales = [form.scale(base, present, seen["contacts_recently"]) for form in FORMS]
        redeemed = DISCOUNT * self._redeemed[0] / self._redeemed[1]
        margin = np.full(len(ACTIONS) - 1, MARGIN)
        margin[COUPON] -= redeemed
        sooner = MARGIN * (1.0 - _stays(model, histories, WEEKS * (CYCLES - 1 - cycle)))
        cost = np.tile(COST[1:], (base.size, 1))
        cost[:, COUPON] += base * spend * redeemed  # what would have been bought anyway
        worth = spend[:, None] * (margin - sooner[:, None])
        features = _features(seen, model, spend)
        if self._usual is None:
            self._usual = _usual(features)
        return _Now(base, variance, (features - self._usual[0]) / self._usual[1], scales, worth, cost)


def _prior(own: Settings) -> Prior:
    """The same for every action: the company knows what they cost, not which works."""
    k = len(ACTIONS) - 1
    return Prior(
        (own.level,) * k, (own.level_sd,) * k, own.level_sd, own_slope_sd=own.own_slope_sd, slopes=(own.engaged,)
    )


def _features(seen: dict[str, Array], model: BuyingModel, spend: Array) -> Array:
    """The constant, then figures of about unit spread: shares are pulled to what is usual where little was seen."""
    repeats, rate = seen["repeats"], (model.r + seen["repeats"]) / (model.alpha + seen["age"])
    opens = (seen["opens"] + 3.0) / (seen["mails"] + 10.0)
    discounts = (seen["with_discount"] + 0.9) / (repeats + 4.0)
    bought_a = (seen["bought_a"] + 1.0) / (repeats + 3.0)
    overdue = (seen["age"] - seen["last"]) * rate - 1.0
    return np.column_stack(
        [
            np.ones(repeats.size),
            (opens - 0.3) / 0.1,
            (bought_a - 0.5) / 0.15,
            (discounts - 0.3) / 0.12,
            np.clip(2.0 * np.log(spend / np.median(spend)), -2.0, 3.0),
            np.clip(overdue, -1.0, 2.0),
            np.clip(seen["contacts_recently"] - 1.0, -1.0, 2.0),
        ]
    )


def _usual(features: Array) -> tuple[Array, Array]:
    """Mean and spread, so that an action's level is what it does on average; contacts are counted as they are."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    mean[[0, -1]], spread[[0, -1]] = 0.0, 1.0
    return mean, np.where(spread > 0.0, spread, 1.0)


def _stays(model: BuyingModel, histories: Histories, weeks: float) -> Array:
    """The share of a purchase that is more, not only sooner: who buys has a chance to leave, and with it goes what
    they would have bought until the end. Over a few rates and chances around the customer's own expectation."""
    rate = (model.r + histories.repeats) / (model.alpha + histories.age)
    leaves = model.a / (model.a + model.b + histories.repeats)
    total, weight = np.zeros(rate.size), 0.0
    for times, often in ((0.3, 0.3), (0.9, 0.4), (1.8, 0.3)):
        for factor, likely in ((0.4, 0.35), (1.0, 0.4), (1.9, 0.25)):
            total += times * often * likely * np.exp(-times * rate * np.clip(factor * leaves, 0.0, 1.0) * weeks)
            weight += times * often * likely
    return np.asarray(total / weight)

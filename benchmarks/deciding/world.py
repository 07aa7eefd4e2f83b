"""A simulated customer base, calibrated on CDNOW, on which policies are compared. Frozen before a learner was tuned.

Customers buy and leave as BG/NBD says, with the parameters fitted on the full CDNOW data, and spend as Gamma-Gamma
says. What no policy can see: the rate, the chance to leave after a purchase, whether they are still there, how they
respond, what they like, how much a discount matters to them. What it sees are the past and noisy traces of these.

Six actions. Mail A and mail B work on those who like A or B; a coupon on those who mind the price, and costs its
discount on what would have been bought anyway too; a text message on those who are overdue; a perk on those who
spend much. One customer in ten is put off by any contact. Contacts tire, and each can make somebody unsubscribe.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Twin = Literal["multiplicative", "additive"]

ACTIONS = ("none", "mail_a", "mail_b", "coupon", "text", "perk")
COST = np.array([0.0, 0.01, 0.01, 0.02, 0.30, 1.00])  #: dollars a contact, without the coupon's discount
WEEKS, CYCLES, BURN_IN = 4.0, 10, 39.0
MARGIN, DISCOUNT = 0.40, 0.10
#: BG/NBD and Gamma-Gamma of the full CDNOW data, in weeks and dollars.
R, ALPHA, A, B = 0.2516, 4.7890, 0.7234, 2.1611
P, Q, GAMMA = 6.275, 3.624, 14.984
#: The lift in purchases of somebody who responds as the average customer does and whom the action suits best.
#: Sized after Hillstrom, where a mail moved visits by 43 % and 72 % and conversions by 54 % and 119 %.
LIFT = np.array([0.0, 1.0, 0.7, 1.6, 2.4, 3.6])
#: The same in purchases a week, for the twin whose effects do not grow with the customer's own rate.
ADDED = 0.02 * LIFT
TIRES, RECOVERS = 0.35, 0.6  #: lift lost a recent contact; share of the tiredness left after a cycle
PUT_OFF = 0.10  #: share of customers for whom every contact does harm
UNSUBSCRIBES = 0.004  #: chance a contact, of the least responsive, rested; grows with tiredness


@dataclass
class World:
    """All customers at one moment; `step` takes them four weeks further."""

    twin: Twin
    rate: Array
    leaves: Array
    spend: Array
    response: Array  #: mean 1 over those not put off, negative for those who are
    likes_a: Array
    minds_price: Array
    alive: NDArray[np.bool_]
    subscribed: NDArray[np.bool_]
    tired: Array
    repeats: Array
    last: Array
    age: Array
    paid: Array  #: sum over repeats
    traces: dict[str, Array] = field(default_factory=dict)
    cycle: int = 0

    def observed(self) -> dict[str, Array]:
        """What a company knows. Everything a policy may look at."""
        mean = np.divide(self.paid, self.repeats, out=np.full(self.paid.shape, np.nan), where=self.repeats > 0)
        known = {"repeats": self.repeats, "last": self.last, "age": self.age, "mean_spend": mean}
        return {**known, "subscribed": self.subscribed.astype(float), **self.traces}

    def effect(self) -> Array:
        """Customers x actions: by how much an action would change the rate of purchases, in purchases a week."""
        overdue = np.clip((self.age - self.last) * self.rate - 0.5, 0.0, 1.0)
        rich = np.clip(self.spend / 70.0 - 0.5, 0.0, 1.0)
        likes_b, minds = 1.0 - self.likes_a, np.clip(2.0 * self.minds_price - 0.5, 0.0, 1.0)
        mail_a, mail_b = 0.2 + 0.8 * self.likes_a, 0.2 + 0.8 * likes_b
        suits = np.column_stack([np.zeros(self.rate.size), mail_a, mail_b, minds, overdue, rich])
        strength = (self.response * np.exp(-TIRES * self.tired))[:, None] * suits
        raw = LIFT * self.rate[:, None] * strength if self.twin == "multiplicative" else ADDED * strength
        return np.maximum(raw, -0.9 * self.rate[:, None])

    def margins(self) -> Array:
        """Customers x actions: the exact net margin expected of this cycle, given all that is hidden."""
        margin = np.full((self.rate.size, len(ACTIONS)), MARGIN)
        margin[:, ACTIONS.index("coupon")] -= DISCOUNT * self._redeems()
        bought = _purchases(self.rate[:, None] + self.effect(), self.leaves[:, None], WEEKS)
        return np.asarray(self.alive[:, None] * bought * margin * self.spend[:, None] - COST)

    def values(self) -> Array:
        """Customers x actions: `margins`, and what the rest of the campaign brings without further contact.

        Who buys more now has more chances to leave. Nothing can be sent to those who unsubscribed.
        """
        rest = _purchases(self.rate, self.leaves, WEEKS * (CYCLES - 1 - self.cycle)) * MARGIN * self.spend
        stays = self.alive[:, None] * np.exp(-(self.rate[:, None] + self.effect()) * self.leaves[:, None] * WEEKS)
        value = self.margins() + stays * rest[:, None]
        value[~self.subscribed, 1:] = -np.inf
        return np.asarray(value)

    def step(self, actions: NDArray[np.int64], rng: np.random.Generator) -> Array:
        """Act, live four weeks, and return each customer's margin as it came, costs and discounts taken off."""
        everyone = np.arange(self.rate.size)
        acts = np.where(self.subscribed, actions, 0)
        rate = self.rate + self.effect()[everyone, acts]
        bought, alive, last = _live(rate, self.leaves, self.alive, WEEKS, rng)
        spent = np.where(bought > 0, rng.gamma(P * np.maximum(bought, 1e-9)) * self.spend / P, 0.0)
        redeems = (acts == ACTIONS.index("coupon")) & (rng.random(rate.size) < self._redeems())
        margin = spent * (MARGIN - DISCOUNT * redeems) - COST[acts]
        contacted = acts > 0
        self._remember(acts, bought, redeems, rng)
        quits = UNSUBSCRIBES * (1.0 + 4.0 * self.tired) * np.where(self.response < 0, 4.0, 1.0)
        self.subscribed &= ~(contacted & (rng.random(rate.size) < quits))
        self.tired = RECOVERS * self.tired + contacted
        self.repeats = self.repeats + bought
        self.last = np.where(bought > 0, self.age + last, self.last)
        self.age, self.paid, self.alive = self.age + WEEKS, self.paid + spent, alive
        self.cycle += 1
        return np.asarray(margin)

    def _redeems(self) -> Array:
        """The share of purchases that a coupon is used for: it also takes from what would have been bought anyway."""
        return np.asarray(0.3 + 0.7 * self.minds_price)

    def _remember(
        self, acts: NDArray[np.int64], bought: Array, redeems: NDArray[np.bool_], rng: np.random.Generator
    ) -> None:
        traces, contacted = self.traces, acts > 0
        opens = contacted & (rng.random(acts.size) < _open_rate(self.response))
        traces["mails"], traces["opens"] = traces["mails"] + contacted, traces["opens"] + opens
        traces["contacts_recently"] = RECOVERS * traces["contacts_recently"] + contacted
        a = rng.binomial(bought.astype(np.int64), self.likes_a)
        traces["bought_a"] = traces["bought_a"] + a
        traces["with_discount"] = traces["with_discount"] + np.where(redeems, bought, 0.0)
        traces["recent_purchases"] = 0.5 * traces["recent_purchases"] + bought


def make_world(customers: int, twin: Twin, rng: np.random.Generator) -> World:
    """A base of customers at the end of 39 weeks in which nobody was contacted but for ten newsletters to all."""
    rate = rng.gamma(R, 1.0 / ALPHA, customers)
    leaves = rng.beta(A, B, customers)
    spend = P / rng.gamma(Q, 1.0 / GAMMA, customers)
    response = rng.gamma(2.0, 0.5, customers)
    response = np.where(rng.random(customers) < PUT_OFF, -0.5 * response, response)
    likes_a, minds_price = rng.beta(1.2, 1.2, customers), rng.beta(1.0, 2.0, customers)
    joined = rng.uniform(0.0, 12.0, customers)  # CDNOW's cohort came in twelve weeks
    age = BURN_IN - joined
    repeats, alive, last = _live(rate, leaves, np.ones(customers, dtype=bool), age, rng)
    paid = np.where(repeats > 0, rng.gamma(P * np.maximum(repeats, 1e-9)) * spend / P, 0.0)
    world = World(
        twin, rate, leaves, spend, response, likes_a, minds_price, alive, np.ones(customers, dtype=bool),
        np.zeros(customers), repeats, last, age, paid,
    )  # fmt: skip
    purchases = (repeats + 1).astype(np.int64)  # the first one leaves its traces too
    world.traces = {
        "mails": np.full(customers, 10.0),
        "opens": rng.binomial(10, _open_rate(response)).astype(float),
        "contacts_recently": np.zeros(customers),
        "bought_a": rng.binomial(purchases, likes_a).astype(float),
        "with_discount": rng.binomial(purchases, 0.1 + 0.6 * minds_price).astype(float),
        "recent_purchases": np.where(age - last < 8.0, np.minimum(repeats, 2), 0).astype(float),
    }
    return world


def _open_rate(response: Array) -> Array:
    return np.clip(0.12 + 0.18 * response, 0.02, 0.9)


def _purchases(rate: Array, leaves: Array, weeks: float) -> Array:
    """Purchases expected of somebody alive: at `rate` a week, ending after each with chance `leaves`."""
    return np.asarray(-np.expm1(-rate * leaves * weeks) / np.maximum(leaves, 1e-12))


def _live(
    rate: Array, leaves: Array, alive: NDArray[np.bool_], weeks: Array | float, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_], Array]:
    """Purchases in the time, who is still there, and when the last purchase was (0 without one)."""
    now, bought, last = np.zeros(rate.size), np.zeros(rate.size), np.zeros(rate.size)
    active, there = alive.copy(), alive.copy()
    while active.any():
        now = now + rng.exponential(1.0, rate.size) / np.maximum(rate, 1e-12)
        buys = active & (now < weeks)
        bought, last = bought + buys, np.where(buys, now, last)
        quits = buys & (rng.random(rate.size) < leaves)
        there &= ~quits
        active = buys & ~quits
    return bought, there, last

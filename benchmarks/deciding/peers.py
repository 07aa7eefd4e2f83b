"""What a learner is measured beside: rules of thumb, bandits that pool too little or too much, a learner per action."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from .ceiling import features
from .playing import Actions
from .world import ACTIONS, Array

_K = len(ACTIONS)


def rules_of_thumb(seen: dict[str, Array], _cycle: int, _rng: np.random.Generator) -> Actions:
    """The usual ones by recency, frequency and money, which nobody checked: the best get a perk, who went quiet a
    coupon, who is long gone a text, everybody else this month's mail."""
    quiet, repeats = seen["age"] - seen["last"], seen["repeats"]
    chosen = np.full(repeats.size, ACTIONS.index("mail_b"))
    chosen = np.where(quiet > 8.0, ACTIONS.index("coupon"), chosen)
    chosen = np.where(quiet > 26.0, ACTIONS.index("text"), chosen)
    return np.where((repeats >= 3) & (quiet <= 8.0), ACTIONS.index("perk"), chosen)


def informed_rules(seen: dict[str, Array], _cycle: int, _rng: np.random.Generator) -> Actions:
    """Written by somebody who knows how this world works, which no company does: rest who was just
    contacted; text the overdue, a perk for the rich, a coupon for who uses them, else the mail that fits what they
    bought."""
    repeats = seen["repeats"]
    usual_gap = seen["last"] / np.maximum(repeats, 1.0)
    overdue = (repeats >= 2) & (seen["age"] - seen["last"] > 2.0 * usual_gap) & (seen["age"] - seen["last"] < 26.0)
    rich = (repeats >= 2) & (np.nan_to_num(seen["mean_spend"]) > 60.0)
    saver = seen["with_discount"] / (repeats + 1.0) > 0.6
    taste = np.where(seen["bought_a"] / (repeats + 1.0) >= 0.5, ACTIONS.index("mail_a"), ACTIONS.index("mail_b"))
    chosen = np.where(saver, ACTIONS.index("coupon"), taste)
    chosen = np.where(rich, ACTIONS.index("perk"), chosen)
    chosen = np.where(overdue, ACTIONS.index("text"), chosen)
    return np.where(seen["contacts_recently"] > 1.5, 0, chosen)


@dataclass
class SegmentThompson:
    """Normal Thompson sampling (Thompson 1933) of the margin per segment and action; one segment makes it global."""

    segments: int
    total: Array = field(init=False)
    squares: Array = field(init=False)
    count: Array = field(init=False)

    def __post_init__(self) -> None:
        self.total, self.squares, self.count = (np.zeros((self.segments, _K)) for _ in range(3))

    def decide(self, seen: dict[str, Array], _cycle: int, rng: np.random.Generator) -> Actions:
        """A draw of its own for each customer."""
        if not self.count.sum():
            return rng.integers(0, _K, seen["age"].size)
        overall = self.total.sum() / self.count.sum()
        spread = np.sqrt(max(self.squares.sum() / self.count.sum() - overall**2, 1e-9))
        pooled = self.total.sum(axis=1, keepdims=True) / np.maximum(self.count.sum(axis=1, keepdims=True), 1.0)
        strength = 10.0  #: customers that the segment's mean counts for
        mean = (self.total + strength * pooled) / (self.count + strength)
        sd = spread / np.sqrt(self.count + strength)
        where = self._segment(seen)
        return np.asarray(np.argmax(mean[where] + sd[where] * rng.standard_normal((where.size, _K)), axis=1))

    def learn(self, seen: dict[str, Array], actions: Actions, margin: Array) -> None:
        """Those who unsubscribed got nothing by no choice."""
        could = seen["subscribed"] > 0
        at = (self._segment(seen)[could], actions[could])
        np.add.at(self.total, at, margin[could])
        np.add.at(self.squares, at, margin[could] ** 2)
        np.add.at(self.count, at, 1.0)

    def _segment(self, seen: dict[str, Array]) -> Actions:
        if self.segments == 1:
            return np.zeros(seen["age"].size, dtype=np.int64)
        recency = np.digitize(seen["age"] - seen["last"], [8.0, 26.0])
        frequency = np.digitize(seen["repeats"], [0.5, 2.5])
        return np.asarray(3 * recency + frequency)


@dataclass
class TreesPerAction:
    """A T-learner (Kuenzel et al. 2019) with gradient boosting, one customer in ten left to chance."""

    rows: list[Array] = field(default_factory=list)
    actions: list[Actions] = field(default_factory=list)
    margins: list[Array] = field(default_factory=list)

    def decide(self, seen: dict[str, Array], cycle: int, rng: np.random.Generator) -> Actions:
        """The action with the highest predicted margin."""
        n = seen["age"].size
        by_chance = rng.integers(0, _K, n)
        if not self.rows:
            return by_chance
        x, a, y = np.vstack(self.rows), np.concatenate(self.actions), np.concatenate(self.margins)
        now = features(seen, cycle)
        model = [HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=8, learning_rate=0.08) for _ in range(_K)]
        found = np.column_stack([model[k].fit(x[a == k], y[a == k]).predict(now) for k in range(_K)])
        return np.where(rng.random(n) < 0.1, by_chance, np.argmax(found, axis=1))

    def learn(self, seen: dict[str, Array], actions: Actions, margin: Array) -> None:
        """All that was seen so far."""
        could = seen["subscribed"] > 0
        self.rows.append(features(seen, len(self.rows))[could])
        self.actions.append(actions[could])
        self.margins.append(margin[could])

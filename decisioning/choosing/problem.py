"""An allocation under limits, as arrays: what each pair of action and unit is worth, and what it uses of each limit."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ..arrays import Array, Flags, Indices
from .parity import Parity


@dataclass(frozen=True)
class Limit:
    """At most `limit` in use: each chosen pair of these columns and rows takes one, or what `weight` says.

    `pairs` [k, n] names the pairs that count one by one; `weight` [k, n] what each takes.
    """

    name: str
    limit: float
    counted: Flags
    """By column whether taking it takes one; the last entry, for none (-1), is False."""
    rows: Indices | None = None
    weight: Array | None = None
    pairs: Flags | None = None

    @property
    def counts(self) -> bool:
        """Whether each pair takes one or nothing."""
        return self.weight is None

    @cached_property
    def columns(self) -> list[int]:
        """The columns that count."""
        return [int(j) for j in np.flatnonzero(self.counted)]

    def use(self, shares: Array) -> float:
        """How much is used when `shares` [k, n] of each pair are chosen."""
        if self.weight is not None:
            return float(np.vdot(self.weight, shares))
        if self.pairs is not None:
            return float(sum(shares[j, self.pairs[j]].sum() for j in self.columns))
        return float(sum(shares[j].sum() if self.rows is None else shares[j, self.rows].sum() for j in self.columns))

    def each(self, columns: Indices, rows: Indices) -> Array:
        """What each of these pairs uses; column -1, nothing, uses nothing."""
        if self.weight is not None:
            return np.where(columns >= 0, self.weight[columns, rows], 0.0)
        counts = self.counted[columns]
        if self.pairs is not None:
            counts = counts & self.pairs[columns, rows]
        if self.rows is not None:
            counts = counts & np.isin(rows, self.rows)
        return counts.astype(np.float64)

    def charge(self, net: Array, price: float) -> None:
        """Take the price off the value of each pair that uses the limit, in place."""
        if self.weight is not None:
            net -= price * self.weight
            return
        for j in self.columns:
            if self.pairs is not None:
                net[j, self.pairs[j]] -= price
            elif self.rows is None:
                net[j] -= price
            else:
                net[j, self.rows] -= price

    def of(self, picked: Flags, place: Indices, limit: float) -> "Limit":
        """For some of the units, which stand at these places, and another limit."""
        rows = None if self.rows is None else place[self.rows[picked[self.rows]]]
        weight = None if self.weight is None else self.weight[:, picked]
        pairs = None if self.pairs is None else self.pairs[:, picked]
        return Limit(self.name, limit, self.counted, rows, weight, pairs)


@dataclass(frozen=True)
class _Family:
    """Limits on the same columns and different units, as reps have: one array says whose limit a unit is under."""

    at: list[int]
    """Which limits these are."""
    columns: list[int]
    code: Indices
    """By unit, the place in `at`; -1 is under none."""

    def charge(self, net: Array, prices: Array) -> None:
        charges = np.append(prices[self.at], 0.0)[self.code]
        for j in self.columns:
            net[j] -= charges

    def used(self, shares: Array) -> Array:
        under = np.bincount(self.code + 1, weights=shares[self.columns].sum(axis=0), minlength=len(self.at) + 1)
        return under[1:].astype(np.float64)


@dataclass(frozen=True)
class Problem:
    """Values by action and unit [k, n], minus infinity where the pair is not allowed."""

    value: Array
    limits: tuple[Limit, ...]
    parities: tuple[Parity, ...] = ()

    @property
    def n_prices(self) -> int:
        """One per limit, then those of each parity."""
        return len(self.limits) + sum(parity.n_prices for parity in self.parities)

    def of_parities(self, prices: Array) -> list[Array]:
        """The part of the prices that belongs to each parity."""
        ends = np.cumsum([len(self.limits), *(parity.n_prices for parity in self.parities)])
        return [prices[start:end] for start, end in pairwise(ends.tolist())]

    def rooms(self) -> Array:
        """What each price pays for."""
        return np.concatenate([[limit.limit for limit in self.limits], *(parity.room() for parity in self.parities)])

    def net(self, prices: Array) -> Array:
        """Values after paying for what is scarce."""
        net = self.value.copy()
        for family in self._families:
            if prices[family.at].any():
                family.charge(net, prices)
        for at in self._alone:
            if prices[at]:
                self.limits[at].charge(net, float(prices[at]))
        for parity, own in zip(self.parities, self.of_parities(prices), strict=True):
            net -= parity.charges(own)
        return net

    def used(self, shares: Array) -> Array:
        """What `shares` [k, n] of each pair use of what each price pays for."""
        of_limits = np.zeros(len(self.limits))
        for family in self._families:
            of_limits[family.at] = family.used(shares)
        for at in self._alone:
            of_limits[at] = self.limits[at].use(shares)
        return np.concatenate([of_limits, *(parity.used(shares) for parity in self.parities)])

    def of(self, picked: Flags, limits: Array, parities: tuple[Parity, ...]) -> "Problem":
        """For some of the units, under these limits and parities."""
        place = np.cumsum(picked) - 1
        own = tuple(one.of(picked, place, float(most)) for one, most in zip(self.limits, limits, strict=True))
        return Problem(self.value[:, picked], own, parities)

    @cached_property
    def _families(self) -> list[_Family]:
        alike: dict[bytes, list[int]] = {}
        for at, limit in enumerate(self.limits):
            if limit.rows is not None and limit.pairs is None and limit.counts:
                alike.setdefault(limit.counted.tobytes(), []).append(at)
        found = []
        for members in alike.values():
            code = np.full(self.value.shape[1], -1, dtype=np.int64)
            for place, at in enumerate(members):
                code[self.limits[at].rows] = place
            if (code >= 0).sum() == sum(_size(self.limits[at].rows) for at in members):
                found.append(_Family(members, self.limits[members[0]].columns, code))
        return found

    @cached_property
    def _alone(self) -> list[int]:
        together = {at for family in self._families for at in family.at}
        return [at for at in range(len(self.limits)) if at not in together]


def _size(rows: Indices | None) -> int:
    return 0 if rows is None else rows.size

"""A short rule that picks out given units: at most three comparisons, with round numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..table import Bools, Floats

#: Half the memory of doubles; they only count.
Singles = NDArray[np.float32]

_MOST_CONDITIONS = 3
_BEAM = 12
_STEPS = np.arange(0.05, 1.0, 0.05)
#: A further comparison must be worth its words.
_WORTH_ADDING = 0.02


@dataclass(frozen=True)
class Comparison:
    """`name >= line`, or `name <= line`; column is the name's place among the figures."""

    name: str
    column: int
    is_floor: bool
    line: float

    @property
    def text(self) -> str:
        return f"{self.name} {'>=' if self.is_floor else '<='} {self.line:.12g}"

    def fits(self, figures: Floats) -> Bools:
        """Unknown never fits."""
        column = figures[:, self.column]
        found: Bools = column >= self.line if self.is_floor else column <= self.line
        return found


@dataclass(frozen=True)
class Quality:
    """How well a rule reproduces the units that it describes."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def describe(wanted: Bools, figures: Floats, names: Sequence[str]) -> tuple[Comparison, ...]:
    """The comparisons, joined by `and`, that come closest to the wanted units (by F1; a beam search)."""
    choices = [choice for column, name in enumerate(names) for choice in _choices(figures[:, column], name, column)]
    if not choices or not wanted.any():
        return ()
    fits: Singles = np.array([choice.fits(figures) for choice in choices], dtype=np.float32)
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    best = beam[0]
    for _ in range(_MOST_CONDITIONS):
        beam = _longer(beam, fits, wanted)
        if not beam or beam[0][0] < best[0] + _WORTH_ADDING:
            break
        best = beam[0]
    return tuple(choices[number] for number in sorted(best[1], key=lambda number: choices[number].column))


def fits_all(rule: Sequence[Comparison], figures: Floats) -> Bools:
    found = np.ones(len(figures), dtype=bool)
    for comparison in rule:
        found &= comparison.fits(figures)
    return found


def quality(chosen: Bools, wanted: Bools) -> Quality:
    both = int((chosen & wanted).sum())
    return Quality(both / max(int(chosen.sum()), 1), both / max(int(wanted.sum()), 1))


def _longer(
    beam: list[tuple[float, tuple[int, ...]]], fits: Singles, wanted: Bools
) -> list[tuple[float, tuple[int, ...]]]:
    found: dict[tuple[int, ...], float] = {}
    total = float(wanted.sum())
    hits = fits * wanted.astype(np.float32)
    for _, rule in beam:
        mask = fits[list(rule)].prod(axis=0) if rule else np.ones(fits.shape[1], dtype=np.float32)
        chosen, right = fits @ mask, hits @ mask
        f1 = 2 * right / np.maximum(chosen + total, 1)
        for number in np.argsort(-f1, kind="stable")[:_BEAM]:
            if int(number) not in rule:
                found[tuple(sorted((*rule, int(number))))] = float(f1[number])
    return sorted(((value, rule) for rule, value in found.items()), key=lambda each: (-each[0], each[1]))[:_BEAM]


def _choices(figures: Floats, name: str, column: int) -> list[Comparison]:
    known = figures[~np.isnan(figures)]
    if not len(known):
        return []
    lines = sorted({_rounded(value) for value in np.quantile(known, _STEPS)})
    return [Comparison(name, column, is_floor, line) for line in lines for is_floor in (True, False)]


def _rounded(value: float) -> float:
    """Two digits that count: what people would write."""
    return float(f"{value:.2g}")

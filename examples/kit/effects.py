"""What messages truly do: rows of a table, each moving one force in a person's life for some time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from .arrays import Bools, Floats, Rows
from .person_state import PersonState

Among: TypeAlias = Mapping[str, Callable[[Any, Rows, int, str], Bools]]
"""Tests of whom an effect is about: (state, persons, day, step) -> which of the persons."""


@dataclass(frozen=True)
class Effect:
    """What one message (task, audience) does."""

    action: str
    force: str
    """What it moves, in the company's own words: orders, cancellation, ..."""
    factor: float
    """The force is multiplied by this for those whom the effect is about, give or take by the person."""
    others: float = 1.0
    """For everybody else."""
    whom: str = "everybody"
    steps: tuple[str, ...] = ()
    """Empty: every step of the action."""
    counts_from: Literal["read", "received"] = "read"
    days: int = 30
    after_days: int = 0
    """It begins so many days later."""


def none_yet(effects: Sequence[Effect], persons: int) -> dict[str, Any]:
    """The columns of the state that hold effects, before anything happened."""
    shape = (len(effects), persons)
    return {
        "effect_factor": np.ones(shape, np.float32),
        "effect_from": np.zeros(shape, np.int32),
        "effect_until": np.zeros(shape, np.int32),
    }


def force(state: PersonState, effects: Sequence[Effect], name: str, day: int) -> Floats:
    """By how much a force is multiplied on a day, for everybody."""
    total: Floats = np.ones(state.persons, np.float32)
    for slot, effect in enumerate(effects):
        if effect.force == name and state.effect_until[slot].any():
            lasting = (state.effect_from[slot] <= day) & (state.effect_until[slot] > day)
            total = np.where(lasting, total * state.effect_factor[slot], total)
    return total


def start(
    state: PersonState, effects: Sequence[Effect], among: Among, key: tuple[str, str, str], person: int, day: int
) -> None:
    """Start what a message does to a person; `key` is (action, step, `read` or `received`).

    The same message again starts it anew; it does not add up. People differ in how much they respond.
    """
    action, step, counts_from = key
    rows = np.array([person])
    for slot, effect in enumerate(effects):
        fits = effect.action == action and effect.counts_from == counts_from
        if not fits or (effect.steps and step not in effect.steps):
            continue
        hit = bool(among[effect.whom](state, rows, day, step)[0])
        factor = effect.factor if hit else effect.others
        begins = day + effect.after_days
        state.effect_factor[slot, person] = max(1 + (factor - 1) * float(state.responds[person]), 0.0)
        state.effect_from[slot, person], state.effect_until[slot, person] = begins, begins + effect.days


def everybody(state: PersonState, rows: Rows, day: int, step: str) -> Bools:
    """An effect that is about everybody."""
    return np.ones(len(rows), np.bool_)

"""What an action truly changes: the same futures lived with its message and without. For tests and benchmarks."""

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import Floats, Rows
from .calendar_days import DAY_SECONDS
from .company import Company, StateKind
from .outbox import Arrival, Way
from .storage import load_state


@dataclass(frozen=True)
class TrueEffect:
    """What one message changes on average, in the outcome's own unit (a probability, or JPY)."""

    action: str
    effect: float
    without: float
    """The outcome without the message."""
    persons: int


def _no_replies(state: object, rows: Rows) -> Sequence[tuple[str, Way, Rows]]:
    return ()


def true_effect(
    company: Company[StateKind],
    folder: Path,
    action: str,
    rows: Rows,
    *,
    outcome: Callable[[StateKind, StateKind], Floats],
    messages: Sequence[tuple[int, str, Way]] = ((0, "message", "mail"),),
    replies: Callable[[StateKind, Rows], Sequence[tuple[str, Way, Rows]]] = _no_replies,
    days: int = 30,
    paths: int = 2,
    seed: int = 0,
) -> TrueEffect:
    """The average true effect on these persons at the end of the written history, not opening included.

    `outcome(before, after)` is each person's. `messages` are (day, step, way), all sent to everybody in `rows`;
    `replies` (state, rows) tells each day what is sent beside them, and to whom: an offer to those who answered.
    Chance is each person's own, so that the difference is what the messages change and nothing else.
    """
    begun = load_state(company.state, folder / "world" / "truth.npz")
    playing = not json.loads((folder / "world" / "company.json").read_text(encoding="ascii"))["no_effect"]
    gains: list[float] = []
    levels: list[float] = []
    for path in range(paths):
        ends = []
        for sent in ((), messages):
            state = copy.deepcopy(begun)
            for day in range(days):
                todays = [(step, way, rows) for when, step, way in sent if when == day]
                todays += replies(state, rows) if sent else ()
                company.live(state, _arrivals(state.day + 1, action, todays), seed + 1000 * (path + 1), playing)
            ends.append(outcome(begun, state)[rows].astype(np.float64))
        gains.append(float(np.mean(ends[1] - ends[0])) if len(rows) else 0.0)
        levels.append(float(np.mean(ends[0])) if len(rows) else 0.0)
    return TrueEffect(action, float(np.mean(gains)), float(np.mean(levels)), len(rows))


def _arrivals(day: int, action: str, todays: Sequence[tuple[str, Way, Rows]]) -> list[Arrival]:
    moment = day * DAY_SECONDS + 3600
    return [
        Arrival(moment, f"<{row}.{action}.{step}.{day}>", row, action, step, way)
        for step, way, rows in todays
        for row in rows.tolist()
    ]

"""What the hidden world knows of every account, as parallel arrays, and the one file it is kept in."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kit.arrays import NEVER, Bools, Bytes, Floats, Hashes, Ints
from ..kit.reactions import Pending
from ..kit.storage import load_state, save_state

SLOTS = 8
"""One per row of `truth.EFFECTS`."""


@dataclass
class State:
    """Days are days since 1970-01-01. Arrays have one entry per account unless they say per contact."""

    day: int
    """The last day that was lived."""

    health: Floats
    health_mean: Floats
    size: Floats
    """Events in 30 days when fully engaged."""
    overlooks: Bools
    features: Bytes
    """Bit k set: uses `company.FEATURES[k]`."""
    reason: Bytes
    """What the account would answer when asked."""
    answer: npt.NDArray[np.int8]
    """What it did answer, or -1."""
    language: Bytes
    plan: Bytes
    seats: Ints
    price: Ints
    quota: Ints
    demand: Floats
    """Reports a month when fully engaged."""
    used: Ints
    used_last_month: Ints
    started: Ints
    renews: Ints
    term: Ints
    """Months of a contract."""
    cancelled: Ints
    unhappy_until: Ints
    first_contact: Ints
    contacts: Bytes
    consent: Bools
    """Per contact."""
    bad_address: Bools
    """Per contact."""
    activity: Bytes
    """Events of each of the last 30 days: row = day % 30."""
    mails: Bytes
    """Mails of each of the last 30 days: row = day % 30."""
    effect_factor: Floats
    effect_until: Ints
    open_tickets: npt.NDArray[np.bytes_]
    open_tickets_close: Ints

    usage_block: int = 0
    """Where the present month begins in usage.csv, in bytes."""
    seen_ids: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    seen_paths: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    pending: list[Pending] = field(default_factory=list)

    @property
    def units(self) -> int:
        """How many accounts there are, cancelled ones included."""
        return len(self.health)

    @property
    def active(self) -> Bools:
        """Accounts that have not cancelled."""
        present: Bools = self.cancelled == NEVER
        return present

    def save(self, path: Path) -> None:
        """Replace the file in one step, so that a crash leaves the old state or the new one."""
        save_state(self, path)


def load(path: Path) -> State:
    """The state as it was saved."""
    return load_state(State, path)


BY_COLUMN = ("activity", "mails", "effect_factor", "effect_until")


def join(parts: list[State]) -> State:
    """One state from the states of consecutive blocks of accounts."""
    columns: dict[str, Any] = {}
    for f in fields(State):
        values = [getattr(part, f.name) for part in parts]
        if isinstance(values[0], np.ndarray):
            columns[f.name] = np.concatenate(values, axis=1 if f.name in BY_COLUMN else 0)
        else:
            columns[f.name] = values[0]
    return State(**columns)

"""How units move on from one cycle to the next: as units like them did in the cycle before."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..arrays import Array, Flags, Indices

NEIGHBOURS = 12


@dataclass(frozen=True)
class Moves:
    """Per kind of outcome and row of today's table, the rows that a unit there may be found at one cycle later."""

    following: Indices
    """[kinds, rows, NEIGHBOURS]"""
    is_known: Flags
    """[kinds]; where nobody had that outcome, a unit stays on its row."""

    def next_row(self, row: Indices, kind: Indices, draws: Array) -> Indices:
        """The next row of each unit, of the NEIGHBOURS by an even draw from [0, 1)."""
        place = np.minimum((draws * NEIGHBOURS).astype(np.int64), NEIGHBOURS - 1)
        return self.following[kind, row, place]


def learn_moves(now: Array, before: Array, arrived: Indices, kind: Indices, kinds: int) -> Moves:
    """The nearest-neighbour bootstrap of Lall & Sharma (1996): whole rows follow each other as they were seen to.

    `now` [rows, d] and `before` [donors, d] describe units in the same units; donor i was at `before[i]` one cycle
    ago, had the outcome `kind[i]` since, and is at row `arrived[i]` today. A unit with an outcome goes where one of
    the donors nearest to it went that had the same: what goes together in a row stays together.
    """
    following = np.repeat(np.arange(now.shape[0])[None, :, None], kinds, axis=0).repeat(NEIGHBOURS, axis=2)
    is_known = np.zeros(kinds, dtype=np.bool_)
    if not before.shape[0]:
        return Moves(following, is_known)
    centre, spread = before.mean(axis=0), before.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    places, donors = (now - centre) / spread, (before - centre) / spread
    for k in range(kinds):
        mine = np.flatnonzero(kind == k)
        if not mine.size:
            continue
        is_known[k] = True
        count = min(NEIGHBOURS, mine.size)
        _, nearest = cKDTree(donors[mine]).query(places, k=count)
        found = arrived[mine[np.asarray(nearest).reshape(now.shape[0], count)]]
        following[k] = found[:, np.arange(NEIGHBOURS) % count]
    return Moves(following, is_known)

"""What could have come out: the probability of every choice of every unit, once chance has its share."""

import numpy as np

from ..arrays import Array, Flags, Indices


def chances(choice: Indices, options: Flags, share: float | Array) -> Array:
    """The probability of each final choice [n, k + 1]: column 0 is nothing, j is action column j - 1; rows sum to 1.

    Each unit is left to chance with probability `share` (one for all, or one per unit), and then draws evenly from
    nothing and its `options` [n, k]; else it gets `choice`. This is the whole distribution that `allocation.explore`
    draws from, given the allocation. Off-policy evaluation needs all of it, not the chosen action's alone
    (Dudík et al. 2014, section 3).
    """
    n = choice.size
    shares = np.broadcast_to(np.asarray(share, dtype=np.float64), (n,))
    if not np.all((shares >= 0.0) & (shares <= 1.0)):
        raise ValueError("a share must lie between 0 and 1")
    open_to = np.column_stack([np.ones(n, dtype=np.float64), options.astype(np.float64)])
    open_to *= (shares / open_to.sum(axis=1))[:, None]
    open_to[np.arange(n), choice] += 1.0 - shares
    return open_to

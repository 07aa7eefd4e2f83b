"""What the hidden world knows of every member of the box, and of those who were members."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kit.arrays import Bools, Bytes, Floats, Ints
from ..kit.person_state import PersonState


@dataclass(kw_only=True)
class BoxState(PersonState):
    """The kit's people, with their subscriptions. Here `left` is the day they cancelled: some come back."""

    plan: Bytes
    """Position among the plans, from small to large."""
    started: Ints
    """The day on which their subscription began; anew where they came back."""
    box_day: Bytes
    """The day of the month on which the box is sent, 1 to 28."""
    paused_until: Ints
    """No box before this day."""
    last_box: Ints
    """The day the last box was sent."""
    replies: Floats
    """How readily they answer a question that they have read: 1 on average."""
    answered: Ints
    """The day on which they last said what is in the way."""
    points: Ints
    paid: npt.NDArray[np.int64]
    """JPY paid in all."""
    referrals_made: Ints
    stays_until: Ints
    """Does not cancel before this day, whatever happens."""

    def is_paused(self, day: int) -> Bools:
        """Who takes a break on a day."""
        paused: Bools = self.paused_until > day
        return paused

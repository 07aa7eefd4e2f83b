"""What the hidden world knows of every member of the studios, and of those who were."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kit.arrays import Bools, Bytes, Floats, Ints
from ..kit.person_state import PersonState


@dataclass(kw_only=True)
class ServiceState(PersonState):
    """The kit's people, with their membership. Who has left does not come back."""

    plan: Bytes
    """Position among the plans, from small to large."""
    bill_day: Bytes
    """The day of the month on which they are charged, 1 to 28."""
    store: Bytes
    agent: Bytes
    """Who answers when they call: position among the staff."""
    looked_after: Floats
    """How likely a task about them is done by the one whose task it is."""
    habit: Floats
    """Visits in 30 days when fully engaged."""
    pace: Floats
    """Visits in about the last 30 days: every day, a thirtieth of it fades."""
    last_visit: Ints
    complained: Ints
    """The day on which they last complained to staff, or -1."""
    points: Ints
    prepays: Bools
    """Has a prepaid ticket, from which small things are paid."""
    prepaid: Ints
    """JPY left on it."""
    paid: npt.NDArray[np.int64]
    """JPY paid in all."""
    orders_made: Ints
    """Besides the membership."""
    referrals_made: Ints
    stays_until: Ints
    """Does not cancel before this day, whatever happens."""
    spared_until: Ints
    """Nothing new makes them unhappy before this day."""

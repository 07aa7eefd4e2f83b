"""Talks with staff, at the counter and on the phone: most are about nothing much, some are complaints."""

import numpy as np

from ..kit.arrays import Bools, Column, Floats, Rows
from ..kit.calendar_days import DAY_SECONDS
from ..kit.chance import Chance, happens
from ..kit.happened import Happened
from .company import STAFF, TALKS
from .state import ServiceState

PHONE, STORE = range(2)
IN, OUT = range(2)
MONTHLY = {"neutral": 0.10, "happy": 0.03, "unhappy": 0.055}
"""How often a member has such a talk in 30 days."""
CALLS = 0.4
"""So many of the talks are on the phone."""
FORGOTTEN_AFTER = (20, 60)
"""Days after which somebody who complained, and was not helped, has got over it: at least, and so many more at most."""


def talk(state: ServiceState, happened: Happened, chance: Chance, engaged: Floats, member: Bools) -> None:
    """The day's talks, each with somebody of the studio or of the call centre."""
    for mood, monthly in MONTHLY.items():
        likely = monthly * (0.4 + engaged) if mood != "happy" else monthly * 2 * engaged
        rows = np.flatnonzero(member & happens(chance.everybody(f"talk/{mood}", state.persons), likely))
        which = np.array([k for k, one in enumerate(TALKS) if one.mood == mood and one.often])
        often = np.cumsum([TALKS[k].often for k in which])
        text = which[np.searchsorted(often, chance.some("about", rows) * often[-1], side="right")]
        calls = chance.some("calls", rows) < CALLS
        moment = happened.day * DAY_SECONDS + 3600 + (chance.some("talk at", rows) * 9 * 3600).astype(np.int64)
        note_down(state, happened, rows, moment, text, calls=calls)
        happened.count(f"{mood}_talks", len(rows))
        if mood == "unhappy":
            least, more = FORGOTTEN_AFTER
            until = happened.day + least + (more * chance.some("forgets", rows)).astype(np.int32)
            state.unhappy_until[rows] = np.maximum(state.unhappy_until[rows], until)
            state.complained[rows] = happened.day


def note_down(
    state: ServiceState, happened: Happened, rows: Rows, moment: Column, text: Column, *, calls: Column
) -> None:
    """Rows for talks that members began."""
    happened.add(
        "staff_contacts",
        person=rows,
        moment=moment,
        text=text,
        channel=np.where(calls, PHONE, STORE),
        direction=np.full(len(rows), IN),
        staff=np.where(calls, state.agent[rows], state.store[rows]).astype(np.int64),
    )


def note_task(happened: Happened, person: int, moment: int, text: int, staff: str) -> None:
    """The row that a member of staff (their mailbox or id) leaves after a task; somebody unknown is the first one."""
    code = next((k for k, member in enumerate(STAFF) if staff in (member[0], member[2])), 0)
    channel = STORE if STAFF[code][4] == "store" else PHONE
    happened.row("staff_contacts", person=person, moment=moment, text=text, channel=channel, direction=OUT, staff=code)

"""Whose mailbox a mail lies in: the addresses of Nagare's customers carry their account's number."""

import re
from pathlib import Path

from ..kit.outbox import Arrival, new_arrivals
from .state import State

_ADDRESS = re.compile(r"[a-z.]+?([23]?)@[a-z]+([0-9]{1,9})\.example")


def new_mails(state: State, outbox: Path, day: int) -> list[Arrival]:
    """What left up to the end of the day and was not seen before, oldest first; remembers it in the state.

    `person` in it is the contact.
    """
    return new_arrivals(state, outbox, day, lambda address: contact_at(state, address))


def contact_at(state: State, address: str) -> int | None:
    """The contact that an address belongs to."""
    match = _ADDRESS.fullmatch(address.strip().lower())
    if not match:
        return None
    account, position = int(match[2]) - 1, int(match[1] or 1) - 1
    if not 0 <= account < state.units or position >= state.contacts[account]:
        return None
    return int(state.first_contact[account]) + position

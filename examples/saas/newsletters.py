"""The company's own monthly newsletter, in the written year: who opened it, who left over it."""

import numpy as np

from ..kit.arrays import NEVER, Bools, Column, Columns, Floats, Ints
from ..kit.calendar_days import DAY_SECONDS, month_of, month_start
from ..kit.reactions import CLICKED
from .history import Year

NEWSLETTER_DAY = 10
KINDS = ("sent", "opened", "clicked", "bounced", "complained", "unsubscribed")


def opens_newsletter(engaged: Floats) -> Floats:
    """How likely an account reads a newsletter: those who went quiet ignore it."""
    likely: Floats = np.float32(0.08) + np.float32(0.42) * engaged
    return likely


def newsletter_days(begin: int, end: int) -> list[int]:
    """The days in [begin, end) on which it goes out."""
    first, last = (int(month_of(np.array([d], np.int32))[0]) for d in (begin, end))
    days = [int(month_start(np.array([m], np.int32))[0]) + NEWSLETTER_DAY - 1 for m in range(first, last + 1)]
    return [day for day in days if begin <= day < end]


def newsletters(rng: np.random.Generator, year: Year) -> Columns:
    """Mail events of the year: the newsletter to primary contacts with consent, and those who unsubscribed."""
    contacts = year.people.contacts
    primary = np.flatnonzero(contacts.position == 0).astype(np.int32)
    parts: list[tuple[Ints, Column, int]] = []
    for day in newsletter_days(year.begins, year.today):
        who = primary[receives(year, primary, day)]
        sent = day * DAY_SECONDS + 3600 + rng.integers(0, 600, len(who))
        parts.append((who, sent, 0))
        bounced = contacts.bad_address[who]
        parts.append((who[bounced], sent[bounced] + 5, 3))
        likely = opens_newsletter(year.engaged[(day - year.begins) // 7, contacts.account[who]])
        later = sent + 600 + rng.integers(0, 6 * 3600, len(who))
        opened = ~bounced & (rng.random(len(who)) < likely)
        parts.append((who[opened], later[opened], 1))
        clicked = opened & (rng.random(len(who)) < CLICKED)
        parts.append((who[clicked], later[clicked] + 60, 2))
    left = np.flatnonzero((contacts.withdrawn != NEVER) & (contacts.withdrawn >= year.begins)).astype(np.int32)
    parts.append((left, contacts.withdrawn[left].astype(np.int64) * DAY_SECONDS + 7200, 5))
    return {
        "contact": np.concatenate([p[0] for p in parts]),
        "moment": np.concatenate([p[1] for p in parts]),
        "kind": np.concatenate([np.full(len(p[0]), p[2], np.uint8) for p in parts]),
    }


def receives(year: Year, primary: Ints, day: int) -> Bools:
    """Primary contacts on the newsletter's list that day."""
    contacts = year.people.contacts
    left = contacts.withdrawn[primary]
    listed = contacts.consented[primary] & (contacts.created[primary] <= day) & ((left == NEVER) | (left > day))
    there: Bools = listed & year.there(day)
    return there

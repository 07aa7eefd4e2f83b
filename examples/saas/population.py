"""Who the fictional customers are: everything about an account that does not move from week to week."""

from dataclasses import dataclass

import numpy as np

from ..kit.arrays import Bools, Bytes, Floats, Ints
from ..kit.calendar_days import tame
from ..kit.names import FAMILY_JA, GIVEN_JA
from .company import FORMS_JA, NEAR_QUOTA_ACCOUNT, QUOTAS, STEMS_JA, TITLES_JA, TRADES

JA = 0
PRICE_RANGES = ((12_000, 18_000), (22_000, 34_000), (40_000, 60_000))

NEW_ONE_IN, NEW_DAYS = 40, 25
"""One account in 40 is in its first month."""


@dataclass
class Contacts:
    """The contacts of a block of accounts; the first of an account is its primary one."""

    account: Ints
    """Index of the contact's account within the block."""
    position: Bytes
    family: Bytes
    given: Bytes
    title: Bytes
    created: Ints
    consented: Bools
    withdrawn: Ints
    """Day of withdrawal, or -1."""
    bad_address: Bools


@dataclass
class Population:
    """A block of accounts with their contacts."""

    first: int
    """Index of the block's first account, from 0."""
    first_contact: int
    started: Ints
    created: Ints
    language: Bytes
    stem: Bytes
    trade: Bytes
    form: Bytes
    country: Bytes
    source: Bytes
    rep: Bytes
    employees: Ints
    plan: Bytes
    seats: Ints
    price: Ints
    quota: Ints
    term: Ints
    overlooks: Bools
    features: Bytes
    reason: Bytes
    health_mean: Floats
    size: Floats
    demand: Floats
    contacts: Contacts
    guest_of_honour: int | None
    """Where A000480 stands in this block."""

    @property
    def size_of_block(self) -> int:
        """How many accounts."""
        return len(self.started)


def draw_population(rng: np.random.Generator, first: int, first_contact: int, n: int, today: int) -> Population:
    """`n` accounts from number `first` on, as they are before the written year begins."""
    plan = rng.choice(3, n, p=(0.45, 0.45, 0.10)).astype(np.uint8)
    low, high = np.array(PRICE_RANGES, np.float64)[plan].T
    overlooks = rng.random(n) < 0.52
    started = tame((today - 60 - 420 * rng.random(n) ** 1.6).astype(np.int32))
    new = np.arange(first, first + n) % NEW_ONE_IN == NEW_ONE_IN - 1
    started[new] = tame(np.full(n, today - NEW_DAYS, np.int32))[new]
    quota = np.array(QUOTAS, np.int32)[plan]
    people = Population(
        first=first,
        first_contact=first_contact,
        started=started,
        created=started - rng.integers(0, 15, n, np.int32),
        language=(rng.random(n) >= 0.5).astype(np.uint8),
        stem=_code(rng, len(STEMS_JA), n),
        trade=_code(rng, len(TRADES), n),
        form=_code(rng, len(FORMS_JA), n),
        country=_code(rng, 4, n),
        source=_code(rng, 5, n),
        rep=_code(rng, 6, n),
        employees=(np.array((8, 30, 120))[plan] * np.exp(rng.normal(0, 0.5, n))).astype(np.int32) + 1,
        plan=plan,
        seats=(np.array((3, 10, 40))[plan] * rng.uniform(0.5, 1.5, n)).astype(np.int32) + 1,
        price=(np.round((low + (high - low) * rng.random(n)) / 100) * 100).astype(np.int32),
        quota=quota,
        term=np.where(rng.random(n) < 0.85, 3, 12).astype(np.int32),
        overlooks=overlooks,
        features=_features(rng, overlooks),
        reason=_reasons(rng, overlooks),
        health_mean=(rng.normal(0.35, 0.4, n) - 1.6 * overlooks).astype(np.float32),
        size=(16 * np.exp(rng.normal(0, 0.15, n))).astype(np.float32),
        demand=(quota * 0.52 * np.exp(rng.normal(0, 0.5, n))).astype(np.float32),
        contacts=_contacts(rng, started, today),
        guest_of_honour=None,
    )
    guest = NEAR_QUOTA_ACCOUNT - 1 - first
    if 0 <= guest < n:
        _seat_guest(people, guest, today)
    return people


def _code(rng: np.random.Generator, kinds: int, n: int) -> Bytes:
    return rng.integers(0, kinds, n, np.uint8)


def _contacts(rng: np.random.Generator, started: Ints, today: int) -> Contacts:
    n = len(started)
    account = np.repeat(np.arange(n, dtype=np.int32), rng.choice((1, 2, 3), n, p=(0.5, 0.3, 0.2)))
    m = len(account)
    position = np.arange(m) - np.searchsorted(account, account)
    created = started[account] + np.where(position == 0, 0, rng.integers(0, 60, m, np.int32))
    created = np.minimum(created, today - 2).astype(np.int32)
    consented = rng.random(m) < 0.92
    leaves = consented & (rng.random(m) < 0.03)
    withdrawn = created + 1 + ((today - 2 - created) * rng.random(m)).astype(np.int32)
    return Contacts(
        account=account,
        position=position.astype(np.uint8),
        family=_code(rng, len(FAMILY_JA), m),
        given=_code(rng, len(GIVEN_JA), m),
        title=_code(rng, len(TITLES_JA), m),
        created=created,
        consented=consented,
        withdrawn=np.where(leaves, withdrawn, -1).astype(np.int32),
        bad_address=rng.random(m) < 0.005,
    )


def _features(rng: np.random.Generator, overlooks: Bools) -> Bytes:
    """Everybody logs in and makes reports; who overlooks features uses one more at most."""
    wanted = rng.random((len(overlooks), 6)) < np.where(overlooks, 0.08, 0.65)[:, None]
    first = rng.integers(0, 6, len(overlooks))
    wanted[np.arange(len(overlooks)), first] |= ~overlooks
    return np.asarray(3 + (wanted * (4 << np.arange(6))).sum(axis=1), np.uint8)


def _reasons(rng: np.random.Generator, overlooks: Bools) -> Bytes:
    """Answers in the order of `company.ANSWERS`, by how often each is given."""
    shares = np.where(overlooks[:, None], np.cumsum((0.35, 0.15, 0.45)), np.cumsum((0.15, 0.35, 0.10)))
    return np.asarray((rng.random(len(overlooks))[:, None] > shares).sum(axis=1), np.uint8)


def _seat_guest(people: Population, at: int, today: int) -> None:
    """A000480 is what the walk-through needs: Japanese, long-standing, content, and close to its quota."""
    people.guest_of_honour = at
    people.language[at] = JA
    people.stem[at], people.trade[at], people.form[at] = 1, 0, 0
    people.started[at] = people.created[at] = int(tame(np.array([today - 500], np.int32))[0])
    people.plan[at], people.price[at], people.quota[at], people.seats[at] = 1, 32_000, QUOTAS[1], 12
    people.employees[at] = 34
    people.overlooks[at], people.features[at], people.reason[at] = False, 0b1101111, 3
    people.health_mean[at], people.demand[at], people.size[at] = 1.6, 490.0, 7.0
    contacts = people.contacts
    theirs = contacts.account == at
    contacts.consented[theirs], contacts.withdrawn[theirs], contacts.bad_address[theirs] = True, -1, False
    contacts.created[theirs] = people.started[at]
    primary = int(np.flatnonzero(theirs)[0])
    contacts.family[primary], contacts.given[primary], contacts.title[primary] = 3, 8, 1

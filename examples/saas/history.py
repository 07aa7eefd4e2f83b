"""The written year: week by week, the same forces that later move the living world."""

from dataclasses import dataclass, field

import numpy as np

from ..kit.arrays import NEVER, Bools, Bytes, Column, Columns, Floats, Ints, Rows
from ..kit.calendar_days import DAY_SECONDS, WEEKDAY_SHARE, day_of_month, month_of, month_start, weekday
from .company import HAPPY, HOSTILE, NEUTRAL, UNHAPPY
from .population import Population
from .truth import (
    BASE_UPGRADE,
    BASE_UPGRADE_NEAR_QUOTA,
    FRESH_HEALTH,
    NEAR_QUOTA,
    base_hazard,
    drift_health,
    engagement,
    events_in_30_days,
)

WEEKS = 52
OPENING_SECONDS = 9 * 3600
"""Offices work from 09:00 to 18:00 in Tokyo, which is 00:00 to 09:00 UTC."""
GUEST_USED = 480


@dataclass
class Year:
    """What happened to a block of accounts in the year before `today`."""

    people: Population
    today: int
    health: Floats
    engaged: Floats
    """Per week and account."""
    cancelled: Ints
    upgraded: Ints
    unhappy_until: Ints
    tickets: Columns = field(default_factory=dict)

    @property
    def begins(self) -> int:
        """The first day."""
        return self.today - 7 * WEEKS

    def gone_by(self, days: Ints | int, rows: Rows | Ints | slice = slice(None)) -> Bools:
        """Whether the accounts had left by then."""
        gone: Bools = (self.cancelled[rows] != NEVER) & (self.cancelled[rows] <= days)
        return gone

    def there(self, days: Ints | int, rows: Rows | Ints | slice = slice(None)) -> Bools:
        """Whether the accounts were customers on those days."""
        present: Bools = (self.people.started[rows] <= days) & ~self.gone_by(days, rows)
        return present

    def raised(self, days: Ints | int, rows: Rows | Ints | slice = slice(None)) -> Bools:
        """Whether they had been upgraded by then."""
        done: Bools = (self.upgraded[rows] != NEVER) & (self.upgraded[rows] <= days)
        return done


def live_year(rng: np.random.Generator, people: Population, today: int) -> Year:
    """Health, tickets, upgrades and cancellations of a block of accounts."""
    n = people.size_of_block
    fresh = (FRESH_HEALTH + 0.35 * rng.standard_normal(n, np.float32)).astype(np.float32)
    age = np.maximum(today - 7 * WEEKS - people.started, 0).astype(np.float32)
    health = drift_health(fresh, people.health_mean, age, rng.standard_normal(n, np.float32))
    year = Year(
        people,
        today,
        health,
        np.zeros((WEEKS, n), np.float32),
        cancelled=np.full(n, NEVER, np.int32),
        upgraded=np.full(n, NEVER, np.int32),
        unhappy_until=np.full(n, NEVER, np.int32),
    )
    tickets: list[Columns] = []
    for week in range(WEEKS):
        day = year.begins + 7 * week
        drifted = drift_health(year.health, people.health_mean, 7, rng.standard_normal(n, np.float32))
        year.health = np.where(people.started <= day, drifted, fresh)
        if people.guest_of_honour is not None:
            year.health[people.guest_of_honour] = 1.6
        year.engaged[week] = engagement(year.health)
        tickets.append(_open_tickets(rng, year, week, day))
        _leave_or_grow(rng, year, week, day)
    year.tickets = {name: np.concatenate([t[name] for t in tickets]) for name in tickets[0]}
    return year


def _open_tickets(rng: np.random.Generator, year: Year, week: int, day: int) -> Columns:
    """About one account in ten opens a ticket in a month; one in three of those is unhappy."""
    n = year.people.size_of_block
    rows = np.flatnonzero(year.there(day) & (rng.random(n) < 0.10 * 7 / 30))
    if year.people.guest_of_honour is not None:
        rows = rows[rows != year.people.guest_of_honour]
    opened = day + rng.integers(0, 7, len(rows), np.int32)
    group, lasts = draw_tickets(rng, len(rows))
    unhappy = group == UNHAPPY
    year.unhappy_until[rows[unhappy]] = (opened + lasts)[unhappy]
    return {"account": rows, "opened": opened, "closed": opened + lasts, "group": group}


def draw_tickets(rng: np.random.Generator, n: int) -> tuple[Bytes, Ints]:
    """Groups of ticket texts, and after how many days each ticket is closed."""
    draw = rng.random(n)
    group = np.select([draw < 0.32, draw < 0.50, draw < 0.506], [UNHAPPY, HAPPY, HOSTILE], NEUTRAL)
    lasts = np.where(group == UNHAPPY, 2 + rng.exponential(30, n), 1 + rng.exponential(2, n))
    return group.astype(np.uint8), lasts.astype(np.int32)


def _leave_or_grow(rng: np.random.Generator, year: Year, week: int, day: int) -> None:
    people, n = year.people, year.people.size_of_block
    tenure = (day - people.started).astype(np.float32)
    hazard = base_hazard(year.engaged[week], people.features, year.unhappy_until > day, tenure)
    leaves = year.there(day) & (rng.random(n) < 1 - np.exp(-hazard * 7 / 30))
    near = people.demand * (0.5 + 0.5 * year.engaged[week]) >= NEAR_QUOTA * people.quota
    chance = np.where(near, BASE_UPGRADE_NEAR_QUOTA, BASE_UPGRADE) * 7 / 30
    grows = year.there(day) & (year.upgraded == NEVER) & ~leaves & (rng.random(n) < chance)
    if people.guest_of_honour is not None:
        leaves[people.guest_of_honour] = grows[people.guest_of_honour] = False
    when = day + rng.integers(0, 7, n, np.int32)
    year.cancelled = np.where(leaves, when, year.cancelled)
    year.upgraded = np.where(grows, np.maximum(when, people.started + 1), year.upgraded)


def after_upgrade(plan: Bytes, seats: Ints, price: Ints, quota: Ints) -> tuple[Bytes, Ints, Ints, Ints]:
    """The next plan up; on the biggest plan, more seats and twice the quota."""
    top = plan == 2
    price_after = np.where(plan == 0, price * 1.9, price * 1.4)
    return (
        np.minimum(plan + 1, 2).astype(np.uint8),
        np.where(top, seats * 3 // 2, seats).astype(np.int32),
        (np.round(np.minimum(price_after, 120_000) / 100) * 100).astype(np.int32),
        np.where(top, quota * 2, np.where(plan == 0, 500, 2000)).astype(np.int32),
    )


SETBITS = np.array([([b for b in range(8) if mask >> b & 1] + [0] * 8)[:8] for mask in range(256)], np.uint8)
"""The features in a mask, in order."""
BITS = np.array([max(mask.bit_count(), 1) for mask in range(256)], np.uint8)


def draw_features(rng: np.random.Generator, masks: Bytes) -> Bytes:
    """One feature per mask: a login three times in ten, else any the account uses."""
    pick = (rng.random(len(masks)) * BITS[masks]).astype(np.int64)
    feature = np.where(rng.random(len(masks)) < 0.3, 0, SETBITS[masks, pick])
    return feature.astype(np.uint8)


def seconds(rng: np.random.Generator, days: Column) -> Column:
    """A moment within office hours of each day, in seconds since 1970."""
    moments: Column = days.astype(np.int64) * DAY_SECONDS + rng.integers(0, OPENING_SECONDS, len(days))
    return moments


def app_events(rng: np.random.Generator, year: Year) -> Columns:
    """Every use of the app, with the contact who used it."""
    people = year.people
    rate = events_in_30_days(year.engaged, people.size) * np.float32(7 / 30)
    counts = rng.poisson(rate).astype(np.int32)
    week = np.repeat(np.arange(WEEKS, dtype=np.int32), counts.sum(axis=1))
    account = np.concatenate([np.repeat(np.arange(people.size_of_block, dtype=np.int32), c) for c in counts])
    shares = np.roll(WEEKDAY_SHARE, -weekday(year.begins))
    offset = np.searchsorted(np.cumsum(shares), rng.random(len(week)) * 0.999999)
    days = (year.begins + 7 * week + offset).astype(np.int32)
    kept = year.there(days, account)
    account, days = account[kept], days[kept]
    contact = _somebody(rng, people, account)
    return {
        "account": account,
        "contact": contact,
        "feature": draw_features(rng, people.features[account]),
        "moment": seconds(rng, days),
    }


def _somebody(rng: np.random.Generator, people: Population, account: Ints) -> Ints:
    """A contact of each account, by index within the block; the first one of an account uses the app most."""
    counts = np.bincount(people.contacts.account, minlength=people.size_of_block)
    starts = np.cumsum(counts) - counts
    chosen: Ints = (starts[account] + (rng.random(len(account)) ** 1.5 * counts[account])).astype(np.int32)
    return chosen


def invoices(rng: np.random.Generator, year: Year) -> Columns:
    """Monthly invoices, upgrades (the difference in price) and a few add-ons."""
    people, n = year.people, year.people.size_of_block
    first = int(month_of(np.array([year.begins], np.int32))[0])
    parts: list[tuple[Rows, Ints, int, Ints]] = []
    raised_price = after_upgrade(people.plan, people.seats, people.price, people.quota)[2]
    for month in range(first, first + 14):
        due = month_start(np.full(n, month, np.int32)) + day_of_month(people.started) - 1
        rows = np.flatnonzero(year.there(due) & (due >= year.begins) & (due < year.today))
        amount = np.where(year.raised(due), raised_price, people.price)
        parts.append((rows, due[rows], 0, amount[rows].astype(np.int32)))
    rows = np.flatnonzero((year.upgraded != NEVER) & year.there(year.upgraded))
    parts.append((rows, year.upgraded[rows], 1, (raised_price - people.price)[rows]))
    rows = np.flatnonzero(rng.random(n) < 0.05)
    days = (year.begins + rng.integers(0, 7 * WEEKS, len(rows))).astype(np.int32)
    there = year.there(days, rows)
    parts.append((rows[there], days[there], 2, np.full(int(there.sum()), 5_000, np.int32)))
    days = np.concatenate([p[1] for p in parts])
    return {
        "account": np.concatenate([p[0] for p in parts]),
        "moment": days.astype(np.int64) * DAY_SECONDS + 3600,
        "kind": np.concatenate([np.full(len(p[0]), p[2], np.uint8) for p in parts]),
        "amount": np.concatenate([p[3] for p in parts]),
    }


def monthly_usage(rng: np.random.Generator, year: Year) -> Columns:
    """Reports used in each month up to yesterday's."""
    people = year.people
    raised_quota = after_upgrade(people.plan, people.seats, people.price, people.quota)[3]
    last = int(month_of(np.array([year.today - 1], np.int32))[0])
    parts: list[tuple[Rows, Ints, Ints, Ints]] = []
    for month in range(last - 11, last + 1):
        begin, end = (int(month_start(np.array([m], np.int32))[0]) for m in (month, month + 1))
        end = min(end, year.today)
        rows = np.flatnonzero((people.started < max(end, begin + 1)) & ~year.gone_by(begin - 1))
        week = min(max((begin + end) // 2 - year.begins, 0) // 7, WEEKS - 1)
        expected = people.demand[rows] * (0.5 + 0.5 * year.engaged[week, rows]) * (end - begin) / 30
        quota = np.where(year.raised(end, rows), raised_quota[rows], people.quota[rows]).astype(np.int32)
        used = np.minimum(rng.poisson(expected), quota).astype(np.int32)
        if month == last and people.guest_of_honour is not None:
            used[rows == people.guest_of_honour] = GUEST_USED
        parts.append((rows, np.full(len(rows), begin, np.int32), used, quota))
    names = ("account", "month", "used", "quota")
    return {name: np.concatenate([p[k] for p in parts]) for k, name in enumerate(names)}

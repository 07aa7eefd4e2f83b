"""One day of the hidden world, without files: the state moves on and the day's rows come out."""

import zlib

import numpy as np

from ..kit.arrays import NEVER, WINDOW_DAYS, Bytes, Column, Floats, Ints, Rows
from ..kit.calendar_days import DAY_SECONDS, WEEKDAY_SHARE, add_months, day_of_month, to_date, weekday
from ..kit.outbox import Arrival
from ..kit.reactions import CLICKED
from ..kit.rows import iso, iso_day
from .company import FEATURES, PLANS, UNHAPPY
from .history import draw_features, draw_tickets, seconds
from .newsletters import NEWSLETTER_DAY, opens_newsletter
from .reactions import AccountReactions, Happened, upgrade
from .state import State
from .texts import closed_at, ticket_line
from .truth import (
    BASE_UPGRADE,
    BASE_UPGRADE_NEAR_QUOTA,
    drift_health,
    engagement,
    events_in_30_days,
    near_quota,
    state_hazard,
)


def simulate_day(state: State, mails: list[Arrival], *, seed: int, effects: bool) -> Happened:
    """Live the day after `state.day`, with these mails in the customers' mailboxes."""
    day = state.day + 1
    happened = Happened(day, to_date(day).strftime("%Y%m%d"))
    state.activity[day % WINDOW_DAYS] = 0
    state.mails[day % WINDOW_DAYS] = 0
    AccountReactions(state, happened, seed, effects).play(mails)
    noise = _rng(seed, day, "health").standard_normal(state.units, np.float32)
    state.health = drift_health(state.health, state.health_mean, 1, noise)
    engaged = engagement(state.health)
    _newsletter(state, happened, engaged, _rng(seed, day, "newsletter"))
    _tickets(state, happened, _rng(seed, day, "tickets"))
    _use(state, happened, engaged, _rng(seed, day, "use"))
    _grow(state, happened, _rng(seed, day, "upgrades"))
    _leave(state, happened, _rng(seed, day, "cancellations"))
    _invoice_and_renew(state, happened)
    state.day = day
    happened.count("active", int(state.active.sum()))
    return happened


def _rng(seed: int, day: int, what: str) -> np.random.Generator:
    """Chance of its own for each kind of event, so that mails change only what they truly change."""
    return np.random.default_rng([seed, day, zlib.crc32(what.encode())])


def _newsletter(state: State, happened: Happened, engaged: Floats, rng: np.random.Generator) -> None:
    if to_date(happened.day).day != NEWSLETTER_DAY:
        return
    draws = rng.random((3, state.units))
    primary = state.first_contact
    bounces = state.bad_address[primary]
    opens = ~bounces & (draws[0] < opens_newsletter(engaged))
    for row in np.flatnonzero(state.active & state.consent[primary]).tolist():
        contact, sent = int(primary[row]), happened.day * DAY_SECONDS + 3600
        happened.mail_event(contact, "sent", sent, "")
        state.mails[happened.day % WINDOW_DAYS, row] += 1
        if bounces[row]:
            happened.mail_event(contact, "bounced", sent + 5, "")
        if opens[row]:
            opened = sent + 600 + int(draws[1, row] * 6 * 3600)
            happened.mail_event(contact, "opened", opened, "")
            if draws[2, row] < CLICKED:
                happened.mail_event(contact, "clicked", opened + 60, "")


def _tickets(state: State, happened: Happened, rng: np.random.Generator) -> None:
    draws = rng.random((3, state.units))
    group, lasts = draw_tickets(rng, state.units)
    due = state.open_tickets_close <= happened.day
    happened.closed = {name.decode(): closed_at(happened.day) for name in state.open_tickets[due].tolist()}
    rows = np.flatnonzero(state.active & (draws[0] < 0.10 / 30))
    names: list[str] = []
    for row in rows.tolist():
        moment = happened.day * DAY_SECONDS + int(draws[1, row] * 9 * 3600)
        names.append(happened.new_id("tickets"))
        contact, language = int(state.first_contact[row]), int(state.language[row])
        text = float(draws[2, row])
        line = ticket_line(names[-1], row, contact, moment, "", language, int(group[row]), text)
        happened.lines["tickets"].append(line)
    closes = happened.day + lasts[rows]
    unhappy = group[rows] == UNHAPPY
    state.unhappy_until[rows[unhappy]] = closes[unhappy]
    state.open_tickets = np.concatenate([state.open_tickets[~due], np.array(names, "S20")])
    state.open_tickets_close = np.concatenate([state.open_tickets_close[~due], closes]).astype(np.int32)
    happened.count("tickets", len(rows))


def _use(state: State, happened: Happened, engaged: Floats, rng: np.random.Generator) -> None:
    """App events, and reports made out of the month's quota."""
    day = happened.day
    share = WEEKDAY_SHARE[weekday(day)] * 7 / 30
    events = np.where(state.active, rng.poisson(events_in_30_days(engaged, state.size) * share), 0)
    state.activity[day % WINDOW_DAYS] = np.minimum(events, 255)
    rows = np.repeat(np.arange(state.units), events)
    contacts = state.first_contact[rows] + (rng.random(len(rows)) ** 1.5 * state.contacts[rows]).astype(np.int32)
    features = draw_features(rng, state.features[rows])
    moments = seconds(rng, np.full(len(rows), day, np.int32))
    happened.lines["app_events"] = _event_lines(happened.stamp, rows, contacts, features, moments)
    happened.count("events", len(rows))
    if to_date(day).day == 1:
        state.used_last_month, state.used = state.used, np.zeros_like(state.used)
    made = np.where(state.active, rng.poisson(state.demand * (0.5 + 0.5 * engaged) / 30), 0)
    state.used = np.maximum(state.used, np.minimum(state.used + made, state.quota)).astype(np.int32)


def _event_lines(stamp: str, rows: Rows, contacts: Ints, features: Bytes, moments: Column) -> list[str]:
    columns = zip(rows.tolist(), contacts.tolist(), features.tolist(), moments.tolist(), strict=True)
    return [
        f"E{stamp}-{k:06d},A{row + 1:06d},C{contact + 1:06d},{FEATURES[feature]},{iso(moment)}\n"
        for k, (row, contact, feature, moment) in enumerate(columns, 1)
    ]


def _grow(state: State, happened: Happened, rng: np.random.Generator) -> None:
    near = near_quota(state, np.arange(state.units))
    chance = np.where(near, BASE_UPGRADE_NEAR_QUOTA, BASE_UPGRADE) / 30
    rows = np.flatnonzero(state.active & (rng.random(state.units) < chance))
    if len(rows):
        upgrade(state, happened, rows, happened.day * DAY_SECONDS + 4 * 3600)


def _leave(state: State, happened: Happened, rng: np.random.Generator) -> None:
    leaves = state.active & (rng.random(state.units) < 1 - np.exp(-state_hazard(state, happened.day) / 30))
    state.cancelled = np.where(leaves, happened.day, state.cancelled).astype(np.int32)
    happened.count("cancelled", int(leaves.sum()))


def _invoice_and_renew(state: State, happened: Happened) -> None:
    day = happened.day
    today = to_date(day).day
    for row in np.flatnonzero(state.active & (day_of_month(state.started) == today)).tolist():
        name = happened.new_id("orders")
        moment = iso(day * DAY_SECONDS + 3600)
        happened.lines["orders"].append(f"{name},A{row + 1:06d},{moment},subscription,{state.price[row]}\n")
    rows = np.flatnonzero(state.active & (state.renews <= day))
    state.renews[rows] = add_months(state.renews[rows], state.term[rows])
    happened.count("renewed", len(rows))


def subscription_lines(state: State) -> list[str]:
    """The CRM's present state, one row per account."""
    columns = (state.plan, state.seats, state.price, state.started, state.renews, state.cancelled)
    different = np.unique(np.concatenate(columns[3:]))
    days = dict(zip(different.tolist(), different.astype("datetime64[D]").astype(str).tolist(), strict=True))
    days[NEVER] = ""
    rows = enumerate(zip(*(column.tolist() for column in columns), strict=True), 1)
    return [
        f"S{k:06d},A{k:06d},{PLANS[plan]},{seats},{price},{days[start]},{days[renews]},{days[end]}\n"
        for k, (plan, seats, price, start, renews, end) in rows
    ]


def usage_lines(state: State) -> list[str]:
    """The present month's use of reports, for everybody who was a customer in it."""
    month = iso_day(state.day)[:8] + "01"
    begins = state.day - to_date(state.day).day + 1
    rows = np.flatnonzero(state.active | (state.cancelled >= begins))
    columns = zip(rows.tolist(), state.used[rows].tolist(), state.quota[rows].tolist(), strict=True)
    return [f"A{row + 1:06d},{month},reports,{used},{quota}\n" for row, used, quota in columns]

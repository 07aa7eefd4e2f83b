"""Write the fictional company: a year of source files, and the hidden world that goes on from there."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ..kit.arrays import NEVER, WINDOW_DAYS, Bytes, Column, Columns, Ints
from ..kit.calendar_days import DAY_SECONDS, add_months, day_number, month_of
from ..kit.source_files import SourceFiles
from .company import REPS
from .history import Year, after_upgrade, app_events, invoices, live_year, monthly_usage, seconds
from .newsletters import newsletters
from .population import draw_population
from .state import SLOTS, State, join
from .tables import HEADERS, SELECTS
from .texts import answer_line, closed_at, ticket_line
from .truth import engagement, state_hazard

BLOCK = 40_000
"""Accounts written at a time; bounds the memory."""


def write_company(folder: Path, *, units: int = 2000, seed: int = 1, today: date, no_effect: bool = False) -> None:
    """Write `folder/data` (what the product reads) and `folder/world` (what it must never read).

    The year ends the day before `today`. `units` counts all accounts, those that cancelled within the year included.
    With `no_effect`, no mail ever changes what a customer does, apart from opening, clicking and answering.
    """
    states: list[State] = []
    contacts = 0
    with SourceFiles(folder / "data", HEADERS, SELECTS) as files:
        files.add_lines("reps", [f"{','.join(rep)},09:00,18:00,Asia/Tokyo\n" for rep in REPS])
        for first in range(0, units, BLOCK):
            rng = np.random.default_rng([seed, first])
            people = draw_population(rng, first, contacts, min(BLOCK, units - first), day_number(today))
            states.append(_write_block(files, rng, live_year(rng, people, day_number(today))))
            contacts += len(people.contacts.account)
    state = join(states)
    state.usage_block = _usage_block(folder / "data" / "usage.csv", today)
    _write_world(folder / "world", state, seed, no_effect)


def _write_block(files: SourceFiles, rng: np.random.Generator, year: Year) -> State:
    _write_customers(files, year)
    events = app_events(rng, year)
    files.add("app_events", _numbered(year, events))
    mails = newsletters(rng, year)
    files.add("mail_events", _numbered(year, mails))
    usage = monthly_usage(rng, year)
    files.add("usage", _numbered(year, usage))
    files.add("orders", _numbered(year, invoices(rng, year)))
    _write_answers(files, rng, year)
    tickets = _write_tickets(files, rng, year)
    return _state(year, events, mails, usage, tickets)


def _numbered(year: Year, columns: Columns) -> Columns:
    """Positions in the block become numbers of the company, which count from 1."""
    shift = {"account": year.people.first + 1, "contact": year.people.first_contact + 1}
    return {name: values + shift[name] if name in shift else values for name, values in columns.items()}


def _write_customers(files: SourceFiles, year: Year) -> None:
    people, contacts = year.people, year.people.contacts
    n, m = people.size_of_block, len(contacts.account)
    own = ("created", "language", "stem", "trade", "form", "country", "source", "rep", "employees")
    accounts: Columns = {"account": np.arange(n), **{name: getattr(people, name) for name in own}}
    files.add("accounts", _numbered(year, accounts))
    theirs = ("account", "position", "family", "given", "title", "created")
    columns: Columns = {"contact": np.arange(m), **{name: getattr(contacts, name) for name in theirs}}
    columns |= {name: getattr(people, name)[contacts.account] for name in ("language", "stem")}
    files.add("contacts", _numbered(year, columns))
    plan, seats, price, _ = _present_terms(year)
    terms: Columns = {"plan": plan, "seats": seats, "price": price, "started": people.started}
    terms |= {"renews": _renews(year), "cancelled": year.cancelled}
    files.add("subscriptions", _numbered(year, {"account": np.arange(n), **terms}))
    granted, left = np.flatnonzero(contacts.consented), np.flatnonzero(contacts.withdrawn != NEVER)
    consents = {
        "contact": np.concatenate([granted, left]),
        "state": np.repeat((0, 1), (len(granted), len(left))),
        "recorded": np.concatenate([contacts.created[granted], contacts.withdrawn[left]]),
    }
    files.add("consents", _numbered(year, consents))


def _present_terms(year: Year) -> tuple[Bytes, Ints, Ints, Ints]:
    people, raised = year.people, year.upgraded != NEVER
    plan, seats, price, quota = after_upgrade(people.plan, people.seats, people.price, people.quota)
    return (
        np.where(raised, plan, people.plan),
        np.where(raised, seats, people.seats),
        np.where(raised, price, people.price),
        np.where(raised, quota, people.quota),
    )


def _renews(year: Year) -> Ints:
    """The next end of contract; for those who left, the one they would have reached."""
    people = year.people
    end = np.where(year.cancelled == NEVER, year.today, year.cancelled).astype(np.int32)
    terms = np.maximum(month_of(end) - month_of(people.started), 0) // people.term
    renews = add_months(people.started, (terms * people.term).astype(np.int32))
    late = (renews < end) | (terms == 0)
    return np.where(late, add_months(renews, people.term), renews).astype(np.int32)


def _write_answers(files: SourceFiles, rng: np.random.Generator, year: Year) -> None:
    """One contact in thirty answered last year's general survey."""
    people, contacts = year.people, year.people.contacts
    chosen = np.flatnonzero((rng.random(len(contacts.account)) < 0.03) & (contacts.created < year.today - 60))
    moments, draws = seconds(rng, year.today - rng.integers(30, 50, len(chosen))), rng.random(len(chosen))
    accounts = contacts.account[chosen]
    there = year.there((moments // DAY_SECONDS).astype(np.int32), accounts)
    first = files.rows["survey_answers"] + 1
    lines = [
        answer_line(
            f"Q{first + k:06d}", c + people.first_contact, "yearly_check", t, people.reason[a], people.language[a], u
        )
        for k, (c, a, t, u) in enumerate(zip(chosen[there], accounts[there], moments[there], draws[there], strict=True))
    ]
    files.add_lines("survey_answers", lines)


def _write_tickets(files: SourceFiles, rng: np.random.Generator, year: Year) -> tuple[list[str], list[int]]:
    """The year's tickets; returns those still open and the days on which they will be closed."""
    people, tickets = year.people, year.tickets
    kept = year.there(tickets["opened"], tickets["account"])
    account, opened, closed, group = (tickets[name][kept] for name in ("account", "opened", "closed", "group"))
    primary = np.searchsorted(people.contacts.account, account) + people.first_contact
    moments, draws = seconds(rng, opened), rng.random(len(account))
    first = files.rows["tickets"] + 1
    names = [f"T{first + k:07d}" for k in range(len(account))]
    lines = [
        ticket_line(name, people.first + a, c, t, closed_at(e) if e < year.today else "", people.language[a], g, u)
        for name, a, c, t, e, g, u in zip(names, account, primary, moments, closed, group, draws, strict=True)
    ]
    files.add_lines("tickets", lines)
    still = np.flatnonzero(closed >= year.today)
    return [names[k] for k in still], [int(closed[k]) for k in still]


def _window(year: Year, account: Column, moments: Column) -> Bytes:
    """Counts per day and account of the last 30 days, as the state keeps them."""
    days = (moments // DAY_SECONDS).astype(np.int64)
    late = days >= year.today - WINDOW_DAYS
    cells = days[late] % WINDOW_DAYS * year.people.size_of_block + account[late]
    counts = np.bincount(cells, minlength=WINDOW_DAYS * year.people.size_of_block)
    return np.minimum(counts, 255).astype(np.uint8).reshape(WINDOW_DAYS, -1)


def _used(year: Year, usage: Columns) -> tuple[Ints, Ints]:
    """Reports used in the last month written, and in the one before."""
    this_month = int(month_of(np.array([year.today - 1], np.int32))[0])
    present, last = (np.zeros(year.people.size_of_block, np.int32) for _ in range(2))
    for back, column in enumerate((present, last)):
        rows = month_of(usage["month"]) == this_month - back
        column[usage["account"][rows]] = usage["used"][rows]
    return present, last


def _state(year: Year, events: Columns, mails: Columns, usage: Columns, tickets: tuple[list[str], list[int]]) -> State:
    people, contacts, n = year.people, year.people.contacts, year.people.size_of_block
    plan, seats, price, quota = _present_terms(year)
    used, used_last_month = _used(year, usage)
    counts = np.bincount(contacts.account, minlength=n)
    sent = mails["kind"] == 0
    return State(
        day=year.today - 1,
        health=year.health,
        health_mean=people.health_mean,
        size=people.size,
        overlooks=people.overlooks,
        features=people.features,
        reason=people.reason,
        answer=np.full(n, -1, np.int8),
        language=people.language,
        plan=plan,
        seats=seats,
        price=price,
        quota=quota,
        demand=people.demand,
        used=used,
        used_last_month=used_last_month,
        started=people.started,
        renews=_renews(year),
        term=people.term,
        cancelled=year.cancelled,
        unhappy_until=year.unhappy_until,
        first_contact=(people.first_contact + np.cumsum(counts) - counts).astype(np.int32),
        contacts=counts.astype(np.uint8),
        consent=contacts.consented & (contacts.withdrawn == NEVER),
        bad_address=contacts.bad_address,
        activity=_window(year, events["account"], events["moment"]),
        mails=_window(year, contacts.account[mails["contact"][sent]], mails["moment"][sent]),
        effect_factor=np.ones((SLOTS, n), np.float32),
        effect_until=np.zeros((SLOTS, n), np.int32),
        open_tickets=np.array(tickets[0], "S20"),
        open_tickets_close=np.array(tickets[1], np.int32),
    )


def _usage_block(path: Path, today: date) -> int:
    """Move the rows of the last written month to the end of usage.csv, where the world replaces them; says where."""
    mark = f",{(today - timedelta(days=1)).replace(day=1).isoformat()},".encode()
    ahead, present = path.with_suffix(".part"), path.with_suffix(".month")
    with path.open("rb") as whole, ahead.open("wb") as past, present.open("wb") as month:
        for line in whole:
            (month if mark in line else past).write(line)
    begins = ahead.stat().st_size
    with ahead.open("ab") as past, present.open("rb") as month:
        while block := month.read(1 << 20):
            past.write(block)
    present.unlink()
    ahead.replace(path)
    return begins


def _write_world(folder: Path, state: State, seed: int, no_effect: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.json").unlink(missing_ok=True)
    about = {"seed": seed, "no_effect": no_effect, "units": state.units}
    (folder / "company.json").write_text(json.dumps(about), encoding="ascii")
    np.savez(folder / "hazard.npz", hazard=state_hazard(state, state.day), engagement=engagement(state.health))
    state.save(folder / "truth.npz")
    state.save(folder / "state.npz")

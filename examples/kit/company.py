"""A fictional company of persons: what makes one, how its year is written, how its days are lived."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from .arrays import Columns
from .calendar_days import day_number, to_date
from .happened import Happened, joined
from .journal import DayOutOfOrder, begin_day
from .outbox import Arrival, new_arrivals, person_of
from .person_state import PersonState
from .persons import CONSENTS, CONSENTS_SELECT, PERSONS, persons_select, welcome
from .source_files import SourceFiles
from .sql import day_id, moment, person, pick
from .storage import load_state, save_state
from .tickets import TICKETS, TICKETS_SELECT

YEAR_DAYS = 365
_FLUSH_DAYS = 60

StateKind = TypeVar("StateKind", bound=PersonState)


@dataclass(frozen=True)
class Table:
    """One source file: its header, the SQL for its rows, and columns that rows may lack."""

    header: str
    select: str
    optional_texts: tuple[str, ...] = ()
    optional_numbers: tuple[str, ...] = ()

    def complete(self, columns: Columns) -> Columns:
        """The columns, with empty ones for those that no row has."""
        count = len(next(iter(columns.values())))
        lacking = {name: np.full(count, None, object) for name in self.optional_texts if name not in columns}
        numbers = {name: np.full(count, -1, np.int64) for name in self.optional_numbers if name not in columns}
        return {**columns, **lacking, **numbers}


def person_tables(sources: Sequence[str], rep_ids: Sequence[str] = ()) -> dict[str, Table]:
    """The source files that every company of persons has."""
    answer = f"{day_id('Q')}, {person()}, survey, {moment('moment')}, answer, comment"
    kinds = pick(("sent", "opened", "clicked", "bounced", "complained", "unsubscribed"), "kind")
    return {
        "persons": Table(PERSONS, persons_select(sources, rep_ids)),
        "consents": Table(CONSENTS, CONSENTS_SELECT),
        "mail_events": Table(
            "event_id,person_id,kind,happened_at,message_id",
            f"{day_id('M')}, {person()}, {kinds}, {moment('moment')}, message_id",
            optional_texts=("message_id",),
        ),
        "survey_answers": Table("answer_id,person_id,survey,answered_at,answer,comment", answer),
        "tickets": Table(TICKETS, TICKETS_SELECT),
    }


@dataclass(frozen=True)
class Company(Generic[StateKind]):
    """Its people, its days and its files. The hidden truth is in `live`."""

    state: type[StateKind]
    tables: Mapping[str, Table]
    lines: Mapping[str, Sequence[str]]
    """Files that never change, as lines with their header: staff, products."""
    begin: Callable[[np.random.Generator, int, int], StateKind]
    """So many persons as they are before the written year: (chance, persons, first day of the year)."""
    live: Callable[[StateKind, list[Arrival], int, bool], Happened]
    """The day after `state.day`, which moves on: (state, what arrived, seed, whether messages have effects)."""
    anew: Callable[[StateKind], Mapping[str, Columns]]
    """Files whose rows change, written anew every day."""
    plant: Callable[[StateKind, Happened], None]
    """At the end of the year: those who are needed by name. Their rows count as the last day's."""
    anew_names: frozenset[str] = field(default=frozenset({"tickets"}))


@dataclass(frozen=True)
class DaySummary:
    """What a day brought: figures such as sent, opened, orders."""

    day: date
    already_lived: bool
    counts: Mapping[str, int] = field(default_factory=dict)


def write_company(
    company: Company[StateKind], folder: Path, *, units: int, seed: int, today: date, no_effect: bool = False
) -> None:
    """Write `folder/data` (what the product reads) and `folder/world` (what it must never read).

    The year ends the day before `today`; by then `units` people have joined. With `no_effect`, no message ever
    changes what a customer does, apart from opening, clicking and answering.
    """
    first = day_number(today) - YEAR_DAYS
    state = company.begin(np.random.default_rng([seed, units]), units, first)
    state.day = first - 1
    with _files(company, folder / "data", is_new=True) as files:
        lived = [Happened(first - 1)]
        welcome(state, lived[0], since=0)
        for day in range(first, first + YEAR_DAYS):
            lived.append(company.live(state, [], seed, False))
            if day == first + YEAR_DAYS - 1:
                company.plant(state, lived[-1])
            if len(lived) >= _FLUSH_DAYS or day == first + YEAR_DAYS - 1:
                _append(company, files, lived)
                lived = []
        _write_anew(company, files, state)
    for name, lines in company.lines.items():
        (folder / "data" / f"{name}.csv").write_text("".join(lines), encoding="utf-8", newline="")
    world = folder / "world"
    world.mkdir(parents=True, exist_ok=True)
    (world / "journal.json").unlink(missing_ok=True)
    about = {"seed": seed, "no_effect": no_effect, "units": units}
    (world / "company.json").write_text(json.dumps(about), encoding="ascii")
    for name in ("truth", "state"):
        save_state(state, world / f"{name}.npz")


def live_one_day(company: Company[StateKind], folder: Path, day: date, outbox: Path) -> DaySummary:
    """Live `day`, once: read what left up to its end, append what the customers did to `folder/data`.

    A crash in the middle is made good by living the same day again.
    """
    data, world = folder / "data", folder / "world"
    state = load_state(company.state, world / "state.npz")
    if day_number(day) <= state.day:
        return DaySummary(day, already_lived=True)
    if day_number(day) > state.day + 1:
        raise DayOutOfOrder(f"{day} cannot be lived yet: the world stands at {to_date(state.day)}")
    about = json.loads((world / "company.json").read_text(encoding="ascii"))
    growing = set(company.tables) - company.anew_names
    begin_day(data, world / "journal.json", day, files=growing, appended=growing)
    arrivals = new_arrivals(state, outbox, day_number(day), lambda address: person_of(address, state.persons))
    happened = company.live(state, arrivals, about["seed"], not about["no_effect"])
    with _files(company, data, is_new=False) as files:
        _append(company, files, [happened])
        _write_anew(company, files, state)
    save_state(state, world / "state.npz")
    (world / "journal.json").unlink()
    return DaySummary(day, already_lived=False, counts=happened.counts)


def _files(company: Company[StateKind], folder: Path, *, is_new: bool) -> SourceFiles:
    headers = {name: table.header for name, table in company.tables.items()}
    selects = {name: table.select for name, table in company.tables.items()}
    return SourceFiles(folder, headers, selects, is_new=is_new)


def _append(company: Company[StateKind], files: SourceFiles, lived: list[Happened]) -> None:
    for name in sorted(set().union(*(happened.files for happened in lived))):
        blocks = [happened.columns(name) for happened in lived if name in happened.files]
        files.add(name, company.tables[name].complete(joined(blocks)))


def _write_anew(company: Company[StateKind], files: SourceFiles, state: StateKind) -> None:
    for name, columns in company.anew(state).items():
        files.replace(name, company.tables[name].complete(columns))

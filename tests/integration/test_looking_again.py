"""Between two analyses: new rows change the signals of those whom they concern, and of nobody else."""

import csv
from collections.abc import Callable

import pytest
from kizuna.domain.sources import Identity
from kizuna.service.reading_sources import read_now
from kizuna.store.tables import SignalRow

from .world import World

Company = Callable[..., World]


@pytest.fixture
def world(company: Company) -> World:
    return company("planned")


def signals(world: World) -> set[tuple[str, str]]:
    return {(row.unit_id, row.signal) for row in world.rows(SignalRow) if row.ended_on is None}


def add_use(world: World, unit: str) -> None:
    """This month the account has used up its quota."""
    path = world.workspace.data / "usage.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    month = world.workspace.clock.now().date().replace(day=1).isoformat()
    row = {"account_id": unit, "month": month, "metric": "reports", "used": "499", "quota": "500"}
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerow(row)


def test_a_new_row_raises_the_signal_of_its_unit_alone(world: World) -> None:
    before = signals(world)
    unit = next(
        unit
        for unit in sorted({unit for unit, _ in before})
        if (unit, "quota_near_limit") not in before and (unit, "went_silent") not in before
    )
    add_use(world, unit)
    found = read_now(world.workspace)
    assert found.touched == 1
    assert found.signals["quota_near_limit"] == 1
    assert (unit, "quota_near_limit") in signals(world)
    assert {pair for pair in signals(world) if pair[0] != unit} == {pair for pair in before if pair[0] != unit}


def test_nothing_new_changes_no_signal(world: World) -> None:
    before = signals(world)
    found = read_now(world.workspace)
    assert (found.sources, found.signals) == ([], {})
    assert signals(world) == before


def test_records_that_become_one_customer_are_looked_at_with_the_next_reading_and_once(world: World) -> None:
    path = world.workspace.data / "contacts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(first), lineterminator="\n").writerow({**first, "contact_id": "again"})
    assert read_now(world.workspace).touched == 1
    brief = world.workspace.brief
    sources = brief.sources.model_copy(update={"identity": Identity()})
    world.workspace.brief = brief.model_copy(update={"sources": sources})
    united = read_now(world.workspace)
    assert (united.sources, united.touched) == ([], None)
    assert united.signals
    assert read_now(world.workspace).touched == 0
    world.workspace.brief = brief
    assert read_now(world.workspace).touched is None, "they are two again"


def test_before_the_first_analysis_there_is_nothing_to_look_at_again(company: Company) -> None:
    founded = company("founded")
    assert read_now(founded.workspace).signals == {}
    assert signals(founded) == set()

"""Signals as episodes and movements between segments, kept in the store and shown to people."""

import io
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from kizuna.agents.moving import keep_segments, keep_signals
from kizuna.customers.table import FeatureTable
from kizuna.domain.brief import Language
from kizuna.domain.errors import UserError
from kizuna.inbox.segments import print_details, print_overview
from kizuna.inbox.words import LANGUAGES
from kizuna.service import erasing
from kizuna.service.segments import details, overview
from kizuna.store import segments as kept
from kizuna.store.tables import ContactRow, MovementRow, SegmentationRow, SignalRow, UnitRow
from rich.console import Console

from .inbox_client import Visitor
from .world import World

Company = Callable[..., World]
FIRST = date(2026, 4, 1)
UNITS = [f"A{n:03}" for n in range(40)]


def day(number: int) -> date:
    return FIRST + timedelta(days=30 * number)


def table(units: list[str] = UNITS, **columns: float | list[float]) -> FeatureTable:
    """Active subscribers of 400 days; what is not said is unknown or as usual."""
    usual = {"is_active": 1.0, "tenure_days": 400.0, "churn_risk": 0.1, "ltv_jpy": 10_000.0, "orders_total": 13.0}
    values = {name: np.broadcast_to(value, len(units)).astype(float) for name, value in {**usual, **columns}.items()}
    return FeatureTable(units, values)


def quota(units: list[str], *full: str) -> FeatureTable:
    return table(units, quota_used_ratio=[0.99 if unit in full else 0.2 for unit in units])


def episodes(world: World) -> set[tuple[str, date, date | None]]:
    rows = world.rows(SignalRow, signal="quota_near_limit")
    return {(row.unit_id, row.raised_on, row.ended_on) for row in rows}


@pytest.fixture
def world(company_anywhere: Company) -> World:
    return company_anywhere("founded")


def test_a_signal_is_dated_by_the_day_it_was_first_seen(world: World) -> None:
    keep_signals(world.workspace, quota(UNITS, "A001"), None, day(0))
    keep_signals(world.workspace, quota(UNITS, "A001", "A002"), quota(UNITS, "A001"), day(1))
    assert episodes(world) == {("A001", day(0), None), ("A002", day(1), None)}
    (row,) = world.rows(SignalRow, unit_id="A002")
    assert row.evidence["quota_used_ratio"] == [0.2, 0.99]


def test_running_twice_adds_nothing(world: World) -> None:
    for _ in range(2):
        counts = keep_signals(world.workspace, quota(UNITS, "A001"), None, day(0))
    assert counts["quota_near_limit"] == 1
    assert episodes(world) == {("A001", day(0), None)}


def test_a_signal_that_lapses_is_closed_and_comes_again_as_another_episode(world: World) -> None:
    for number, full in enumerate((["A001"], [], ["A001"])):
        keep_signals(world.workspace, quota(UNITS, *full), None, day(number))
    assert episodes(world) == {("A001", day(0), day(1)), ("A001", day(2), None)}


def test_the_same_day_with_other_figures_leaves_what_is_true_of_it(world: World) -> None:
    """Late rows: what was raised or closed today by mistake never was."""
    keep_signals(world.workspace, quota(UNITS, "A001"), None, day(0))
    keep_signals(world.workspace, quota(UNITS, "A002"), None, day(1))
    keep_signals(world.workspace, quota(UNITS, "A001"), None, day(1))
    assert episodes(world) == {("A001", day(0), None)}


def test_units_that_were_not_touched_keep_their_signals(world: World) -> None:
    keep_signals(world.workspace, quota(UNITS, "A001", "A002"), None, day(0))
    touched = ["A002", "A003", "A004"]
    keep_signals(world.workspace, quota(touched, "A003"), quota(UNITS), day(1), units=touched)
    assert episodes(world) == {("A001", day(0), None), ("A002", day(0), day(1)), ("A003", day(1), None)}


def test_who_is_gone_from_the_data_has_no_signal_any_more(world: World) -> None:
    keep_signals(world.workspace, quota(UNITS, "A001"), None, day(0))
    keep_signals(world.workspace, quota(UNITS[5:]), None, day(1))
    assert episodes(world) == {("A001", day(0), day(1))}


def moved(world: World) -> tuple[FeatureTable, FeatureTable]:
    """Ten loyal ones grow risky, two of them leave; one comes back to calm. Kept twice, as a crash would have it."""
    before = table(churn_risk=[0.1] * 39 + [0.5])
    now = table(churn_risk=[0.5] * 10 + [0.1] * 30, is_active=[0.0] * 2 + [1.0] * 38)
    for _ in range(2):
        keep_segments(world.workspace, before, None, day(0), None)
        keep_segments(world.workspace, now, before, day(1), day(0))
    return before, now


def test_movements_are_kept_once_with_their_reasons(world: World) -> None:
    before, now = moved(world)
    rows = {row.unit_id: row for row in world.rows(MovementRow, family="life_cycle")}
    assert set(rows) == {*UNITS[:10], "A039"}
    assert (rows["A005"].came_from, rows["A005"].went_to) == ("loyal", "at_risk")
    assert rows["A005"].why == {"churn_risk >= 0.3": {"churn_risk": [0.1, 0.5]}}
    assert rows["A001"].why == {"is_active": {"is_active": [1.0, 0.0]}}
    assert len(world.rows(SegmentationRow)) == 2
    found = keep_segments(world.workspace, now, before, day(1), day(0))
    assert found[0] == {
        "kind": "moved",
        "figures": {
            "left": "loyal", "joined": "at_risk", "units": 8, "why": "churn_risk >= 0.3", "holds": True, "share": 1.0
        },
    }  # fmt: skip


def test_sizes_follow_from_movements(world: World) -> None:
    moved(world)
    seen = overview(world.workspace)
    sizes = {size.segment: (size.before, size.came, size.left, size.units) for size in seen.of(life_cycle=True)}
    assert sizes["loyal"] == (39, 1, 10, 30)
    assert sizes["at_risk"] == (1, 8, 1, 8)
    assert sizes["lost"] == (0, 2, 0, 2)
    assert (seen.as_of, seen.since, seen.units) == (day(1), day(0), 40)
    one = details(world.workspace, "at_risk", most=3)
    assert one.history == ((day(0), 1), (day(1), 8)) and len(one.moved) == 3


def test_before_the_first_analysis_there_is_a_sentence(world: World) -> None:
    with pytest.raises(UserError, match="start it with `kizuna run`"):
        overview(world.workspace)
    moved(world)
    with pytest.raises(UserError, match="did you mean 'loyal'"):
        details(world.workspace, "loyel")


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_read_it_in_their_language(company: Company, language: Language) -> None:
    world = company("founded")
    moved(world)
    out = Console(file=io.StringIO(), width=100, no_color=True)
    print_overview(overview(world.workspace), language, out)
    print_details(details(world.workspace, "at_risk"), language, out, moves=True)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    told = {
        "en": ("at risk", "now: Risk to leave: 30% or more", "Risk to leave 10% → 50%", "A005"),
        "ja": ("要注意", "該当するようになった：離脱リスク：30%以上", "離脱リスク 10% → 50%", "A005"),
    }
    assert [words for words in told[language] if words not in text] == []
    other = {"en": "要注意", "ja": "at risk"}[language]
    assert other not in text


def test_the_page_shows_totals_and_nobody_in_particular(company: Company) -> None:
    world = company("written")
    row = world.rows(SegmentationRow)[0]
    keep_segments(world.workspace, table(), table(churn_risk=0.5), row.as_of + timedelta(days=30), row.as_of)
    page = Visitor(world, "r04").get("/segments")
    assert page.status_code == 200 and "ロイヤル" in page.text and "要注意 → ロイヤル" in page.text
    assert [unit.unit_id for unit in world.rows(UnitRow) if unit.unit_id in page.text or unit.name in page.text] == []


def test_an_analysis_keeps_signals_and_segments(company: Company) -> None:
    world = company("planned")
    units = world.rows(UnitRow)
    (row,) = world.rows(SegmentationRow)
    sizes = {size["segment"]: size["units"] for size in row.sizes if size["family"] == "life_cycle"}
    assert sum(sizes.values()) == len(units) and sizes["loyal"] > 0 and row.since is None
    with world.workspace.store.read() as session:
        counts = kept.count_signals(session, world.workspace.brief.name)
    assert counts["feature_overlooked"] > 0


def test_an_erased_unit_leaves_no_signal_and_no_movement(company: Company) -> None:
    world = company("planned")
    held = {row.unit_id for row in world.rows(SignalRow)}
    contacts = [row for row in world.rows(ContactRow) if row.unit_id in held]
    alone = next(row for row in contacts if sum(other.unit_id == row.unit_id for other in contacts) == 1)
    keep_segments(
        world.workspace, table([alone.unit_id, "A999"], churn_risk=0.5), table([alone.unit_id, "A999"]), day(9), day(8)
    )
    assert world.rows(MovementRow, unit_id=alone.unit_id)
    erasing.erase(world.workspace, alone.contact_id, by="sato")
    assert world.rows(SignalRow, unit_id=alone.unit_id) == world.rows(MovementRow, unit_id=alone.unit_id) == []
    assert world.rows(MovementRow, unit_id="A999") and world.rows(SignalRow)

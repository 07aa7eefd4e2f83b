"""The studios: their written year, the member who was let down, and that no day is lived twice."""

import csv
import json
import re
import shutil
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.eligibility import matches
from kizuna.customers.features.catalogue import build_features
from kizuna.customers.opening import open_sources
from kizuna.customers.table import FeatureTable
from kizuna.examples.kit.calendar_days import day_number
from kizuna.examples.kit.happened import Happened
from kizuna.examples.kit.outbox import Arrival
from kizuna.examples.service.company import PERSON_OF_THE_SCENARIO
from kizuna.examples.service.state import ServiceState
from kizuna.examples.service.truth import hazard_on
from kizuna.examples.service.world import SERVICE, live_one_day, write_company
from kizuna.playbooks.loader import load_playbooks

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow

TODAY = date(2026, 4, 15)
LET_DOWN = f"P{PERSON_OF_THE_SCENARIO:06d}"
AT = PERSON_OF_THE_SCENARIO - 1
R03 = "chinatsu.morimoto@hidamari.example"


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def give_task(outbox: Path, person: str, action: str, day: date, *, staff: str = R03) -> None:
    moment = datetime.combine(day, time(1), UTC).isoformat()
    task = {"id": f"{person}.{action}", "action": action, "step": "task", "contact_id": person, "date": moment}
    path = outbox / "tasks" / staff / f"{person}.{action}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(task), encoding="utf-8")


def write_short_year(folder: Path, *, units: int, seed: int, no_effect: bool = False, days: int = 100) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("kit.company", "service.people", "service.scenario"):
            patch.setattr(f"kizuna.examples.{module}.YEAR_DAYS", days)
        write_company(folder, units=units, seed=seed, today=TODAY, no_effect=no_effect)
    return folder


def features_of(folder: Path) -> FeatureTable:
    """As if everybody were of rank high, and likely to stay."""
    with open_sources(folder / "data", unit="person", faulty_rows_allowed=0) as customers:
        table = build_features(customers, TODAY)
    return table.with_columns(ltv_rank=np.full(len(table), "high", dtype=object), churn_risk=np.full(len(table), 0.1))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 people who joined, written once; tests only read it."""
    folder = tmp_path_factory.mktemp("service")
    write_company(folder, units=400, seed=7, today=TODAY)
    return folder


@pytest.fixture
def studios(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "studios"))


def test_source_files_keep_the_contract_without_a_fault(written: Path) -> None:
    with open_sources(written / "data", unit="person", faulty_rows_allowed=0) as customers:
        assert customers.faults == []


def test_values_are_plausible(written: Path) -> None:
    subscriptions = rows_of(written, "subscriptions")
    running = [row for row in subscriptions if not row["cancelled_on"]]
    assert 0.55 < len(running) / len(subscriptions) < 0.85
    assert all(TODAY.isoformat() <= row["renews_on"] <= "2027-04-15" for row in running)
    prices = {row["plan"]: int(row["monthly_price_jpy"]) for row in running}
    assert prices == {"light": 5800, "regular": 9800, "unlimited": 24800}
    kinds = Counter(row["kind"] for row in rows_of(written, "orders"))
    assert kinds["subscription"] > kinds["add_on"] > 0.2 * kinds["subscription"]
    moods = Counter(row["mood"] for row in rows_of(written, "staff_contacts"))
    assert moods["neutral"] > moods["unhappy"] > 0 < moods["happy"]
    visits = Counter(row["store_id"] for row in rows_of(written, "store_visits"))
    assert len(visits) == 8
    assert 2 < sum(visits.values()) / len(running) / 12 < 6


def test_everybody_has_somebody_who_looks_after_them(written: Path) -> None:
    place = {row["rep_id"]: row["place"] for row in rows_of(written, "reps")}
    looked_after = Counter(place[row["rep_id"]] for row in rows_of(written, "persons"))
    assert looked_after.total() == len(rows_of(written, "persons"))
    assert looked_after["store"] > 2 * looked_after["call_centre"] > 0


def test_nobody_spends_what_they_do_not_have(written: Path) -> None:
    table = features_of(written)
    assert np.nanmin(table.columns["points_balance"].astype(float)) >= 0
    assert np.nanmin(table.columns["prepaid_balance_jpy"].astype(float)) >= 0


def test_nothing_happens_today_or_later_and_ids_are_unique(written: Path) -> None:
    for path in (written / "data").iterdir():
        rows = rows_of(written, path.stem)
        assert rows
        assert all(value < TODAY.isoformat() for row in rows for name, value in row.items() if name.endswith("_at"))
        if path.stem != "consents":
            key = next(iter(rows[0]))
            assert len({row[key] for row in rows}) == len(rows)


def test_hidden_truth_stays_hidden(written: Path) -> None:
    for path in (written / "data").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [word for word in ("warmth", "pace", "habit", "hazard") if re.search(rf"\b{word}\b", text)]
        assert all(domain.endswith(".example") for domain in re.findall(r"@([a-z0-9.]+[a-z0-9])", text))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_short_year(tmp_path / name, units=150, seed=seed, days=70)
    a, b, c = (bytes_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a["store_visits.csv"] != c["store_visits.csv"]


@pytest.mark.parametrize("seed", range(5))
def test_the_member_who_was_let_down_is_for_staff_to_care_for_and_for_nobody_to_sell_to(
    tmp_path: Path, seed: int
) -> None:
    table = features_of(write_short_year(tmp_path, units=140, seed=seed))
    at = table.unit_ids.index(LET_DOWN)
    known = {
        "plan": "unlimited",
        "rep_id": "R03",
        "tenure_days": 1230,
        "unhappy_contacts_90d": 2,
        "days_since_unhappy_contact": 4,
        "days_since_last_store_visit": 11,
        "store_visits_90d": 17,
    }
    assert {name: table.columns[name][at] for name in known} == known
    rules = ("staff_discretion", "apology_care", "dedicated_care", "points_reminder", "prepaid_topup", "loyalty_thanks")
    actions = load_playbooks(rules, None, lambda rule: [])
    assert {name for name in rules if matches(actions[name].when, table)[at]} == {"staff_discretion", "apology_care"}
    person = next(row for row in rows_of(tmp_path, "persons") if row["person_id"] == LET_DOWN)
    assert person["full_name"] == "長谷川 直美"
    visits = [row["visited_at"][:10] for row in rows_of(tmp_path, "store_visits") if row["person_id"] == LET_DOWN]
    days_ago = np.array([(TODAY - date.fromisoformat(day)).days for day in visits])
    assert [int(((days_ago > k) & (days_ago <= k + 30)).sum()) for k in (0, 30, 60)] == [1, 8, 8]


@pytest.mark.parametrize("seed", range(5))
def test_a_task_in_time_brings_the_visits_back_and_she_stays(seed: int) -> None:
    state, untouched = _at_the_end_of_the_year(seed), _at_the_end_of_the_year(seed)
    visits, calls = _live(state, seed, "staff_discretion", 100)
    assert len(calls) == 1
    assert calls[0] <= 4
    assert state.left[AT] == -1
    assert sum(30 <= day < 60 for day in visits) >= 5
    without, _ = _live(untouched, seed, None, 100)
    assert sum(day < 60 for day in without) <= 5
    at_the_door = _at_the_end_of_the_year(seed)
    assert hazard_on(at_the_door, at_the_door.day)[AT] > 0.2


@pytest.mark.parametrize("action", ["points_reminder", "dedicated_care"])
def test_neither_points_nor_a_word_without_a_budget_puts_it_right(action: str) -> None:
    state = _at_the_end_of_the_year(2)
    visits, _ = _live(state, 2, action, 60)
    assert len(visits) <= 8
    assert state.is_unhappy(state.day + 1)[AT]


def _at_the_end_of_the_year(seed: int) -> ServiceState:
    first = day_number(TODAY) - 365
    state = SERVICE.begin(np.random.default_rng([seed, 140]), 140, first)
    state.day = day_number(TODAY) - 1
    SERVICE.plant(state, Happened(state.day))
    return state


def _live(state: ServiceState, seed: int, action: str | None, days: int) -> tuple[list[int], list[int]]:
    """The days on which she came, and on which staff came to her."""
    first, visits, calls = state.day + 1, [], []
    for k in range(days):
        sent = [Arrival(first * 86_400 + 3_600, "<1>", AT, action, "task", "task", R03)] if action and k == 0 else []
        happened = SERVICE.live(state, sent, seed, True)
        if "store_visits" in happened.files and AT in happened.columns("store_visits")["person"]:
            visits.append(k)
        if "staff_contacts" in happened.files:
            columns = happened.columns("staff_contacts")
            mine = (columns["person"] == AT) & (columns["direction"] == 1)
            calls += [k] * int(mine.sum())
    return visits, calls


def test_staff_note_down_a_task_that_they_did(studios: Path, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    give_task(outbox, LET_DOWN, "staff_discretion", TODAY)
    before = len(rows_of(studios, "staff_contacts"))
    for k in range(5):
        live_one_day(studios, TODAY + timedelta(days=k), outbox)
    mine = [row for row in rows_of(studios, "staff_contacts")[before:] if row["person_id"] == LET_DOWN]
    known = {name: mine[0][name] for name in ("channel", "direction", "topic", "mood", "staff_id")}
    assert known == {"channel": "store", "direction": "out", "topic": "care", "mood": "happy", "staff_id": "R03"}


def test_a_day_that_is_lived_again_adds_nothing(studios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin, outbox = Path(shutil.copytree(studios, tmp_path / "twin")), tmp_path / "outbox"
    for row in rows_of(studios, "persons")[:60]:
        give_task(outbox, row["person_id"], "dedicated_care", TODAY)
    days = [TODAY + timedelta(days=k) for k in range(6)]
    for day in days:
        live_one_day(twin, day, outbox)
    for day in days:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("kizuna.examples.kit.company.save_state", _power_cut)
            live_one_day(studios, day, outbox)
        live_one_day(studios, day, outbox)
    assert bytes_of(studios) == bytes_of(twin)
    assert sum(row["direction"] == "out" for row in rows_of(studios, "staff_contacts")) > 20
    assert live_one_day(studios, days[-1], outbox).already_lived


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt

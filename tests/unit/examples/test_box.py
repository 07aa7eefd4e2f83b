"""The box company: its written year, the member who has fallen silent, and that no day is lived twice."""

import csv
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
from kizuna.examples.box.company import PERSON_OF_THE_SCENARIO, REASONS, TOO_MUCH
from kizuna.examples.box.state import BoxState
from kizuna.examples.box.world import BOX, live_one_day, write_company
from kizuna.examples.kit.calendar_days import day_number
from kizuna.examples.kit.happened import Happened
from kizuna.examples.kit.outbox import Arrival
from kizuna.playbooks.loader import load_playbooks

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow

TODAY = date(2026, 4, 15)
SILENT = f"P{PERSON_OF_THE_SCENARIO:06d}"
AT = PERSON_OF_THE_SCENARIO - 1


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def post_letter(outbox: Path, person: str, action: str, step: str, day: date) -> None:
    metas = {"message": f"box:{action}:{step}", "contact": person, "id": f"{person}.{action}.{step}"}
    metas["date"] = datetime.combine(day, time(1), UTC).isoformat()
    lines = "".join(f'<meta name="kizuna-{name}" content="{value}">\n' for name, value in metas.items())
    path = outbox / "letters" / f"{person}.{step}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><head>{lines}</head></html>", encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 people who joined, written once; tests only read it."""
    folder = tmp_path_factory.mktemp("box")
    write_company(folder, units=400, seed=7, today=TODAY)
    return folder


@pytest.fixture
def box(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "box"))


def test_source_files_keep_the_contract_without_a_fault(written: Path) -> None:
    with open_sources(written / "data", unit="person", faulty_rows_allowed=0) as customers:
        assert customers.faults == []


def test_values_are_plausible(written: Path) -> None:
    assert {row["kind"] for row in rows_of(written, "boxes")} == {"shipped", "skipped", "swapped", "returned"}
    kinds = Counter(row["kind"] for row in rows_of(written, "orders"))
    assert kinds["subscription"] > 5 * kinds["add_on"] > 5 * kinds["upgrade"] > 0
    subscriptions = rows_of(written, "subscriptions")
    running = [row for row in subscriptions if not row["cancelled_on"]]
    assert 0.5 < len(running) / len(subscriptions) < 0.85
    assert all(TODAY.isoformat() <= row["renews_on"] <= "2027-04-15" for row in running)
    assert any(row["paused_until"] for row in running)
    prices = {row["plan"]: int(row["monthly_price_jpy"]) for row in running}
    assert prices == {"petit": 2400, "standard": 4200, "premium": 9800}
    letters = {row["person_id"] for row in rows_of(written, "consents") if row["channel"] == "letter"}
    assert 0.7 < len(letters) / len(subscriptions) < 0.92


def test_nothing_happens_today_or_later_and_ids_are_unique(written: Path) -> None:
    for path in (written / "data").iterdir():
        rows = rows_of(written, path.stem)
        assert all(value < TODAY.isoformat() for row in rows for name, value in row.items() if name.endswith("_at"))
        if path.stem != "consents" and rows:
            key = next(iter(rows[0]))
            assert len({row[key] for row in rows}) == len(rows)


def test_hidden_truth_stays_hidden(written: Path) -> None:
    """Nobody was asked yet, so no file says why anybody might leave; addresses are fictional."""
    for path in (written / "data").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [word for word in (*REASONS[:-1], "warmth", "reason") if re.search(rf"\b{word}\b", text)]
        assert all(domain.endswith(".example") for domain in re.findall(r"@([a-z0-9.]+[a-z0-9])", text))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.examples.kit.company.YEAR_DAYS", 70)  # a short year is as telling
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_company(tmp_path / name, units=150, seed=seed, today=TODAY)
    a, b, c = (bytes_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a["orders.csv"] != c["orders.csv"]


def test_the_silent_member_fits_the_survey_and_can_be_reached_by_letter(written: Path) -> None:
    rules = load_playbooks(("silent_customer_survey",), None, lambda rule: [])
    with open_sources(written / "data", unit="person", faulty_rows_allowed=0) as customers:
        table = build_features(customers, TODAY)
    scored = table.with_columns(ltv_rank=np.full(len(table), "high", dtype=object))
    at = table.unit_ids.index(SILENT)
    assert matches(rules["silent_customer_survey"].when, scored)[at]
    known = {name: table.columns[name][at] for name in ("plan", "days_since_last_open", "days_since_last_visit")}
    assert known == {"plan": "premium", "days_since_last_open": 75, "days_since_last_visit": 60}
    assert table.columns["tenure_days"][at] >= 730
    assert table.columns["mails_unopened_90d"][at] >= 3
    assert table.columns["orders_365d"][at] == 12
    agreed = {row["channel"] for row in rows_of(written, "consents") if row["person_id"] == SILENT}
    assert "letter" in agreed
    person = next(row for row in rows_of(written, "persons") if row["person_id"] == SILENT)
    assert person["full_name"] == "坂本 久美子"
    assert person["postal_address"]


@pytest.mark.parametrize("seed", range(5))
def test_the_silent_member_answers_the_letter_accepts_the_break_and_stays(seed: int) -> None:
    state = _at_the_end_of_the_year(seed)
    first = state.day + 1
    answers = _live(state, seed, [_letter(first, "survey")], 10)
    assert [answer["answer"] for answer in answers] == ["too_much"]
    assert answers[0]["survey"] == "box_survey"
    _live(state, seed, [_letter(state.day + 1, "pause_offer")], 100)
    assert state.left[AT] == -1
    assert state.paused_until[AT] > first
    assert state.reason[AT] != TOO_MUCH


def test_the_silent_member_does_not_notice_a_mail() -> None:
    state = _at_the_end_of_the_year(1)
    assert _live(state, 1, [_letter(state.day + 1, "survey", way="mail")], 12) == []


def _at_the_end_of_the_year(seed: int) -> BoxState:
    first = day_number(TODAY) - 365
    state = BOX.begin(np.random.default_rng([seed, 220]), 220, first)
    state.day = day_number(TODAY) - 1
    happened = Happened(state.day)
    BOX.plant(state, happened)
    assert len(happened.columns("boxes")["person"]) == 12
    return state


def _letter(day: int, step: str, way: str = "letter") -> Arrival:
    return Arrival(day * 86_400 + 3_600, f"<{step}>", AT, "silent_customer_survey", step, way)  # type: ignore[arg-type]


def _live(state: BoxState, seed: int, arrivals: list[Arrival], days: int) -> list[dict[str, str]]:
    answers = []
    for k in range(days):
        happened = BOX.live(state, arrivals if k == 0 else [], seed, True)
        if "survey_answers" in happened.files:
            columns = happened.columns("survey_answers")
            mine = np.flatnonzero((columns["person"] == AT) & (columns["survey"] == "box_survey"))
            answers += [{name: str(columns[name][row]) for name in ("survey", "answer")} for row in mine]
    return answers


def test_a_day_that_is_lived_again_adds_nothing(box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin, outbox = Path(shutil.copytree(box, tmp_path / "twin")), tmp_path / "outbox"
    for row in rows_of(box, "persons")[:60]:
        post_letter(outbox, row["person_id"], "silent_customer_survey", "survey", TODAY)
    days = [TODAY + timedelta(days=k) for k in range(8)]
    for day in days:
        live_one_day(twin, day, outbox)
    for day in days:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("kizuna.examples.kit.company.save_state", _power_cut)
            live_one_day(box, day, outbox)
        live_one_day(box, day, outbox)
    assert bytes_of(box) == bytes_of(twin)
    answers = [row for row in rows_of(box, "survey_answers") if row["survey"] == "box_survey"]
    assert 5 < len(answers) == len({row["person_id"] for row in answers})
    assert live_one_day(box, days[-1], outbox).already_lived


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt

"""The shop's world lives on: once a day, whatever crashes, and each message changes only what it truly changes."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest
from kizuna.examples.kit import company as kit
from kizuna.examples.kit.journal import DayOutOfOrder
from kizuna.examples.kit.storage import load_state
from kizuna.examples.shop.company import PERSON_OF_THE_SCENARIO
from kizuna.examples.shop.scenario import THINKS_IT_OVER_DAYS
from kizuna.examples.shop.state import ShopState
from kizuna.examples.shop.world import live_one_day

from .komorebi import TODAY, Rows, bytes_of, entry, letter, mail, rows_of

#: A whole year of a company is written and lived: minutes on a small machine.
pytestmark = pytest.mark.slow

SCENARIO = f"P{PERSON_OF_THE_SCENARIO:06d}"


def live(folder: Path, days: int, outbox: Path, *, first: int = 0) -> Counter[str]:
    total: Counter[str] = Counter()
    for k in range(first, first + days):
        total.update(live_one_day(folder, TODAY + timedelta(days=k), outbox).counts)
    return total


def reachable(folder: Path) -> Rows:
    left = {row["person_id"] for row in rows_of(folder, "consents") if row["state"] == "withdrawn"}
    agreed = {row["person_id"] for row in rows_of(folder, "consents") if row["channel"] == "email"} - left
    return [row for row in rows_of(folder, "persons") if row["person_id"] in agreed]


def test_a_day_is_lived_once_and_in_its_turn(shop: Path, outbox: Path) -> None:
    with pytest.raises(DayOutOfOrder, match="stands at 2026-04-14"):
        live_one_day(shop, TODAY + timedelta(days=1), outbox)
    assert not live_one_day(shop, TODAY, outbox).already_lived
    lived = bytes_of(shop)
    assert live_one_day(shop, TODAY, outbox).already_lived
    assert bytes_of(shop) == lived


class PowerCut(Exception):
    """The machine stopped here."""


@pytest.mark.parametrize("moment", ["_append", "_write_anew", "save_state"])
def test_a_crash_in_the_middle_of_a_day_doubles_nothing(
    shop: Path, outbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    for person in reachable(shop)[:60]:
        mail(outbox, person["email"], "nps_survey", "question", TODAY)
    twin = Path(shutil.copytree(shop, tmp_path / "twin"))
    live(twin, 3, outbox)

    def stop(*_: object, **__: object) -> None:
        raise PowerCut

    for k in range(3):
        with monkeypatch.context() as patch, pytest.raises(PowerCut):
            patch.setattr(kit, moment, stop)
            live(shop, 1, outbox, first=k)
        live(shop, 1, outbox, first=k)
    assert bytes_of(shop) == bytes_of(twin)


def test_a_mail_changes_nobody_elses_life(shop: Path, outbox: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(shop, tmp_path / "twin"))
    written = [person for person in reachable(shop) if person["person_id"] != SCENARIO][:80]
    for person in written:
        mail(outbox, person["email"], "points_reminder", "balance", TODAY)
    live(shop, 12, outbox)
    live(twin, 12, tmp_path / "nothing")
    theirs = {person["person_id"] for person in written}
    for name in ("orders", "web_events", "store_visits", "mail_events"):
        lives = [
            sorted(tuple(list(r.values())[1:]) for r in rows_of(folder, name) if r["person_id"] not in theirs)
            for folder in (shop, twin)
        ]
        assert lives[0] == lives[1], name


def test_mails_letters_and_audiences_arrive_each_in_its_way(shop: Path, outbox: Path) -> None:
    people = reachable(shop)
    for person in people[:100]:
        mail(outbox, person["email"], "nps_survey", "question", TODAY)
    for person in people[100:160]:
        letter(outbox, person["person_id"], "loyalty_thanks", "thanks", TODAY)
        entry(outbox, "audiences/post_purchase_quiet", person["person_id"], "post_purchase_quiet", "no_coupons", TODAY)
    for person in people[160:170]:
        entry(outbox, "tasks/staff@komorebi.example", person["person_id"], "apology_care", "apology", TODAY)
    first = live(shop, 1, outbox)
    assert (first["sent"], first["letters"], first["audiences"], first["tasks"]) == (100, 60, 60, 10)
    rest = live(shop, 9, outbox, first=1)
    assert not {"sent", "letters", "audiences", "tasks"} & set(rest)
    assert 10 < first["answered"] + rest["answered"] < 45
    state = load_state(ShopState, shop / "world" / "state.npz")
    quiet, thanked = (state.effect_until[slot] > 0 for slot in (8, 10))
    assert quiet.sum() == 60
    assert 25 < thanked.sum() < 58  # those who read the letter
    letters_logged = [r for r in rows_of(shop, "mail_events") if "loyalty_thanks" in r["message_id"]]
    assert letters_logged == []


def test_what_is_no_message_of_ours_changes_nothing(shop: Path, outbox: Path) -> None:
    mail(outbox, "someone@elsewhere.example", "nps_survey", "question", TODAY)
    mail(outbox, "a.b.999999@kazemail.example", "nps_survey", "question", TODAY)
    entry(outbox, "audiences/x", "P999999", "x", "y", TODAY)
    (outbox / "audiences" / "x" / "broken.json").write_text("{", encoding="utf-8")
    (outbox / "letters").mkdir()
    (outbox / "letters" / "empty.html").write_bytes(b"\xff\xfe")
    counts = live_one_day(shop, TODAY, outbox).counts
    assert not {"sent", "letters", "audiences", "tasks"} & set(counts)


def test_thirty_days_bring_new_customers_and_close_tickets_in_seconds(shop: Path, outbox: Path) -> None:
    before = {name: rows_of(shop, name) for name in ("persons", "tickets", "referrals")}
    began = perf_counter()
    counts = live(shop, 30, outbox)
    assert perf_counter() - began < 15
    persons = rows_of(shop, "persons")
    assert len(persons) == len(before["persons"]) + counts["joined"] > len(before["persons"])
    assert len(rows_of(shop, "referrals")) == len(before["referrals"]) + counts["referred"]
    assert {row["person_id"] for row in rows_of(shop, "consents")} <= {row["person_id"] for row in persons}
    tickets = rows_of(shop, "tickets")
    assert len({row["ticket_id"] for row in tickets}) == len(tickets) == len(before["tickets"]) + counts["tickets"]
    were_open = {row["ticket_id"] for row in before["tickets"] if not row["closed_at"]}
    closed = {row["ticket_id"] for row in tickets if row["closed_at"]}
    assert len(were_open & closed) > 0.3 * len(were_open)
    assert all(row["opened_at"] < row["closed_at"] for row in tickets if row["closed_at"])


def test_the_person_of_the_scenario_thinks_it_over(shop: Path, outbox: Path) -> None:
    bought = len([row for row in rows_of(shop, "orders") if row["person_id"] == SCENARIO])
    person = next(row for row in rows_of(shop, "persons") if row["person_id"] == SCENARIO)
    mail(outbox, person["email"], "upgrade_interest", "viewed", TODAY)
    live(shop, THINKS_IT_OVER_DAYS, outbox)
    assert len([row for row in rows_of(shop, "orders") if row["person_id"] == SCENARIO]) == bought
    events = [r for r in rows_of(shop, "mail_events") if r["person_id"] == SCENARIO and r["message_id"]]
    assert {"sent", "opened"} <= {row["kind"] for row in events}

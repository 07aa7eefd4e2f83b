"""The hidden world: what the product's mails lead to, and that no day is lived twice."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from kizuna.examples.saas import world
from kizuna.examples.saas.state import State, load
from kizuna.examples.saas.world import DayOutOfOrder, live_one_day

pytestmark = pytest.mark.slow

TODAY = date(2026, 4, 15)
Post = Callable[..., Path]


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def reachable(folder: Path) -> list[dict[str, str]]:
    """Primary contacts of accounts that are still there."""
    state = load(folder / "world" / "state.npz")
    contacts = [row for row in rows_of(folder, "contacts") if row["is_primary"] == "true"]
    return [c for c, there in zip(contacts, state.active, strict=True) if there]


def test_a_day_is_lived_once(company: Path, outbox: Path) -> None:
    first = live_one_day(company, TODAY, outbox)
    assert not first.already_lived
    assert first.events > 0
    lived = bytes_of(company)
    second = live_one_day(company, TODAY, outbox)
    assert second.already_lived
    assert bytes_of(company) == lived


def test_days_come_one_after_the_other(company: Path, outbox: Path) -> None:
    with pytest.raises(DayOutOfOrder, match="stands at 2026-04-14"):
        live_one_day(company, TODAY + timedelta(days=1), outbox)


def test_the_same_mails_lead_to_the_same_days(company: Path, outbox: Path, post: Post, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(company, tmp_path / "twin"))
    for contact in reachable(company)[:50]:
        post(contact["email"], "usage_digest", "digest", TODAY)
    for folder in (company, twin):
        for k in range(20):
            live_one_day(folder, TODAY + timedelta(days=k), outbox)
    assert bytes_of(company) == bytes_of(twin)


def test_source_files_grow_and_stay_consistent(company: Path, outbox: Path) -> None:
    before = {
        name: len(rows_of(company, name)) for name in ("app_events", "orders", "tickets", "usage", "subscriptions")
    }
    summaries = [live_one_day(company, TODAY + timedelta(days=k), outbox) for k in range(50)]
    after = {name: len(rows_of(company, name)) for name in before}
    assert after["app_events"] - before["app_events"] == sum(s.events for s in summaries)
    assert after["tickets"] - before["tickets"] == sum(s.tickets for s in summaries)
    assert after["orders"] > before["orders"]
    assert after["subscriptions"] == before["subscriptions"]
    for name, key in (
        ("app_events", "event_id"),
        ("orders", "order_id"),
        ("mail_events", "event_id"),
        ("tickets", "ticket_id"),
    ):
        assert max(Counter(row[key] for row in rows_of(company, name)).values()) == 1
    months = Counter((row["account_id"], row["month"]) for row in rows_of(company, "usage"))
    assert max(months.values()) == 1
    assert {"2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"} <= {month for _, month in months}
    cancelled = [
        row["cancelled_on"] for row in rows_of(company, "subscriptions") if row["cancelled_on"] >= "2026-04-15"
    ]
    assert len(cancelled) == sum(s.cancelled for s in summaries)
    state = load(company / "world" / "state.npz")
    assert sum(not row["closed_at"] for row in rows_of(company, "tickets")) == len(state.open_tickets)


@pytest.mark.parametrize("moment", ["before the files", "between the files", "before the state"])
def test_a_crash_in_the_middle_of_a_day_doubles_nothing(
    company: Path, outbox: Path, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    days = [TODAY + timedelta(days=k) for k in range(17)]
    for contact in reachable(company)[:40]:
        post(contact["email"], "survey_before_discount", "survey", TODAY)
    twin = Path(shutil.copytree(company, tmp_path / "twin"))
    for day in days:
        live_one_day(twin, day, outbox)
    for day in days:
        with monkeypatch.context() as patch, pytest.raises(PowerCut):
            _cut_power(patch, moment)
            live_one_day(company, day, outbox)
        live_one_day(company, day, outbox)
    assert bytes_of(company) == bytes_of(twin)


class PowerCut(Exception):
    """The machine stopped here."""


def _cut_power(patch: pytest.MonkeyPatch, moment: str) -> None:
    def stop(*_: object, **__: object) -> None:
        raise PowerCut

    if moment == "before the files":
        patch.setattr(world, "_write", stop)
    elif moment == "between the files":
        patch.setattr(world, "_replace_tickets", stop)
        patch.setattr(world, "replace_lines", stop)
    else:
        patch.setattr(State, "save", stop)


def test_a_mail_is_answered_once_however_often_it_lies_there(company: Path, outbox: Path, post: Post) -> None:
    everybody = reachable(company)
    for contact in everybody:
        path = post(contact["email"], "survey_before_discount", "survey", TODAY)
        shutil.copy(path, path.with_name("copy-" + path.name))
    summaries = [live_one_day(company, TODAY + timedelta(days=k), outbox) for k in range(8)]
    assert summaries[0].sent == len(everybody)
    assert sum(s.sent for s in summaries) == len(everybody)
    answers = [row for row in rows_of(company, "survey_answers") if row["survey"] == "survey_before_discount"]
    assert len({row["contact_id"] for row in answers}) == len(answers) == sum(s.answered for s in summaries)
    assert 0.2 < len(answers) / len(everybody) < 0.4
    events = [row for row in rows_of(company, "mail_events") if row["message_id"]]
    assert {row["kind"] for row in events} >= {"sent", "opened", "clicked"}
    assert all(row["message_id"].endswith("survey.1@nagare.example>") for row in events)
    assert all(row["happened_at"] >= TODAY.isoformat() for row in events)


def test_a_mail_of_tomorrow_waits(company: Path, outbox: Path, post: Post) -> None:
    post(reachable(company)[0]["email"], "usage_digest", "digest", TODAY + timedelta(days=1))
    assert live_one_day(company, TODAY, outbox).sent == 0
    assert live_one_day(company, TODAY + timedelta(days=1), outbox).sent == 1


def test_strangers_and_unreadable_mails_change_nothing(company: Path, outbox: Path, post: Post) -> None:
    post("someone@elsewhere.example", "usage_digest", "digest", TODAY)
    post("a.b@aoba999999.example", "usage_digest", "digest", TODAY)
    (outbox / "sent" / "broken.eml").write_bytes(b"\xff\xfe not a mail")
    assert live_one_day(company, TODAY, outbox).sent == 0


def test_reps_send_most_of_their_drafts_within_two_days(company: Path, outbox: Path, post: Post) -> None:
    drafts = reachable(company)[:200]
    for contact in drafts:
        post(contact["email"], "upsell_draft", "draft", TODAY, way="handed_over")
    summaries = [live_one_day(company, TODAY + timedelta(days=k), outbox) for k in range(4)]
    assert summaries[0].handed_over == 200
    assert 0.78 < sum(s.sent for s in summaries) / 200 < 0.92
    assert summaries[3].sent == 0


def test_too_many_mails_make_customers_leave_the_list(company: Path, outbox: Path, post: Post) -> None:
    everybody = reachable(company)
    few, many = everybody[:150], everybody[150:220]
    left = {}
    for name, contacts, mails in (("few", few, 1), ("many", many, 12)):
        for contact in contacts:
            for k in range(mails):
                post(contact["email"], "usage_digest", f"digest{k}", TODAY)
        left[name] = {c["contact_id"] for c in contacts}
    for k in range(5):
        live_one_day(company, TODAY + timedelta(days=k), outbox)
    gone = [row for row in rows_of(company, "mail_events") if row["kind"] == "unsubscribed" and row["message_id"]]
    counts = {name: sum(row["contact_id"] in ids for row in gone) for name, ids in left.items()}
    assert counts["many"] > 4 * max(counts["few"], 1)
    withdrawn = {r["contact_id"] for r in rows_of(company, "consents") if r["evidence"].startswith("unsubscribe-link")}
    assert withdrawn == {row["contact_id"] for row in gone}


def test_the_product_cannot_tell_a_mail_without_feedback_id_to_work(company: Path, outbox: Path) -> None:
    contact = reachable(company)[0]
    (outbox / "sent").mkdir(parents=True)
    (outbox / "sent" / "plain.eml").write_text(f"To: {contact['email']}\nSubject: hi\n\nhello\n", encoding="utf-8")
    assert live_one_day(company, TODAY, outbox).sent == 1
    assert (load(company / "world" / "state.npz").effect_factor == 1).all()

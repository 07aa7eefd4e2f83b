"""`live: true` needs everything at once, said in plain words; `doctor` looks at that and more, and changes nothing."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from kizuna.cli.app import kizuna
from kizuna.domain.errors import FaultyFile
from kizuna.service import examining, live, running
from kizuna.service.checking import check_brief
from kizuna.service.keeping import proof
from kizuna.store.tables import AuditRow, CampaignRow
from kizuna.tools.dns_records import NotKnown
from kizuna.tools.guarded_https import Answer, NotReached

from .faulty_relay import FaultyRelay
from .world import World, person, write_brief

Company = Callable[..., World]
LOG_IN = {"user": "bounces@nagare.example", "password_env": "MAIL_PASSWORD"}
READY: dict[str, Any] = {
    "live": True,
    "delivery": {
        "kind": "smtp",
        "smtp": {"host": "127.0.0.1", "port": 2525, "security": "none", "bounces": "bounces@nagare.example"},
        "inbound": {"host": "127.0.0.1", "port": 1143, "security": "none", **LOG_IN},
    },
}


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "Sakura-2026")


def pages(world: World, **changes: Any) -> Callable[..., Answer]:
    """The customers' pages as they should answer, or not quite."""

    def fetch(method: str, url: str, **options: Any) -> Answer:
        assert url.startswith("https://pages.nagare.example/health?nonce=") and method == "GET"
        nonce = parse_qs(urlsplit(url).query)["nonce"][0]
        said = {"service": "kizuna", "status": "ok", "proof": proof(world.workspace, nonce), **changes}
        return Answer(200, {"date": format_datetime(datetime.now(UTC))}, json.dumps(said).encode())

    return fetch


def ready(company: Company, changes: dict[str, Any] | None = None) -> World:
    """A founded company whose brief is to go live."""
    world = company("founded")
    write_brief(world.folder, {**READY, **(changes or {})})
    world.reopen()
    return world


def faults(world: World, fetch: Callable[..., Answer] | None = None) -> dict[str, str]:
    return {fault.field: fault.problem for fault in live.live_faults(world.workspace, fetch or pages(world))}


def test_a_campaign_that_has_everything_may_go_live(company: Company) -> None:
    world = ready(company)
    assert faults(world) == {}


def test_all_that_is_missing_is_said_at_once_with_its_line(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = {"kind": "smtp", "smtp": {**READY["delivery"]["smtp"], "user": "u", "password_env": "NO_SUCH_SECRET"}}
    delivery["smtp"]["bounces"] = "bounces@elsewhere.example"
    delivery["inbound"] = None
    sender = {"postal_address": {"ja": "TODO", "en": "1-2-3 Mihoncho"}, "contact": "???"}
    world = ready(company, {"delivery": delivery, "sender": sender})

    def fetch(*args: Any, **options: Any) -> Answer:
        raise NotReached("no answer: ConnectionRefusedError")

    without_evidence(world, 2)
    found = live.live_faults(world.workspace, fetch)
    assert {fault.field for fault in found} == {
        *("delivery.smtp.bounces", "delivery", "delivery.smtp.password_env", "sender.postal_address.ja"),
        *("sender.contact", "pages.base_url", "sources.folder"),
    }
    assert all(fault.line > 1 and fault.problem for fault in found)
    assert "2 of" in next(fault.problem for fault in found if fault.field == "sources.folder")


def without_evidence(world: World, count: int) -> None:
    """Take the evidence away from some consents that are in force."""
    path = world.workspace.data / "consents.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    withdrawn = {row["contact_id"] for row in rows if row["state"] != "granted"}
    some = [row for row in rows if row["contact_id"] not in withdrawn and row["channel"] == "email"]
    for row in some[:count]:
        row["evidence"] = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_a_folder_is_no_way_to_be_live(company: Company) -> None:
    world = ready(company, {"delivery": {"kind": "folder", "smtp": None}})
    assert "delivery.kind" in faults(world)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer(302, {"location": "https://elsewhere.example"}, b""), "redirects are not followed"),
        (Answer(404, {}, b""), "404"),
        (Answer(200, {}, b"<html>hello</html>"), "something else"),
        (Answer(200, {}, b'{"service": "kizuna", "proof": "forged"}'), "another workspace"),
        (Answer(200, {}, b'{"service": "kizuna"}'), "another workspace"),
        (Answer(200, {}, b"[1]"), "something else"),
    ],
)
def test_pages_that_are_not_ours_are_found_out(company: Company, answer: Answer, word: str) -> None:
    world = ready(company)
    assert word in faults(world, lambda *args, **options: answer)["pages.base_url"]


@pytest.mark.parametrize(
    ("domain", "organisation"),
    [
        ("shop.example", "shop.example"),
        ("mail.shop.example", "shop.example"),
        ("mail.shop.co.jp", "shop.co.jp"),
        ("shop.co.jp", "shop.co.jp"),
        ("a.b.shop.jp", "shop.jp"),
    ],
)
def test_domains_are_compared_by_organisation(domain: str, organisation: str) -> None:
    assert live.organisation_of(domain) == organisation


def test_check_and_run_refuse_with_the_same_words_and_start_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ready(company)

    def refuse(*args: Any, **options: Any) -> Answer:
        raise NotReached("no answer")

    monkeypatch.setattr(live, "exchange", refuse)
    with pytest.raises(FaultyFile, match="can't be reached") as checked:
        check_brief(world.folder / "brief.yaml")
    with pytest.raises(FaultyFile, match="can't be reached") as run:
        running.start(world.workspace, person("mori"))
    assert str(checked.value) == str(run.value) and world.rows(CampaignRow) == []


def test_a_running_campaign_goes_live_only_with_everything(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    world = company("planned")
    write_brief(world.folder, {"live": True})
    world.reopen()
    monkeypatch.setattr(live, "exchange", pages(world))
    with pytest.raises(FaultyFile, match="sends by SMTP"):
        running.start(world.workspace, person("mori"))
    assert not world.one(CampaignRow, "nagare-save").brief["live"]


# doctor


class Records:
    """A name server with these answers."""

    def __init__(self, **records: list[str]) -> None:
        self.records = records

    def txt(self, name: str) -> list[str]:
        if "silent" in self.records:
            raise NotKnown("the name server does not answer")
        return self.records.get("dmarc" if name.startswith("_dmarc.") else "txt", [])

    def mx(self, name: str) -> list[str]:
        return self.records.get("mx", [])

    def names_of(self, host: str) -> list[str]:
        return self.records.get("ptr", [])


GOOD = Records(txt=["v=spf1 mx -all", "other"], dmarc=["v=DMARC1; p=reject"], mx=["mx.nagare.example"], ptr=["mx.x"])


def examined(world: World, resolver: Any = GOOD, fetch: Callable[..., Answer] | None = None) -> dict[str, str]:
    found = examining.examine(world.workspace, fetch=fetch or pages(world), resolver=resolver)
    return {finding.what: finding.state for finding in found}


def test_doctor_says_what_is_fine_and_what_was_not_checked(company: Company) -> None:
    world = ready(company)
    with FaultyRelay() as relay:
        settings = {**READY["delivery"]["smtp"], "port": relay.port}
        write_brief(world.folder, {**READY, "delivery": {"kind": "smtp", "smtp": settings, "inbound": None}})
        world.reopen()
        states = examined(world)
        assert relay.kept == [] and "DATA" not in relay.commands
    assert states == {
        **dict.fromkeys(("store", "audit", "relay", "pages", "clock", "spf", "dmarc", "mx", "ptr"), "fine"),
        **dict.fromkeys(("inbound", "mailboxes"), "not_needed"),
        "dkim": "not_checked",
    }


def test_doctor_finds_what_is_broken(company: Company) -> None:
    world = ready(company)
    world.write(lambda session: session.add(AuditRow(**_forged_row())))
    no_pages = pages(world, proof="x")
    states = examined(world, Records(txt=["v=spf1 a -all", "v=spf1 b -all"]), no_pages)
    broken = {what for what, state in states.items() if state == "broken"}
    assert broken == {"audit", "relay", "inbound", "pages", "spf", "dmarc", "mx", "ptr"}


def _forged_row() -> dict[str, Any]:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    row = {"seq": 1, "at": now, "actor": "x", "action": "x", "subject": "x", "previous": "0", "hash": "0"}
    return {name: value for name, value in row.items() if hasattr(AuditRow, name)}


def test_a_name_server_that_is_silent_says_nothing_about_the_records(company: Company) -> None:
    states = examined(ready(company), Records(silent=[""]))
    assert states["spf"] == states["dmarc"] == "not_checked"


def test_a_clock_that_is_off_is_found(company: Company) -> None:
    world = ready(company)

    def late(method: str, url: str, **options: Any) -> Answer:
        answer = pages(world)(method, url, **options)
        return Answer(200, {"date": format_datetime(datetime.now(UTC) + timedelta(hours=1))}, answer.body)

    assert examined(world, fetch=late)["clock"] == "broken"


@pytest.mark.parametrize(("language", "word"), [("en", "Mail relay"), ("ja", "メールサーバー")])
def test_the_command_speaks_both_languages_and_ends_well_where_nothing_needed_is_broken(
    company: Company, language: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = company("founded")
    monkeypatch.setattr(examining, "exchange", pages(world))
    monkeypatch.setattr(examining, "SystemResolver", lambda: GOOD)
    asked = ["--lang", language, "doctor", "--brief", str(world.folder / "brief.yaml")]
    result = CliRunner().invoke(kizuna, asked)
    assert result.exit_code == 0, result.output
    assert word in result.output
    broken = CliRunner().invoke(kizuna, [*asked, "--json"])
    assert json.loads(broken.output)["ok"] is True


def test_the_command_ends_with_1_where_something_needed_is_broken(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ready(company)
    monkeypatch.setattr(examining, "exchange", pages(world))
    monkeypatch.setattr(examining, "SystemResolver", lambda: GOOD)
    result = CliRunner().invoke(kizuna, ["doctor", "--brief", str(Path(world.folder) / "brief.yaml")])
    assert result.exit_code == 1 and "✗" in result.output

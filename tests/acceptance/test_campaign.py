"""A campaign from the command line: it stops for people, who decide from processes of their own."""

import re
import sqlite3
from contextlib import closing

import pytest

from .conftest import Company, Ran

PLAN = "nagare-save.1.plan.0"
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


def test_run_stops_at_the_plan_and_says_who_where_and_how(planned: tuple[Company, Ran]) -> None:
    company, ran = planned
    assert ran.code == 0
    assert "Traceback" not in ran.err
    assert "a supervisor" in ran.out
    assert PLAN in ran.out
    for command in ("kizuna show", "kizuna approve", "kizuna reject", "kizuna reviews"):
        assert command in ran.out
    assert not (company.folder / "outbox").exists()


def test_run_says_what_it_is_doing_while_it_works(planned: tuple[Company, Ran]) -> None:
    said = [line.split(":")[0] for line in planned[1].err.splitlines()]
    assert {"Analysis", "Strategy"} <= set(said)


def test_only_a_marketer_starts_a_campaign(company: Company) -> None:
    ran = company.run("run", who="sato")
    assert ran.code == 1
    assert "marketer" in ran.err


def test_nobody_starts_a_campaign_without_logging_in(company: Company) -> None:
    company.token("mori").unlink()
    ran = company.run("run")
    assert ran.code == 1
    assert "kizuna login" in ran.err


def test_own_work_is_refused_and_another_process_decides(waiting: Company) -> None:
    refused = waiting.run("approve", PLAN)
    assert refused.code == 1
    assert refused.err.startswith("kizuna: ")
    assert "own work" in refused.err
    approved = waiting.run("approve", PLAN, "--json", who="sato")
    assert approved.code == 0
    assert [row["decided"] for row in approved.json] == ["approve"]
    again = waiting.run("approve", PLAN, who="sato")
    assert again.code == 1
    assert "by sato already" in again.err


def test_the_run_goes_on_from_the_decision_and_nothing_leaves_before_its_own(waiting: Company) -> None:
    assert waiting.run("approve", PLAN, who="sato").code == 0
    ran = waiting.run("tick", "--json")
    assert ran.code == 0
    assert {"batch", "each"} >= {row["kind"] for row in ran.json["waiting"]} != set()
    assert ran.json["deliveries"] == {}
    assert not (waiting.folder / "outbox").exists()


@pytest.mark.slow
def test_a_rejected_plan_comes_back_smaller(waiting: Company) -> None:
    before = waiting.run("show", PLAN, "--json").json["review"]["summary"]["contacts"]
    rejected = waiting.run("reject", PLAN, "--reason", "too many at once", "--wish", "fewer", who="sato")
    assert rejected.code == 0
    assert "too many at once" in waiting.run("tick").err
    revised = waiting.run("show", "nagare-save.1.plan.1", "--json").json["review"]
    assert revised["summary"]["contacts"] < before


def test_what_scripts_read_is_json(waiting: Company) -> None:
    assert waiting.run("status", "--json").json["state"] == "running"
    assert [row["id"] for row in waiting.run("reviews", "--json").json] == [PLAN]
    assert waiting.run("report", "--json").json["verdict"] == "collecting"
    assert len(waiting.run("playbooks", "--json").json) == 25


def test_somebody_left_alone_has_a_receipt_too(waiting: Company) -> None:
    with closing(sqlite3.connect(waiting.folder / ".kizuna" / "kizuna.db")) as store:
        left_alone = store.execute("SELECT unit_id, reason FROM decision WHERE action IS NULL").fetchall()
    unit, reason = left_alone[0]
    decision = waiting.run("why", unit, "--json").json["decisions"][0]
    assert (decision["action"], decision["reason"]) == (None, reason)
    assert 0 <= decision["probability"] <= 1


def test_marketers_read_it_in_japanese(waiting: Company) -> None:
    shown = waiting.run("--lang", "ja", "show", PLAN)
    assert JAPANESE.search(shown.out)
    assert JAPANESE.search(waiting.run("status", KIZUNA_LANG="ja").out)
    assert "\x1b" not in shown.out + shown.err, "no colours where there is no terminal"


def test_the_report_is_one_page_that_needs_no_network(waiting: Company) -> None:
    assert waiting.run("report", "--html", "report.html").code == 0
    page = (waiting.folder / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert not re.search(r"""(src|href)=["']https?://""", page)


def test_a_paused_campaign_says_so(waiting: Company) -> None:
    assert waiting.run("pause", "--reason", "wrong price", who="sato").code == 0
    assert "wrong price" in waiting.run("status").out

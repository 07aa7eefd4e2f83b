"""A campaign from the command line: it stops for people, who decide from processes of their own."""

import re

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


def test_own_work_is_refused_and_nothing_moves(waiting: Company) -> None:
    ran = waiting.run("approve", PLAN)
    assert ran.code == 1
    assert ran.err.startswith("kizuna: ")
    assert "own work" in ran.err
    assert waiting.run("status", "--json").json["waiting"][0]["id"] == PLAN


def test_a_decision_from_another_process_goes_on_and_nothing_leaves_yet(waiting: Company) -> None:
    approved = waiting.run("approve", PLAN, "--json", who="sato")
    assert approved.code == 0
    assert approved.json["decided"] == "approve"
    again = waiting.run("approve", PLAN, who="sato")
    assert again.code == 1
    assert "by sato already" in again.err
    assert waiting.run("tick").code == 0
    status = waiting.run("status", "--json").json
    assert {"batch", "each"} >= {row["kind"] for row in status["waiting"]} != set()
    assert status["deliveries"] == {}
    assert not (waiting.folder / "outbox").exists()


def test_a_rejected_plan_comes_back_smaller(waiting: Company) -> None:
    before = waiting.run("show", PLAN, "--json").json["review"]["summary"]["contacts"]
    rejected = waiting.run("reject", PLAN, "--reason", "too many at once", "--wish", "fewer", who="sato")
    assert rejected.code == 0
    ran = waiting.run("tick")
    assert "too many at once" in ran.err
    revised = waiting.run("show", "nagare-save.1.plan.1", "--json").json["review"]
    assert revised["summary"]["contacts"] < before


def test_what_scripts_read_is_json(waiting: Company) -> None:
    unit = waiting.run("show", PLAN, "--json").json
    assert unit["review"]["digest"]
    assert waiting.run("status", "--json").json["state"] == "running"
    assert [row["id"] for row in waiting.run("reviews", "--json").json] == [PLAN]
    assert waiting.run("report", "--json").json["verdict"] == "collecting"
    assert len(waiting.run("playbooks", "--json").json) == 5
    assert waiting.run("tick", "--json").json["waiting"][0]["role"] == "supervisor"


def test_a_receipt_tells_also_why_somebody_was_left_alone(waiting: Company) -> None:
    units = [f"A{number:06d}" for number in range(1, 60)]
    receipts = [ran.json for unit in units[:12] if (ran := waiting.run("why", unit, "--json")).code == 0]
    decisions = [receipt["decisions"][0] for receipt in receipts]
    assert decisions
    assert all(decision["action"] or decision["reason"] for decision in decisions)
    assert all(0 <= decision["probability"] <= 1 for decision in decisions)


def test_marketers_read_it_in_japanese(waiting: Company) -> None:
    for command in (["status"], ["show", PLAN], ["reviews"], ["report"]):
        ran = waiting.run("--lang", "ja", *command)
        assert ran.code == 0
        assert JAPANESE.search(ran.out), command
    assert JAPANESE.search(waiting.run("status", KIZUNA_LANG="ja").out)


def test_no_colours_where_there_is_no_terminal(waiting: Company) -> None:
    for command in (["show", PLAN], ["report"], ["playbooks"], ["tick"]):
        ran = waiting.run(*command)
        assert "\x1b" not in ran.out + ran.err


def test_the_report_is_one_page_that_needs_no_network(waiting: Company) -> None:
    ran = waiting.run("report", "--html", "report.html")
    assert ran.code == 0
    page = (waiting.folder / "report.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert not re.search(r"""(src|href)=["']https?://""", page)


def test_a_paused_campaign_says_so_and_only_some_may_resume_it(waiting: Company) -> None:
    assert waiting.run("pause", "--reason", "wrong price", who="sato").code == 0
    assert "wrong price" in waiting.run("status").out
    assert waiting.run("resume", who="sato").code == 0
    assert "wrong price" not in waiting.run("status").out

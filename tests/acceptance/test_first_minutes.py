"""The first minutes with the command: help, a company to try, a brief with mistakes, logging in."""

import json
import re
import resource
import stat
from pathlib import Path

import pytest

from .conftest import PASSWORD, Company, kizuna


def test_help_answers_quickly(tmp_path: Path) -> None:
    assert min(_cpu_seconds_of_help(tmp_path) for _ in range(3)) < 0.3


def _cpu_seconds_of_help(folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert kizuna("--help", cwd=folder).code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_an_unknown_command_suggests_the_one_meant(tmp_path: Path) -> None:
    ran = kizuna("reveiws", cwd=tmp_path)
    assert ran.code == 2
    assert "Did you mean `reviews`?" in ran.err


def test_the_schema_is_json_with_every_key_of_the_brief(tmp_path: Path) -> None:
    schema = kizuna("schema", cwd=tmp_path).json
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"goal", "guardrails", "groups", "playbooks", "reviewers"} <= set(schema["properties"])


def test_init_says_what_to_type_next(tmp_path: Path) -> None:
    ran = kizuna("init", "--customers", "100", "mine", cwd=tmp_path)
    assert ran.code == 0
    assert "kizuna check" in ran.out
    assert (tmp_path / "mine" / "brief.yaml").exists()


def test_init_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine", encoding="utf-8")
    ran = kizuna("init", str(tmp_path), cwd=tmp_path)
    assert ran.code == 2
    assert "not empty" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_without_a_brief_it_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    ran = kizuna("status", cwd=tmp_path)
    assert ran.code == 2
    assert "there is no brief.yaml" in ran.err
    assert list(tmp_path.iterdir()) == []


#: A line of the example's brief, and what a hurried marketer makes of it.
BROKEN = {
    r"metric: ltv\b": "metric: lvt",
    r"lift: 10 %": "lift: a lot",
    r"\nexploration:": "\nexplroation:",
    r"holdout: \d+ %": "holdout: 99 %",
    r"\ncycle: 30d": "\ncycle: 30 moons",
}


@pytest.fixture
def broken(company: Company) -> Company:
    text = company.brief.read_text(encoding="utf-8")
    for good, bad in BROKEN.items():
        text, found = re.subn(good, bad, text, count=1)
        assert found, good
    company.brief.write_text(text, encoding="utf-8")
    return company


def test_check_reports_every_fault_at_once_with_line_field_and_hint(broken: Company) -> None:
    ran = broken.run("check")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    lines = broken.brief.read_text(encoding="utf-8").splitlines()
    for field, bad in (
        ("goal.metric", "metric: lvt"),
        ("goal.lift", "lift: a lot"),
        ("explroation", "explroation:"),
        ("groups", "groups:"),
        ("cycle", "cycle: 30 moons"),
    ):
        number = next(i for i, line in enumerate(lines, 1) if line.strip().startswith(bad))
        assert f"brief.yaml:{number}: {field}" in ran.err
    assert "`ltv`" in ran.err
    assert "`exploration`" in ran.err


def test_check_tells_a_script_the_same_as_a_person(broken: Company) -> None:
    ran = broken.run("check", "--json")
    assert ran.code == 1
    assert ran.json["ok"] is False
    assert len(ran.json["faults"]) >= len(BROKEN)
    assert all(fault["line"] and fault["field"] and fault["problem"] for fault in ran.json["faults"])


def test_check_of_a_good_brief_says_what_it_allows(company: Company) -> None:
    ran = company.run("check", "--json")
    assert ran.code == 0
    assert ran.json["ok"] is True
    assert len(ran.json["actions"]) == 7


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(company: Company) -> None:
    company.token("sato").unlink()
    wrong = company.run("login", "sato", who="sato", stdin="not my password")
    nobody = company.run("login", "nobody", who="sato", stdin="not my password")
    assert (wrong.code, nobody.code) == (1, 1)
    assert wrong.err == nobody.err == "kizuna: login or password is wrong\n"
    assert not company.token("sato").exists()


def test_the_log_in_is_kept_where_only_its_owner_can_read_it(company: Company) -> None:
    assert company.run("login", "sato", who="sato", stdin=PASSWORD).code == 0
    assert stat.S_IMODE(company.token("sato").stat().st_mode) == 0o600
    company.token("sato").chmod(0o644)
    ran = company.run("whoami", who="sato")
    assert ran.code == 1
    assert "can be read by others" in ran.err


def test_who_is_logged_in_is_told_as_json(company: Company) -> None:
    assert json.loads(company.run("whoami", "--json").out) == {
        "login": "mori",
        "name": "Mori",
        "roles": ["marketer", "operator"],
    }

"""The demo as a newcomer runs it: everything that the README says it shows is on the screen."""

import re
from pathlib import Path

import pytest

from .conftest import Ran, kizuna

pytestmark = pytest.mark.slow
CYCLES = 4
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def played(folder: Path) -> Ran:
    return kizuna("demo", "company", cwd=folder)


def test_it_ends_well_and_says_how_to_open_the_report(played: Ran, folder: Path) -> None:
    assert played.code == 0, played.err
    assert "Traceback" not in played.err
    assert "report.html" in played.out
    for name in ("report.html", "report.ja.html", "brief.yaml"):
        assert (folder / "company" / name).stat().st_size > 0


def test_own_work_is_refused(played: Ran) -> None:
    assert re.search(r"^kizuna: mori .*nobody approves their own work", played.out, re.MULTILINE)


def test_a_rejection_is_followed_by_a_revision(played: Ran) -> None:
    rejected = re.search(r"^\w+\$ kizuna reject nagare-save\.1\.(\w+)\.0 --reason", played.out, re.MULTILINE)
    assert rejected
    assert f"nagare-save.1.{rejected[1]}.1" in played.out


def test_a_person_changes_words_and_sees_the_difference(played: Ran) -> None:
    assert re.search(r"^\w+\$ kizuna edit ", played.out, re.MULTILINE)
    assert "--- before\n+++ after" in played.out


def test_every_cycle_asks_for_its_plan(played: Ran) -> None:
    approved = re.findall(r"^sato\$ kizuna approve nagare-save\.(\d)\.plan\.0", played.out, re.MULTILINE)
    assert approved == [str(cycle) for cycle in range(1, CYCLES + 1)]


def test_the_report_has_a_verdict_and_says_that_the_company_is_made_up(played: Ran, folder: Path) -> None:
    report = kizuna("report", "--json", cwd=folder / "company").json
    assert report["is_final"]
    assert report["verdict"] in ("better", "worse", "no_difference")
    assert report["fictional"]
    assert "fictional company and data" in played.out


def test_every_mail_that_left_is_a_file_and_on_record(played: Ran, folder: Path) -> None:
    status = kizuna("status", "--json", cwd=folder / "company").json
    left = [path for path in (folder / "company" / "outbox").rglob("*") if path.is_file()]
    assert len(left) == status["deliveries"]["sent"] + status["deliveries"]["handed_over"] > 0
    mails = [path for path in left if path.suffix == ".eml"]
    assert all(b"\nMessage-ID: <" in mail.read_bytes() for mail in mails[:20])


def test_the_readme_shows_what_the_screen_shows(played: Ran) -> None:
    excerpt = re.search("<!-- demo:begin.*?```console\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert excerpt
    screen = {_without_figures(line) for line in [*played.out.splitlines(), *played.err.splitlines()]}
    shown = [_without_figures(line) for line in excerpt[1].splitlines()]
    assert [line for line in shown if line and line not in screen] == []


def _without_figures(line: str) -> str:
    """Other companies have other figures; quotes are the shell's, and columns are as wide as they need to be."""
    return " ".join(re.sub(r"(?<![A\d])\d[\d,]*", "N", line).replace("'", "").split())

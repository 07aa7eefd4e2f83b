"""The demo as a newcomer runs it: everything that the README says it shows is on the screen."""

import re
from pathlib import Path

import numpy as np
import pytest
from kizuna.agents.simulating import decide, simulate
from kizuna.agents.twin_living import Lives
from kizuna.agents.twin_making import make_twin
from kizuna.agents.twin_truth import Effects
from kizuna.agents.twin_ways import History, read_standing
from kizuna.service.trying_out import workspace_to_try
from kizuna.store import campaigns
from kizuna.store.database import Store, sqlite_url

from .conftest import Ran, kizuna

pytestmark = pytest.mark.slow
CYCLES = 4
RUNS = 60
#: What each action does on average to those it fits, as the example's world has it (examples/saas/truth.py).
TRUTH = {
    "feature_tutorial": 0.07,
    "survey_before_discount": 0.02,
    "usage_digest": 0.0,
    "renewal_reminder": -0.11,
    "upsell_draft": 0.19,
    "first_month_tips": 0.03,
    "apology_care": 0.03,
}
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


def lived(folder: Path) -> list[tuple[int, float, float]]:
    """Contacts, cost and measured lift of each cycle of the real campaign."""
    store = Store(sqlite_url(folder / ".kizuna" / "kizuna.db"))
    with store.read() as session:
        cycles = campaigns.cycles(session, "nagare-save")
        plans = [campaigns.latest_plan(session, "nagare-save", cycle.number) for cycle in cycles]
    store.close()
    return [
        (plan.summary["contacts"], plan.summary["cost_jpy"], cycle.measurement["lift"]["estimate"])
        for cycle, plan in zip(cycles, plans, strict=True)
    ]


def test_this_real_campaign_agrees_with_its_simulation(played: Ran, folder: Path, tmp_path: Path) -> None:
    """Exactly where chance has no part, in range elsewhere."""
    assert played.code == 0, played.err
    assert kizuna("init", "twin", cwd=tmp_path).code == 0
    real = lived(folder / "company")
    with workspace_to_try(tmp_path / "twin" / "brief.yaml", lambda _key, _values: None) as workspace:
        twin = make_twin(workspace, 5_000)
        standing = read_standing(twin)
        first = decide(twin, standing, History(twin), Lives.of(twin), 1, {}, dict(twin.beliefs))
        effects = Effects.alike(np.array([TRUTH[name] for name in workspace.brief.playbooks]))
        runs = [simulate(twin, standing, first, effects, [1, run]) for run in range(RUNS)]
    assert len(real) == 4
    for place, (contacts, cost, lift) in enumerate(real):
        cycles = [run.cycles[place] for run in runs]
        low, high = np.quantile([cycle.contacts for cycle in cycles], [0.025, 0.975])
        assert 0.95 * low <= contacts <= 1.05 * high, f"cycle {place + 1}: {contacts} contacts, {low} to {high}"
        low, high = np.quantile([cycle.lift for cycle in cycles], [0.025, 0.975])
        assert low <= lift <= high, f"cycle {place + 1}: lift {lift:+.3f}, {low:+.3f} to {high:+.3f}"
        if place == 0:
            assert {cycle.contacts for cycle in cycles} == {contacts}
            assert {round(cycle.cost_jpy, 6) for cycle in cycles} == {round(cost, 6)}
    total = np.median([sum(cycle.cost_jpy for cycle in run.cycles) for run in runs])
    assert sum(cost for _, cost, _ in real) == pytest.approx(total, rel=0.3)

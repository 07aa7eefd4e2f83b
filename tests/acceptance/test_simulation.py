"""One whole real campaign agrees with the simulation of it: exactly where chance has no part, in range elsewhere."""

import os
import subprocess
import sys
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

pytestmark = pytest.mark.slow

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


def kizuna(*args: str, cwd: Path) -> str:
    command = [sys.executable, "-c", "from kizuna.cli.app import main; main()", *args]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1_800)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    return ran.stdout


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


def test_one_real_campaign_agrees_with_the_twin(tmp_path: Path) -> None:
    kizuna("init", "--customers", "2000", "--seed", "1", "twin", cwd=tmp_path)
    kizuna("demo", "real", "--customers", "2000", "--seed", "1", cwd=tmp_path)
    real = lived(tmp_path / "real")
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


def test_the_command_tells_the_same_twice_and_writes_its_page(tmp_path: Path) -> None:
    kizuna("init", "--customers", "500", "--seed", "2", "company", cwd=tmp_path)
    page = tmp_path / "simulation.html"
    told = [
        kizuna("simulate", "company/brief.yaml", "--runs", "6", "--json", "--html", str(page), cwd=tmp_path)
        for _ in range(2)
    ]
    assert told[0] == told[1]
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

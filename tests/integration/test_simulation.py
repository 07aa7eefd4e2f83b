"""A simulated campaign touches nothing, is the same each time, and begins exactly as the real one would."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kizuna.agents.simulating import Decided, decide, simulate
from kizuna.agents.twin import Twin
from kizuna.agents.twin_living import Lives
from kizuna.agents.twin_making import make_twin
from kizuna.agents.twin_record import Run
from kizuna.agents.twin_truth import draw_effects
from kizuna.agents.twin_ways import History, Standing, read_standing
from kizuna.agents.workspace import SIMULATED_NOW
from kizuna.decisioning.simulation.worlds import World as Truths
from kizuna.domain.errors import FaultyFile
from kizuna.domain.simulation import Simulation
from kizuna.inbox.simulation.page import render_page
from kizuna.inbox.simulation.terminal import print_simulation
from kizuna.service.simulated import Played, sum_up
from kizuna.service.trying_out import workspace_to_try
from kizuna.store import campaigns
from rich.console import Console

from .world import MORNING, World, make_company

UNITS = 400


def nobody(_key: str, _values: object) -> None:
    """Told of progress."""


def bytes_of(folder: Path) -> dict[str, str]:
    """Everything in the folder, hidden files too, with a digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


@dataclass
class Stage:
    folder: Path
    before: dict[str, str]
    tried: Path
    twin: Twin
    standing: Standing
    first: Decided

    def run(self, world: Truths = Truths.STATED, seed: int = 1, best: int | None = None) -> Run:
        effects = draw_effects(self.twin, world, best, [9, seed])
        return simulate(self.twin, self.standing, self.first, effects, [9, seed])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("twin") / "company"
    make_company(folder, units=UNITS)
    with World(folder) as world:
        world.write(lambda session: campaigns.keep_setting(session, SIMULATED_NOW, MORNING.isoformat()))
    before = bytes_of(folder)
    with workspace_to_try(folder / "brief.yaml", nobody) as workspace:
        twin = make_twin(workspace, 5_000)
        standing = read_standing(twin)
        first = decide(twin, standing, History(twin), Lives.of(twin), 1, {}, dict(twin.beliefs))
        yield Stage(folder, before, workspace.folder, twin, standing, first)


@pytest.fixture(scope="module")
def told(stage: Stage) -> Simulation:
    runs = {world: [stage.run(world, seed, best=0) for seed in range(2)] for world in Truths}
    return sum_up(Played(stage.twin, stage.first, 0, 9, runs, fictional=True))


def test_not_one_byte_of_the_company_changes(stage: Stage, told: Simulation) -> None:
    assert told.stated.runs == 2
    assert bytes_of(stage.folder) == stage.before


def test_a_folder_that_never_ran_stays_as_it_was(stage: Stage, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    shutil.copytree(stage.folder, fresh, ignore=shutil.ignore_patterns(".kizuna"))
    before = bytes_of(fresh)
    with workspace_to_try(fresh / "brief.yaml", nobody) as workspace:
        with workspace.store.write() as session:
            campaigns.keep_setting(session, "tried", "yes")
        assert workspace.secret and workspace.brief.reasoner == "rules"
        tried = workspace.folder
    assert bytes_of(fresh) == before and not tried.exists()


def test_a_faulty_brief_is_told_before_anything_is_read(stage: Stage, tmp_path: Path) -> None:
    shutil.copy(stage.folder / "brief.yaml", tmp_path)
    text = (tmp_path / "brief.yaml").read_text(encoding="utf-8").replace("goal:", "gaol:", 1)
    (tmp_path / "brief.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFile), workspace_to_try(tmp_path / "brief.yaml", nobody):
        raise AssertionError("opened")


def test_the_same_seed_gives_the_same_run_and_another_one_another(stage: Stage) -> None:
    one, again, other = stage.run(seed=4), stage.run(seed=4), stage.run(seed=5)
    assert one.true_lift == again.true_lift and [c.lift for c in one.cycles] == [c.lift for c in again.cycles]
    assert np.array_equal(one.messages, again.messages)
    assert one.true_lift != other.true_lift


@pytest.mark.slow
def test_cycle_1_decides_what_the_real_campaign_decides(stage: Stage, told: Simulation, tmp_path: Path) -> None:
    shutil.copytree(stage.folder, tmp_path / "real")
    with World(tmp_path / "real") as world:
        world.start()
        world.tick()
        plan = world.open("plan")[0].summary
    assert told.first.contacts == plan["contacts"] > 0
    assert told.first.cost_jpy == pytest.approx(plan["cost_jpy"], abs=1e-6)
    assert told.first.groups == plan["groups"]
    assert told.first.by_action == {line["action"]: line["units"] for line in plan["actions"]}


def test_where_nothing_works_nothing_is_gained_and_the_team_stops_believing(stage: Stage) -> None:
    runs = [stage.run(Truths.NONE, seed) for seed in range(6)]
    assert all(run.true_lift == 0.0 and run.gained_jpy == 0.0 for run in runs)
    action = stage.first.weighed.actions[stage.first.chosen.choice.max() - 1].action
    believed = [run.cycles[-1].beliefs[action].sd for run in runs]
    assert max(believed) <= stage.twin.beliefs[action].sd
    assert any(run.cycles[-1].beliefs != run.cycles[0].beliefs for run in runs)


def test_stronger_effects_bring_more_of_the_same_luck(stage: Stage) -> None:
    lifts = {world: np.mean([stage.run(world, seed).true_lift for seed in range(4)]) for world in Truths}
    assert lifts[Truths.OPTIMISTIC] > lifts[Truths.STATED] > lifts[Truths.HALF] > lifts[Truths.NONE] == 0.0


def test_no_limit_is_passed_in_any_cycle(stage: Stage) -> None:
    brief = stage.twin.workspace.brief
    for world in (Truths.STATED, Truths.OPTIMISTIC):
        run = stage.run(world, 7)
        assert sum(cycle.cost_jpy for cycle in run.cycles) <= brief.budget.total
        for cycle in run.cycles:
            assert max(cycle.by_rep.values(), default=0) <= brief.capacity.drafts_per_rep_per_week
        most = min(cap.messages * -(-brief.goal.horizon // cap.per) for cap in brief.guardrails.caps)
        assert run.messages.max() <= most


def test_who_is_cooling_down_or_asked_for_no_more_gets_nothing(stage: Stage) -> None:
    history = History(stage.twin)
    names = stage.twin.workspace.brief.playbooks
    everybody = np.arange(len(stage.twin.unit_ids))
    for name in names:
        history.reach(name, everybody, 29.0)
    lives = Lives.of(stage.twin)
    cooling = decide(stage.twin, stage.standing, history, lives, 2, {}, dict(stage.twin.beliefs))
    assert not cooling.chosen.choice.any()
    left = History(stage.twin)
    left.opted_out[:] = True
    gone = decide(stage.twin, stage.standing, left, lives, 2, {}, dict(stage.twin.beliefs))
    assert not gone.chosen.choice.any()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_is_told_in_both_languages_and_says_that_it_is_simulated(language: str, told: Simulation) -> None:
    hostile = told.model_copy(update={"company": {"en": "<b>Nagare</b>\x1b[31m", "ja": "<b>ナガレ</b>"}})
    page = render_page(hostile, language)
    assert "<b>Nagare" not in page and "<b>ナガレ" not in page and "\x1b" not in page
    screen = io.StringIO()
    print_simulation(hostile, language, Console(file=screen, width=100, no_color=True))
    for text in (page, screen.getvalue()):
        assert {"en": "imulated", "ja": "シミュレーション"}[language] in text
        assert "nagare-save" in text and "feature_tutorial" in text
    assert Simulation.model_validate_json(told.model_dump_json()) == told

"""Simulate a campaign: many runs on the twin in each world, and what they come to. Nothing of it is kept."""

from pathlib import Path

import numpy as np

from ..agents.simulating import Decided, decide, simulate
from ..agents.twin_living import Lives
from ..agents.twin_making import make_twin
from ..agents.twin_record import Run
from ..agents.twin_truth import draw_effects
from ..agents.twin_ways import History, read_standing
from ..agents.workspace import Progress
from ..decisioning.simulation.worlds import World
from ..domain.errors import UserError
from ..domain.simulation import Simulation
from .simulated import Played, sum_up
from .trying_out import workspace_to_try

RUNS = 200
MOST_UNITS = 5_000
#: The other worlds need no histogram: a quarter of the runs does, half of them where rare errors are counted.
_PART = {World.STATED: 1.0, World.NONE: 0.5}
_OTHERS = 0.25
_FEWEST = 20
#: What an action aims at that happens by itself often enough that there is something to spoil.
_CAN_BE_SPOILED = {"subscription": {"retained"}, "transactions": {"retained", "ordered"}}


def simulate_campaign(
    brief_path: Path, progress: Progress, *, runs: int = RUNS, seed: int = 1, most_units: int = MOST_UNITS
) -> Simulation:
    """The campaign of a brief as if it began now. The same seed gives the same figures.

    Raises FaultyFile for a faulty brief, and UserError where the brief speaks of nobody.
    """
    with workspace_to_try(brief_path, progress) as workspace:
        workspace.tell("reading", folder=workspace.data.name)
        twin = make_twin(workspace, most_units)
        standing = read_standing(twin)
        beliefs = dict(twin.beliefs)
        first = decide(twin, standing, History(twin), Lives.of(twin), 1, {}, beliefs)
        if not first.weighed.unit_ids:
            raise UserError(f"{brief_path}: nobody is in the `segment`; there is nothing to simulate")
        best, played = _counts_on(first, workspace.brief.business.model), dict[World, list[Run]]()
        for world in World:
            count = min(runs, max(_FEWEST, round(runs * _PART.get(world, _OTHERS))))
            workspace.tell("simulation.playing", world=world.value, runs=count)
            played[world] = [
                simulate(twin, standing, first, draw_effects(twin, world, best, [seed, run]), [seed, run])
                for run in range(count)
            ]
        fictional = (brief_path.resolve().parent / "world").is_dir()
        return sum_up(Played(twin, first, best, seed, played, fictional))


def _counts_on(first: Decided, model: str) -> int | None:
    """The column of the action that the first plan expects most of, of those that can do harm; None where it has none.

    Harm is fewer of what the action aims at. Where nearly none of it happens anyway, there is none to be seen.
    """
    value, choice = first.weighed.value, first.chosen.choice
    totals = [
        float(value[choice == column + 1, column].sum()) if action.value.kind in _CAN_BE_SPOILED[model] else 0.0
        for column, action in enumerate(first.weighed.actions)
    ]
    return int(np.argmax(totals)) if totals and max(totals) > 0 else None

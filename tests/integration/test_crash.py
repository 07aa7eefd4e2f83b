"""Promise 4: whatever dies wherever, the restart ends where an undisturbed run ends, and nothing leaves twice."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kizuna.agents import graph

from .processes import Launcher
from .story import ACTS, Act, assert_sound, found, state_of, time_of
from .world import FixedClock, World

#: Every so many-th commit and send is a kill point of the default run.
SPARSE = 12
#: Every so many-th moment is one of the slow run; all are with KIZUNA_KILL=everywhere.
DENSE = 1 if os.environ.get("KIZUNA_KILL") == "everywhere" else 4
#: The act of the default run: what leaves.
QUICK = ("send",)
Kill = tuple[int, str]


@dataclass(frozen=True)
class Scene:
    """One act, undisturbed: the folder before its tick, what became durable in it, and where it ended."""

    act: Act
    before: Path
    labels: list[str]
    after: dict[str, Any]
    seconds: float


@pytest.fixture(scope="session")
def launchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Launcher]]:
    """One a core."""
    both = [Launcher(tmp_path_factory.mktemp(f"launcher{n}")) for n in range(2)]
    yield both
    for launcher in both:
        launcher.close()


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory, launchers: list[Launcher]) -> dict[str, Scene]:
    """The whole campaign, undisturbed."""
    folder = tmp_path_factory.mktemp("story")
    found(folder / "company")
    acted = {}
    for act in ACTS:
        with opened(folder / "company", act) as world:
            act.prepare(world)
        before = Path(shutil.copytree(folder / "company", folder / act.name))
        began = time.monotonic()
        answer = launchers[0].run("tick", folder / "company", time_of(act))
        seconds = time.monotonic() - began
        assert answer is not None
        with opened(folder / "company", act) as world:
            acted[act.name] = Scene(act, before, answer["labels"], state_of(world), seconds)
    return acted


def opened(folder: Path, act: Act) -> World:
    return World(folder, FixedClock(time_of(act)))


def kill_points(scenes: dict[str, Scene], act: str, *, dense: bool) -> list[Kill]:
    """Where to kill in this act: at moments close together, or at one of each kind and at some commits and sends.

    Nothing becomes durable between one event and the next: "after" is all moments but the first.
    """
    if dense:
        return [(1, "before"), *((n, "after") for n in range(1, len(scenes[act].labels) + 1))][::DENSE]
    first_seen: dict[str, tuple[str, int]] = {}
    for name in sorted(scenes, key=lambda name: scenes[name].seconds):  # where it is cheapest
        for n, label in enumerate(scenes[name].labels, 1):
            first_seen.setdefault(label, (name, n))
    mine = {n for name, n in first_seen.values() if name == act}
    repeated = [n for n, label in enumerate(scenes[act].labels, 1) if label in ("commit", "send")]
    return [(n, ("before", "after")[n % 2]) for n in sorted({*mine, *repeated[::SPARSE]})]


def difference(scene: Scene, launcher: Launcher, folder: Path, kill: Kill) -> str:
    """Kill, start again, compare; '' if all is as it should be."""
    shutil.copytree(scene.before, folder)
    event, side = kill
    where = f"killed {side} event {event} ({scene.labels[event - 1]}) of {scene.act.name!r}"
    now = time_of(scene.act)
    if launcher.run("tick", folder, now, at=event, side=side) is not None:
        return f"not {where}"
    with opened(folder, scene.act) as world:
        assert_nothing_beyond(world, scene)
    again = launcher.run("tick", folder, now)
    if again is None or again["busy"]:
        return f"{where}: the restart found it busy"
    with opened(folder, scene.act) as world:
        assert_sound(world)
        after = state_of(world)
    shutil.rmtree(folder)
    wrong = [name for name, value in scene.after.items() if after[name] != value]
    return f"{where}: {', '.join(wrong)} differ" if wrong else ""


def assert_nothing_beyond(world: World, scene: Scene) -> None:
    """Right after the crash: no mail is there that the undisturbed run did not send."""
    meant = {name for name, _ in scene.after["mails"]}
    assert set(world.mails()) <= meant


def survive(
    scenes: dict[str, Scene], launchers: list[Launcher], act: str, tmp_path: Path, *, dense: bool = False
) -> None:
    points = kill_points(scenes, act, dense=dense)
    assert points
    shares = [points[n :: len(launchers)] for n in range(len(launchers))]

    def work(number: int) -> list[str]:
        launcher = launchers[number]
        return [
            difference(scenes[act], launcher, tmp_path / f"{number}-{n}", kill) for n, kill in enumerate(shares[number])
        ]

    with ThreadPoolExecutor(len(launchers)) as pool:
        found = [text for texts in pool.map(work, range(len(launchers))) for text in texts if text]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "act", [pytest.param(act.name, marks=() if act.name in QUICK else pytest.mark.slow) for act in ACTS]
)
def test_killed_anywhere_the_restart_ends_where_an_undisturbed_run_ends(
    scenes: dict[str, Scene], launchers: list[Launcher], act: str, tmp_path: Path
) -> None:
    survive(scenes, launchers, act, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("act", [act.name for act in ACTS])
def test_killed_at_many_moments(scenes: dict[str, Scene], launchers: list[Launcher], act: str, tmp_path: Path) -> None:
    survive(scenes, launchers, act, tmp_path, dense=True)


def test_story_passes_every_node_and_both_channels(scenes: dict[str, Scene]) -> None:
    """What the crash tests are worth: every node boundary of both graphs is among the kill points."""
    killed = [
        scenes[act].labels[n - 1]
        for act in scenes
        for n, _ in kill_points(scenes, act, dense=False)
        if scenes[act].labels[n - 1].startswith("checkpoint:")
    ]
    nodes = set(graph.campaign().nodes) | set(graph.review().nodes)
    assert {name for label in killed for name in label.removeprefix("checkpoint:").split(",") if name} == nodes
    end = scenes[ACTS[-1].name].after
    assert {row["state"] for row in end["delivery"]} >= {"sent", "handed_over"}
    assert any(row["key"].endswith("/plan_change") for row in end["delivery"]), "no branch message left"
    assert {row["state"] for row in end["review"]} == {"approved", "rejected", "expired"}
    assert end["cycle"][0]["measurement"]


def test_second_tick_says_busy_and_a_dead_ones_lease_is_taken_over_at_once(
    scenes: dict[str, Scene], launchers: list[Launcher], tmp_path: Path
) -> None:
    scene = scenes["send"]
    folder = Path(shutil.copytree(scene.before, tmp_path / "company"))
    now = time_of(scene.act)
    sending = scene.labels.index("send") + 1
    first = launchers[0].spawn("tick", folder, now, at=sending, side="before", deed="stop")
    while "State:\tT" not in Path(f"/proc/{first.pid}/status").read_text(encoding="ascii"):
        time.sleep(0.02)
    second = launchers[1].run("tick", folder, now)
    assert second is not None and second["busy"] and "send" not in second["labels"]
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() is None
    began = time.monotonic()
    third = launchers[1].run("tick", folder, now)
    assert third is not None and not third["busy"]
    assert time.monotonic() - began < 30  # half of what a lease lasts
    with opened(folder, scene.act) as world:
        assert_sound(world)
        assert state_of(world) == scene.after


def test_two_ticks_at_once_do_the_work_once(
    scenes: dict[str, Scene], launchers: list[Launcher], tmp_path: Path
) -> None:
    scene = scenes["send"]
    folder = Path(shutil.copytree(scene.before, tmp_path / "company"))
    now = time_of(scene.act)
    children = [launcher.spawn("tick", folder, now) for launcher in launchers]
    answers = [child.wait() for child in children]
    assert any(answer is not None and not answer["busy"] for answer in answers)
    with opened(folder, scene.act) as world:
        assert_sound(world)
        assert state_of(world) == scene.after


def test_two_workers_in_two_processes_send_each_once(
    scenes: dict[str, Scene], launchers: list[Launcher], tmp_path: Path
) -> None:
    scene = scenes["send"]
    folder = Path(shutil.copytree(scene.before, tmp_path / "company"))
    with opened(folder, scene.act) as world:
        world.release()
        queued = set(world.states())
    now = time_of(scene.act)
    children = [launcher.spawn("work", folder, now) for launcher in launchers]
    answers = [child.wait() for child in children]
    sends = [answer["labels"].count("send") for answer in answers if answer is not None]
    with opened(folder, scene.act) as world:
        assert_sound(world)
        ended = [key for key, state in world.states().items() if state in ("sent", "handed_over")]
    assert sum(sends) == len(ended) == len(queued) > 0

"""Killed at any file or commit, an ingest leaves the last manifest whole, and the next one makes up for it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kizuna.agents.reading import open_customers, parts_folder, read_sources
from kizuna.agents.workspace import Workspace
from kizuna.store.ingest import published

from .test_crash import DENSE
from .world import MORNING, FixedClock, World, make_company

#: Runs an ingest in a process of its own, which dies before or after the n-th thing that becomes durable.
_DIES = """
import os, sys, signal
from functools import wraps
from pathlib import Path
folder, at, side = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sys.path.insert(0, sys.argv[4])
import kizuna.store.migrations.run
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from kizuna.agents.reading import read_sources
from kizuna.agents.workspace import open_workspace
seen = []
def watch(owner, name):
    original = getattr(owner, name)
    @wraps(original)
    def watched(*args, **kwargs):
        seen.append(name)
        mine = len(seen)
        if (mine, "before") == (at, side):
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if (mine, "after") == (at, side):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, watched)
workspace = open_workspace(folder / "brief.yaml")
watch(SQLiteDialect_pysqlite, "do_commit")
watch(os, "replace")
watch(os, "fsync")
read_sources(workspace)
print(len(seen))
"""


def run(folder: Path, at: int, side: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _DIES, str(folder), str(at), side, str(Path(__file__).parent)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def content(workspace: Workspace) -> dict[str, list[Any]]:
    """All published rows, by entity."""
    with open_customers(workspace) as customers:
        names = sorted(customers.row_counts)
        return {name: customers.cursor().execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in names}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that was read once, and whose files then grew and changed."""
    folder = tmp_path_factory.mktemp("crash") / "company"
    make_company(folder, units=60)
    with World(folder, FixedClock(MORNING)) as world:
        read_sources(world.workspace)
    data = folder / "data"
    for name in ("app_events", "mail_events", "tickets", "orders"):
        path = data / f"{name}.csv"
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text(
            "".join([*lines, *(line.replace(line.split(",")[0], f"new{n}", 1) for n, line in enumerate(lines[1:4]))]),
            "utf-8",
        )
    accounts = data / "accounts.csv"
    accounts.write_text(accounts.read_text("utf-8").replace(",ja", ",en", 1), "utf-8")
    return folder


def survives(grown: Path, tmp_path: Path, at: int, side: str, expected: dict[str, list[Any]]) -> None:
    folder = Path(shutil.copytree(grown, tmp_path / f"{at}-{side}"))
    died = run(folder, at, side)
    assert died.returncode == -9, died.stderr
    with World(folder, FixedClock(MORNING)) as world:
        with world.workspace.store.read() as session:
            row = published(session, world.workspace.brief.name, "sources")
        assert row is not None
        named = json.dumps(row.manifest)
        there = {path.name for path in parts_folder(world.workspace).glob("*.parquet")}
        assert all(part["file"] in there for entity in row.manifest["entities"].values() for part in entity["parts"]), (
            named
        )
        assert content(world.workspace) == expected
    shutil.rmtree(folder)


def moments(grown: Path, tmp_path: Path) -> tuple[int, dict[str, list[Any]]]:
    folder = Path(shutil.copytree(grown, tmp_path / "undisturbed"))
    whole = run(folder, 0, "before")
    assert whole.returncode == 0, whole.stderr
    with World(folder, FixedClock(MORNING)) as world:
        return int(whole.stdout), content(world.workspace)


def test_killed_at_some_moments_the_next_reading_ends_where_it_would_have_ended(grown: Path, tmp_path: Path) -> None:
    count, expected = moments(grown, tmp_path)
    assert count > 8
    survives(grown, tmp_path, count // 2, "after", expected)
    survives(grown, tmp_path, count - 1, "before", expected)


@pytest.mark.slow
def test_killed_at_many_moments(grown: Path, tmp_path: Path) -> None:
    count, expected = moments(grown, tmp_path)
    survives(grown, tmp_path, 1, "before", expected)
    for at in range(1, count + 1, DENSE):  # nothing becomes durable between one's end and the next one's beginning
        survives(grown, tmp_path, at, "after", expected)

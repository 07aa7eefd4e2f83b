"""A company as far along as a test needs it: prepared once, copied for each test, on either database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .postgres import a_server, drop_database, move_in, new_database
from .world import Stages, World

Company = Callable[..., World]


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """160 accounts, prepared as far as each stage."""
    return Stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture
def company(stages: Stages, tmp_path: Path) -> Iterator[Company]:
    """`company("queued")` is a copy of that stage, which the test may change."""
    opened: list[World] = []

    def at(stage: str, name: str = "company") -> World:
        opened.append(stages.copy(stage, tmp_path / name))
        return opened[-1]

    yield at
    for world in opened:
        world.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server's address; skips where there is none."""
    with a_server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def company_anywhere(
    request: pytest.FixtureRequest, company: Company, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    """The same on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield company
        return
    server: str = request.getfixturevalue("postgres")
    url = new_database(server)
    world: list[World] = []

    def at(stage: str) -> World:
        world.append(company(stage))
        move_in(world[0], url, monkeypatch)
        return world[0]

    yield at
    for moved in world:
        moved.close()
    drop_database(server, url)

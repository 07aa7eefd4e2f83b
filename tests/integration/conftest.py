"""A company as far along as a test needs it: prepared once, copied for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .world import Stages, World


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """160 accounts, prepared as far as each stage."""
    return Stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture
def company(stages: Stages, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """`company("queued")` is a copy of that stage, which the test may change."""
    opened: list[World] = []

    def at(stage: str, name: str = "company") -> World:
        opened.append(stages.copy(stage, tmp_path / name))
        return opened[-1]

    yield at
    for world in opened:
        world.close()

"""`kizuna simulate` as a user runs it."""

from pathlib import Path

import pytest

from .conftest import kizuna

pytestmark = pytest.mark.slow


def test_the_command_tells_the_same_twice_and_writes_its_page(tmp_path: Path) -> None:
    assert kizuna("init", "--customers", "500", "--seed", "2", "company", cwd=tmp_path).code == 0
    page = tmp_path / "simulation.html"
    asked = ("simulate", "company/brief.yaml", "--runs", "6", "--json", "--html", str(page))
    once, again = (kizuna(*asked, cwd=tmp_path) for _ in range(2))
    assert once.code == again.code == 0, once.err
    assert once.out == again.out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

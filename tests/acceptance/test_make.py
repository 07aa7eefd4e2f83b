"""`make demo` can be repeated, and never deletes what it did not write."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A checkout with nothing but the Makefile, whose `kizuna demo` only makes the folder."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "kizuna").write_text('#!/bin/sh\ntest ! -e "$2" && mkdir "$2" && echo fresh > "$2/brief.yaml"\n')
    (programs / "kizuna").chmod(0o755)
    return tmp_path


def make_demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "demo", "INSTALLED=", *more], cwd=folder, capture_output=True, encoding="utf-8", timeout=60
    )


def test_the_demo_can_be_repeated(workshop: Path) -> None:
    for _ in range(2):
        done = make_demo(workshop)
        assert done.returncode == 0, done.stderr
    assert (workshop / "demo" / "brief.yaml").exists()


@pytest.mark.parametrize("named", ["demo", "elsewhere"])
def test_a_folder_that_the_demo_did_not_write_is_left_alone(workshop: Path, named: str) -> None:
    assert make_demo(workshop, "DEMO=first").returncode == 0
    (workshop / named).mkdir()
    (workshop / named / "diary.txt").write_text("mine", encoding="utf-8")
    done = make_demo(workshop, f"DEMO={named}")
    assert done.returncode != 0
    assert "did not write" in done.stdout
    assert (workshop / named / "diary.txt").read_text(encoding="utf-8") == "mine"


def test_an_old_python_is_told_so(workshop: Path) -> None:
    old = workshop / "python2"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "PYTHON=./python2", ".venv/bin/python"], cwd=workshop, capture_output=True, encoding="utf-8"
    )
    assert done.returncode != 0
    assert "needs Python 3.11" in done.stdout

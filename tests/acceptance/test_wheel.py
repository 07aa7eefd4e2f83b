"""What is published: a wheel that works by itself, in an empty environment, far from the checkout."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    source = target / "source"
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(target), str(source))
    return next(target.glob("*.whl"))


def _run(*command: str, **settings: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, env={**env, **settings}, capture_output=True, encoding="utf-8", timeout=540)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.slow
def test_only_kizuna_is_in_the_wheel_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"kizuna"}
    inner = {name.split("/")[1] for name in names if name.startswith("kizuna/")}
    assert not inner & {"tests", "docs", "benchmarks", "demo", "build"}


@pytest.mark.slow
def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for pattern in (
        "prompts/**/*.j2",
        "prompts/**/*.yaml",
        "playbooks/*.yaml",
        "customers/**/*.yaml",
        "inbox/**/*.yaml",
    ):
        needed = {f"kizuna/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob(pattern)}
        assert needed
        assert needed <= names, pattern
    assert {"kizuna/examples/saas/brief.yaml", "kizuna/inbox/report/page.html.j2"} & names


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    python = str(tmp_path / "empty" / "bin" / "python")
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    (tmp_path / "elsewhere").mkdir()
    where = _run(python, "-c", "import kizuna, os; print(os.path.dirname(kizuna.__file__))").strip()
    assert Path(where).is_relative_to(tmp_path)
    packages = {path.name for path in Path(where).parent.iterdir()}
    assert not packages & {"tests", "agents", "tools", "store", "domain", "inbox", "playbooks", "prompts"}
    said = _run(
        str(tmp_path / "empty" / "bin" / "kizuna"),
        *("demo", str(tmp_path / "elsewhere" / "company"), "--customers", "500"),
        OPENBLAS_NUM_THREADS="1",
        XDG_CONFIG_HOME=str(tmp_path),
    )
    assert "report.html" in said

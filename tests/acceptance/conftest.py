"""The command as people use it: a process of its own, in a company's folder, each person with their own log-in."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

KIZUNA = Path(sys.executable).with_name("kizuna")
PASSWORD = "correct horse battery"
PEOPLE = {"mori": ("operator", "marketer"), "sato": ("supervisor",)}
#: Only this reaches the command from outside.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Company:
    """A fictional company's folder, with the log-ins of its people beside it."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "company"

    @property
    def brief(self) -> Path:
        return self.folder / "brief.yaml"

    def token(self, who: str) -> Path:
        return self.home / "tokens" / who

    def run(self, *args: str, who: str = "mori", stdin: str = "", **settings: str) -> Ran:
        """Type `kizuna ARGS` as this person; `settings` are environment variables."""
        settings = {"KIZUNA_TOKEN_FILE": str(self.token(who)), **settings}
        return kizuna(*args, cwd=self.folder, stdin=stdin, **settings)

    def copy(self, home: Path) -> "Company":
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Company(home)


def kizuna(*args: str, cwd: Path, stdin: str = "", **settings: str) -> Ran:
    """The installed command in a process of its own."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [KIZUNA, *args],
        cwd=cwd,
        env={**kept, "XDG_CONFIG_HOME": str(cwd / ".config"), **settings},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=540,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose people can log in; nothing has been started. Tests take copies."""
    company = Company(tmp_path_factory.mktemp("founded"))
    made = kizuna("init", "--customers", "300", str(company.folder), cwd=company.home)
    assert (made.code, made.err) == (0, "")
    for login, roles in PEOPLE.items():
        described = ["--name", login.title(), "--email", f"{login}@nagare.example"]
        added = company.run("add-person", login, *described, *_roles(roles), stdin=PASSWORD)
        assert added.code == 0, added.err
        assert company.run("login", login, who=login, stdin=PASSWORD).code == 0
    return company


def _roles(roles: tuple[str, ...]) -> list[str]:
    return [part for role in roles for part in ("--role", role)]


@pytest.fixture(scope="session")
def planned(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Ran]:
    """The campaign was started and waits for its plan's approval; with what `kizuna run` said. Tests take copies."""
    company = founded.copy(tmp_path_factory.mktemp("planned"))
    return company, company.run("run")


@pytest.fixture
def company(founded: Company, tmp_path: Path) -> Company:
    """A company of this test's own, before its campaign."""
    return founded.copy(tmp_path)


@pytest.fixture
def waiting(planned: tuple[Company, Ran], tmp_path: Path) -> Company:
    """A company of this test's own, whose plan waits for a supervisor."""
    return planned[0].copy(tmp_path)

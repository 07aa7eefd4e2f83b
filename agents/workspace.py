"""Where a campaign lives: its folder, brief, playbook, store, clock and way out, opened from the brief's path."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ..customers.eligibility import check_rule
from ..customers.features.catalogue import catalogue
from ..customers.features.protected import protected_features, protected_in, protected_names
from ..customers.signals.own_segments import read_own_segments
from ..customers.signals.segments import Segment
from ..delivery.worker import Terms
from ..domain.brief import Brief, Cap
from ..domain.clock import Clock, FixedClock, SystemClock
from ..domain.errors import Fault, FaultyFile
from ..domain.playbook import Action, Channel
from ..playbooks.loader import load_playbooks
from ..store import campaigns
from ..store.database import Store, open_store, sqlite_url
from ..store.sent import reached_since
from ..tools.brief_file import load_brief
from ..tools.outward import Outward

#: Told what is going on: a key of the words file, and the values for its places.
Progress = Callable[[str, dict[str, Any]], None]
SIMULATED_NOW = "simulated_now"


def _silent(_key: str, _values: dict[str, Any]) -> None:
    """Nobody watches."""


@dataclass
class Workspace:
    """Everything a node needs besides its state. Opened once per process; `brief` is the one in force."""

    brief_path: Path
    brief: Brief
    brief_digest: str
    store: Store
    progress: Progress = field(default=_silent)
    clock_override: Clock | None = None

    def tell(self, key: str, **values: Any) -> None:
        """Say what is going on to whoever watches."""
        self.progress(key, values)

    @property
    def folder(self) -> Path:
        return self.brief_path.parent

    @property
    def private(self) -> Path:
        """Where Kizuna keeps its own files beside the brief."""
        return self.folder / ".kizuna"

    @property
    def data(self) -> Path:
        return self.folder / self.brief.sources.folder

    @property
    def clock(self) -> Clock:
        """The system's clock, or the simulated one of an example company whose mails go to a folder."""
        if self.clock_override is not None:
            return self.clock_override
        with self.store.read() as session:
            moment = campaigns.setting(session, SIMULATED_NOW)
        if moment is not None and self.brief.delivery.kind == "folder":
            return FixedClock(datetime.fromisoformat(moment))
        return SystemClock()

    @cached_property
    def secret(self) -> bytes:
        """The key of this workspace's hashes and tokens; made once, readable by its owner only."""
        path = self.private / "secret.key"
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return bytes.fromhex(path.read_text(encoding="ascii"))

    @cached_property
    def actions(self) -> dict[str, Action]:
        """The allowed actions by name."""
        own = self.folder / self.brief.playbook_folder if self.brief.playbook_folder else None
        return load_playbooks(self.brief.playbooks, own, rule_checker(self.feature_folder, self.protected))

    @property
    def feature_folder(self) -> Path | None:
        """Where the user's own features lie, if there are any."""
        return feature_folder(self.brief, self.brief_path)

    @cached_property
    def protected(self) -> frozenset[str]:
        """The features that no model, rule or message may look at."""
        return protected_names(self.brief, self.feature_folder)

    @property
    def own_segments(self) -> tuple[Segment, ...]:
        """The user's own segments, from a file beside the brief."""
        return own_segments(self.brief_path, rule_checker(self.feature_folder, self.protected))

    @property
    def transport(self) -> Outward:
        """The ways out, each time opened anew; close them. Raises UserError for a secret that is not set."""
        now = self.clock.now()
        with self.store.read() as session:
            lately = reached_since(session, Channel.EMAIL, now - timedelta(hours=1))
        folder = self.folder / self.brief.delivery.path
        return Outward(self.brief.delivery, folder, secret=self.secret, clock=self.clock, left_lately=lately)

    @property
    def own_words(self) -> Path | None:
        """The user's own message templates, looked up before the packaged ones."""
        folder = self.folder / "prompts"
        return folder if folder.is_dir() else None

    def caps(self, cycle: int) -> tuple[Cap, ...]:
        """The contact caps in force: a pilot's own come on top."""
        pilot = self.brief.pilot
        extra = pilot.caps if pilot is not None and cycle <= pilot.cycles else ()
        return (*self.brief.guardrails.caps, *extra)

    def terms(self, cycle: int) -> Terms:
        return Terms(brief=self.brief, actions=self.actions, caps=self.caps(cycle))


@dataclass
class Context:
    """What a graph is run with. A LangGraph server names the brief only; our own entry points pass the workspace."""

    brief_path: str
    workspace: Workspace | None = None

    def open(self) -> Workspace:
        if self.workspace is None:
            self.workspace = open_workspace(Path(self.brief_path))
        return self.workspace


def open_workspace(brief_path: Path, *, progress: Progress = _silent, clock: Clock | None = None) -> Workspace:
    """Read and check the brief, open its store. A running campaign keeps its brief until a marketer brings a changed
    one into force; that one waits is told.

    Raises FaultyFile with every fault of the brief and its playbook.
    """
    brief, digest = load_brief(brief_path)
    check_segment(brief, brief_path)
    store = open_store(os.environ.get("KIZUNA_STORE_URL") or sqlite_url(_private_folder(brief_path) / "kizuna.db"))
    with store.read() as session:
        row = campaigns.campaign(session, brief.name)
    in_force = campaigns.brief_of(row) if row is not None else brief
    workspace = Workspace(brief_path, in_force, digest, store, progress, clock)
    if in_force != brief:
        workspace.tell("brief_waits", file=brief_path.name)
    _ = workspace.actions, workspace.own_segments  # what is faulty stops here, not in the middle of a campaign
    return workspace


def check_any_rule(rule: str) -> list[str]:
    """What is wrong with a rule over the packaged features, in words."""
    return rule_checker(None, protected_features())(rule)


def rule_checker(own: Path | None, protected: frozenset[str] = frozenset()) -> Callable[[str], list[str]]:
    """Says what is wrong with a rule over the known features, those of one's own folder among them.

    A rule that names one of the `protected` is wrong. Raises FaultyFile with every fault of the folder's files.
    """
    return _checker(tuple(feature.name for feature in catalogue(own)), protected)


@cache
def _checker(names: tuple[str, ...], protected: frozenset[str]) -> Callable[[str], list[str]]:
    """One for the same names, so that what rests on it is remembered."""
    return lambda rule: check_rule(rule, names) + protected_in(rule, protected)


def own_segments(brief_path: Path, check: Callable[[str], list[str]]) -> tuple[Segment, ...]:
    """The segments that stand beside a brief. Raises FaultyFile with every fault."""
    return read_own_segments(brief_path.parent, check)


def feature_folder(brief: Brief, path: Path) -> Path | None:
    """The folder of own features that the brief names, beside it."""
    return path.parent / brief.feature_folder if brief.feature_folder else None


def check_segment(brief: Brief, path: Path) -> None:
    """Raises FaultyFile where the segment, or one of the user's own features that it may name, is not sound."""
    own = feature_folder(brief, path)
    problems = rule_checker(own, protected_names(brief, own))(brief.segment)
    if problems:
        raise FaultyFile([Fault(str(path), 0, "segment", problem) for problem in problems])


def _private_folder(brief_path: Path) -> Path:
    folder = brief_path.parent / ".kizuna"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from the first moment on; an existing one is replaced whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)

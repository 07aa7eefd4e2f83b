"""The versions of all that decides: every receipt names them, and a replay says which of them are others now."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ..domain.draft import digest_of
from ..playbooks.loader import digest as playbook_digest
from ..store.tables import SnapshotRow
from .workspace import Workspace

_SHOWN = 12
#: Where the code lies that turns figures into decisions.
_DECIDING = ("decisioning", "agents", "domain", "customers")


def versions_of(
    workspace: Workspace, brief_digest: str, snapshot: SnapshotRow, beliefs: Mapping[str, Any]
) -> dict[str, str]:
    """Name -> a digest, or for each action that of its file; in the order in which a receipt tells them.

    `brief_digest` is that of the brief in force: the file may have changed since.
    """
    guardrails = workspace.brief.guardrails.model_dump(mode="json")
    return {
        **{name: playbook_digest(workspace.actions[name])[:_SHOWN] for name in workspace.brief.playbooks},
        "brief": brief_digest[:_SHOWN],
        "snapshot": snapshot.digest[:_SHOWN],
        "model": digest_of(snapshot.model)[:_SHOWN],
        "beliefs": beliefs_digest(beliefs)[:_SHOWN],
        "guardrails": digest_of(guardrails)[:_SHOWN],
        "code": code_version(),
    }


def beliefs_digest(beliefs: Mapping[str, Any]) -> str:
    """Of what is believed of each action (dataclasses)."""
    return digest_of({name: _plain(asdict(belief)) for name, belief in beliefs.items()})


def _plain(value: Any) -> Any:
    """Arrays as lists, so that anything a belief holds has a digest."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


@cache
def code_version() -> str:
    """The package's version and a digest of the modules that decide: `0.1.0+3f9c2a71`."""
    hashed = hashlib.sha256()
    for folder in _DECIDING:
        for path, source in sorted(_modules(files(f"kizuna.{folder}"), folder)):
            hashed.update(path.encode() + b"\0" + source + b"\0")
    return f"{version('kizuna')}+{hashed.hexdigest()[:8]}"


def _modules(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _modules(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            found.append((f"{path}/{entry.name}", entry.read_bytes()))
    return found

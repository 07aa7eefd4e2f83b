"""A workspace to try things on: the company's own brief, sources and store, in a folder that vanishes afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..agents.workspace import Progress, Workspace, check_segment
from ..domain.clock import FixedClock
from ..store.copying import copy_of_database, copy_of_file
from ..store.database import Store
from ..tools.brief_file import load_brief

_PRIVATE = ".kizuna"


@contextmanager
def workspace_to_try(brief_path: Path, progress: Progress) -> Iterator[Workspace]:
    """The brief as its file has it, over a copy of the store; whatever is written, is written to the copy.

    Nothing leaves: rules reason, whoever the brief names, and nobody sends. It is treated as live, so that what holds
    before that (the allow-list) does not hide what the campaign will do. The clock stands still. Raises FaultyFile
    with every fault of the brief and its playbook.
    """
    brief, digest = load_brief(brief_path)
    check_segment(brief, brief_path)
    with tempfile.TemporaryDirectory(prefix="kizuna-try-") as name:
        folder = Path(name)
        _lay_out(brief_path, folder)
        store = _copy_of_store(brief_path.parent / _PRIVATE, folder / _PRIVATE)
        try:
            real = Workspace(folder / brief_path.name, brief, digest, store, progress)
            tried = brief.model_copy(update={"reasoner": "rules", "live": True})
            workspace = replace(real, brief=tried, clock_override=FixedClock(real.clock.now()))
            _ = workspace.actions, workspace.own_segments
            yield workspace
        finally:
            store.close()


def _lay_out(brief_path: Path, folder: Path) -> None:
    """Everything beside the brief, as links; of the company's private folder, the key of its hashes alone."""
    for entry in brief_path.resolve().parent.iterdir():
        if entry.name != _PRIVATE:
            (folder / entry.name).symlink_to(entry)
    (folder / _PRIVATE).mkdir(mode=0o700)
    key = brief_path.resolve().parent / _PRIVATE / "secret.key"
    if key.exists():
        (folder / _PRIVATE / key.name).symlink_to(key)


def _copy_of_store(private: Path, target: Path) -> Store:
    url = os.environ.get("KIZUNA_STORE_URL")
    if url:
        return copy_of_database(url, target / "kizuna.db")
    return copy_of_file(private / "kizuna.db", target / "kizuna.db")

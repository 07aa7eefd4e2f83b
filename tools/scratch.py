"""Folders for files that nobody needs a minute later. What a killed process left behind, the next one takes away."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, readable by its owner alone and gone at the end; earlier leftovers go at once."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep_scratch(parent)
    folder = Path(tempfile.mkdtemp(dir=parent))
    unnamed = folder / f".{_LOCK}"
    lock = os.open(unnamed, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unnamed.rename(folder / _LOCK)  # it has its name once it is held: nobody takes it for a leftover
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep_scratch(parent: Path) -> None:
    """Remove the folders whose process has ended: the system frees its lock, however it ended."""
    for lock in parent.glob(f"*/{_LOCK}"):
        try:
            held = os.open(lock, os.O_WRONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(held)

"""A world's state in one file of arrays, replaced in one step."""

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

StateKind = TypeVar("StateKind")


def save_state(state: Any, path: Path) -> None:
    """Write a dataclass of arrays, whole numbers and `pending` events; a crash leaves the old file or the new one."""
    columns: dict[str, Any] = {f.name: getattr(state, f.name) for f in fields(state)}
    columns["pending"] = np.frombuffer(json.dumps(state.pending).encode(), np.uint8)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        np.savez(file, **columns)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load_state(kind: type[StateKind], path: Path) -> StateKind:
    """The state as it was saved."""
    with np.load(path) as stored:
        columns: dict[str, Any] = {name: stored[name] for name in stored.files}
    columns["pending"] = [tuple(entry) for entry in json.loads(columns["pending"].tobytes())]
    for name, value in columns.items():
        if isinstance(value, np.ndarray) and value.ndim == 0:
            columns[name] = value.item()
    return kind(**columns)

"""Questions for a language model: our own Jinja templates (prompts/<agent>/<purpose>.j2), filled with data.

A template has two blocks, `system` and `user`. What comes from customers or sources stands in them as JSON between two
marks and nowhere else, so that a model can be told what is data. What a model answers is never compiled.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from .cleaning import plain
from .templating import write_block

_NAME = re.compile(r"[a-z_]{2,40}")
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Prompt:
    """A filled question. `version` names the template that it was made from."""

    system: str
    user: str
    version: str


def fill_prompt(
    agent: str,
    purpose: str,
    data: Mapping[str, Any],
    settings: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
) -> Prompt:
    """The question for this purpose. `data` is shown as JSON; `settings` are our own short texts."""
    source, place = _source(agent, purpose, folder), f"prompts/{agent}/{purpose}.j2"
    context = {**(settings or {}), "data": as_data(data)}
    return Prompt(
        system=write_block(source, "system", "en", context, place).strip(),
        user=write_block(source, "user", "en", context, place).strip(),
        version=hashlib.sha256(source.encode()).hexdigest()[:12],
    )


def as_data(data: Mapping[str, Any]) -> str:
    """JSON with every text made visible and short; `<` and `>` are written so that no mark can be forged."""
    text = json.dumps(_tidy(data), ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _tidy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _tidy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    if isinstance(value, str):
        lines = [plain(line) for line in value[:LONGEST_TEXT].splitlines()]
        return "\n".join(lines)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is no plain data")


def _source(agent: str, purpose: str, folder: Path | None) -> str:
    assert _NAME.fullmatch(agent) and _NAME.fullmatch(purpose)
    if folder is not None:
        own = folder / agent / f"{purpose}.j2"
        if own.is_file():
            return own.read_text(encoding="utf-8")
    return _packaged(agent, purpose)


@cache
def _packaged(agent: str, purpose: str) -> str:
    return files("kizuna.prompts").joinpath(agent, f"{purpose}.j2").read_text(encoding="utf-8")

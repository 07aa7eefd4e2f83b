"""Reads actions: the packaged ones, and those of a user's folder, which add to them or override them."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from ..domain.document import Document, decode, parse_document, validate
from ..domain.errors import Fault, FaultyFile
from ..domain.playbook import Action
from ..domain.yaml_folder import SUFFIX, raw_files


@dataclass(frozen=True)
class _Written:
    """One action's file, not yet understood."""

    name: str
    file: str
    raw: bytes
    packaged: bool


def packaged_names() -> tuple[str, ...]:
    """The actions that Kizuna brings along."""
    return tuple(written.name for written in _packaged())


def names_in_folder(folder: Path) -> tuple[str, ...]:
    """The actions that a user's folder holds, by the names of their files."""
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))) if folder.is_dir() else ()


def load_playbooks(
    allowed: Sequence[str], user_folder: Path | None, check_rule: Callable[[str], list[str]]
) -> dict[str, Action]:
    """The allowed actions, in the order in which the brief names them.

    `check_rule` says in words what is wrong with a rule. Raises FaultyFile with every fault of every file;
    a packaged file counts only where it is allowed, a file in the user's folder always.
    """
    faults: list[Fault] = []
    catalogue = {written.name: written for written in _packaged()}
    if user_folder is not None:
        for own in _in_folder(user_folder, faults):
            catalogue[own.name] = own
    actions: dict[str, Action] = {}
    for name, written in catalogue.items():
        if name in allowed or not written.packaged:
            try:
                actions[name] = _understand(written, check_rule)
            except FaultyFile as error:
                faults += error.faults
    faults += _unknown(allowed, list(catalogue))
    if faults:
        raise FaultyFile(faults)
    return {name: actions[name] for name in allowed}


def digest(action: Action) -> str:
    """The action's version: changes with anything that its file says, not with comments or layout."""
    content = json.dumps(action.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _packaged() -> list[_Written]:
    found = [entry for entry in files("kizuna.playbooks").iterdir() if entry.name.endswith(SUFFIX)]
    return [
        _Written(entry.name.removesuffix(SUFFIX), f"kizuna/playbooks/{entry.name}", entry.read_bytes(), True)
        for entry in sorted(found, key=lambda entry: entry.name)
    ]


def _in_folder(folder: Path, faults: list[Fault]) -> Iterator[_Written]:
    for path, raw in raw_files(folder, "playbook_folder", faults):
        yield _Written(path.stem, str(path), raw, packaged=False)


@lru_cache(maxsize=256)
def _understand(written: _Written, check_rule: Callable[[str], list[str]]) -> Action:
    document = parse_document(decode(written.raw, written.file), written.file)
    faults = _beyond_the_model(written, document, check_rule)
    try:
        action = validate(Action, document)
    except FaultyFile as error:
        faults += error.faults
    if faults:
        raise FaultyFile(sorted(faults, key=lambda fault: fault.line))
    return action


def _beyond_the_model(written: _Written, document: Document, check_rule: Callable[[str], list[str]]) -> list[Fault]:
    """Faults that the model can't know: the file's name, and what the rule speaks of."""
    faults: list[Fault] = []
    action, when = document.data.get("action"), document.data.get("when")
    if isinstance(action, str) and action != written.name:
        problem = f"the file is named `{written.name}{SUFFIX}`, but its action `{action}`"
        hint = f"rename the file to `{action}{SUFFIX}`, or write `action: {written.name}`"
        faults.append(Fault(written.file, document.line_of(("action",)), "action", problem, hint))
    if isinstance(when, str) and when:
        line = document.line_of(("when",))
        faults += [Fault(written.file, line, "when", problem) for problem in check_rule(when)]
    worth = document.data.get("value")
    feature = worth.get("order_value") if isinstance(worth, dict) else None
    if isinstance(feature, str) and feature:
        line = document.line_of(("value", "order_value"))
        faults += [Fault(written.file, line, "value.order_value", p) for p in check_rule(f"{feature} >= 0")]
    return faults


def _unknown(allowed: Sequence[str], known: list[str]) -> Iterator[Fault]:
    for index, name in enumerate(allowed):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "there are: " + ", ".join(f"`{k}`" for k in known)
            yield Fault("brief", 0, f"playbooks.{index}", f"there is no action `{name}`", hint)

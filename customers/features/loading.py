"""Reads definitions of features: the packaged ones, and those of a user's folder, which add to them.

A faulty file comes back with every fault, its line, its field and a hint.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ...domain.document import Document, decode, parse_document, validate
from ...domain.errors import Fault, FaultyFile
from ...domain.yaml_folder import SUFFIX, raw_files
from ..packaged import read_packaged
from .checking import problems_of
from .definition import Definition, Entity, FeatureFile
from .names import Defined, Scope

#: Formulas over features of several entities stand under this name.
ACROSS = "across"
M = TypeVar("M", bound=BaseModel)


@cache
def entities() -> Mapping[str, Entity]:
    """The rows that features can look at, in the order in which they are passed over."""
    return {name: _strictly(Entity, content) for name, content in read_packaged("features/entities.yaml").items()}


@cache
def packaged_features() -> tuple[Defined, ...]:
    """The features that Kizuna brings along, entity by entity."""
    read: dict[str, FeatureFile] = {}
    for entry in files(__package__).joinpath("definitions").iterdir():
        if entry.name.endswith(SUFFIX):
            file = _strictly(FeatureFile, read_packaged(f"features/definitions/{entry.name}"))
            read[file.entity] = file
    order = [*entities(), *(name for name in sorted(read) if name not in entities())]
    return tuple(defined for name in order if name in read for defined in _defined(read[name]))


@dataclass(frozen=True)
class OwnFolder:
    """A user's folder as its files are now: whatever was made of it stays valid until one of them changes."""

    path: Path
    version: str


def as_it_is(folder: Path | None) -> OwnFolder | None:
    """The folder with the version of its files."""
    if folder is None:
        return None
    digest = hashlib.sha256()
    for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return OwnFolder(folder, digest.hexdigest())


def own_features(folder: Path) -> tuple[Defined, ...]:
    """The features of a user's folder, file by file. Raises FaultyFile with every fault of every file."""
    faults: list[Fault] = []
    found: list[tuple[Defined, Document]] = []
    for document in _documents(folder, faults):
        try:
            file = validate(FeatureFile, document)
        except FaultyFile as error:
            faults += error.faults
            continue
        faults += _unfit(file, document, [defined.name for defined, _ in found])
        found += [(defined, document) for defined in _defined(file)]
    if not faults:
        scope = Scope(entities(), [*packaged_features(), *(defined for defined, _ in found)])
        faults = [fault for defined, document in found for fault in _unsound(defined, document, scope)]
    if faults:
        raise FaultyFile(faults)
    return tuple(defined for defined, _ in found)


def _strictly(model: type[M], content: object) -> M:
    return model.model_validate_json(json.dumps(content), strict=True)


def _defined(file: FeatureFile) -> Iterator[Defined]:
    return (Defined(name, file.entity, definition) for name, definition in file.features.items())


def _documents(folder: Path, faults: list[Fault]) -> Iterator[Document]:
    for path, raw in raw_files(folder, "feature_folder", faults):
        try:
            yield parse_document(decode(raw, str(path)), str(path))
        except FaultyFile as error:
            faults += error.faults


def _unfit(file: FeatureFile, document: Document, earlier: Sequence[str]) -> Iterator[Fault]:
    """Faults that the model can't know: what is there already, and what the entity can't give."""
    if file.entity not in _open_entities():
        close = get_close_matches(file.entity, _open_entities(), n=1)
        hint = f"did you mean `{close[0]}`?" if close else "there are: " + ", ".join(_open_entities())
        problem = f"there is no entity `{file.entity}`"
        yield Fault(document.file, document.line_of(("entity",)), "entity", problem, hint)
        return
    packaged = {defined.name for defined in packaged_features()}
    for name, definition in file.features.items():
        line = document.line_of(("features", name))
        if name in packaged or name in earlier:
            where = "among the packaged features" if name in packaged else "in another file of the folder"
            hint = "give it another name; own features add to the packaged ones"
            yield Fault(document.file, line, f"features.{name}", f"there is a `{name}` already, {where}", hint)
        for problem, hint in _misplaced(file.entity, definition):
            yield Fault(document.file, line, f"features.{name}", problem, hint)


def _open_entities() -> list[str]:
    return [*(name for name, entity in entities().items() if not entity.company and not entity.later), ACROSS]


def _misplaced(name: str, definition: Definition) -> Iterator[tuple[str, str]]:
    if definition.type == "boolean":
        yield "a feature of your own is a number or a text", "leave `type` out: a yes counts as 1, a no as 0"
    if definition.formula is not None:
        return
    if name == ACROSS:
        yield "it looks at no rows here", "write a `formula`, or name the `entity` whose rows it looks at"
        return
    entity = entities()[name]
    if entity.one_row and definition.aggregate is not None:
        yield f"a unit has one row of {name} at most: there is nothing to aggregate", "write `of` without `aggregate`"
    if not entity.one_row and definition.aggregate is None:
        yield f"a unit has many rows of {name}", "say with `aggregate` what to make of them: count, sum, latest …"
    if definition.needs_moment and not entity.at:
        yield f"rows of {name} have no moment", "leave out `days`, and what asks for the last or first"


def _unsound(defined: Defined, document: Document, scope: Scope) -> Iterator[Fault]:
    """What is wrong with the expressions, each on its line."""
    for field, problem in problems_of(defined, scope):
        place = ("features", defined.name, field)
        yield Fault(document.file, document.line_of(place), f"features.{defined.name}.{field}", problem)

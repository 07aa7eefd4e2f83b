"""A file that a person wrote, as plain values or as a model. Whatever is wrong comes back as faults with lines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .errors import Fault, FaultyFile
from .place import Place, dotted
from .plain_words import Misfit, explain, shape_of
from .yaml_reader import MAX_BYTES as MAX_BYTES
from .yaml_reader import MAX_FAULTS, Reading, read_yaml

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Document:
    """A file's plain values, and the line on which each one stands."""

    file: str
    data: dict[str, Any]
    lines: Mapping[Place, int]

    def line_of(self, path: Place) -> int:
        """The line of a value, or of the nearest thing around it where it is not written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def decode(raw: bytes, file: str) -> str:
    """The text of a file. Only UTF-8 is read, with or without a byte order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = Fault(file, line, "", "the file is not UTF-8 text", "save it again with the encoding UTF-8")
        raise FaultyFile([fault]) from None


def parse_document(text: str, file: str) -> Document:
    """Reads one YAML document. Raises FaultyFile with every fault that could be found."""
    reading = read_yaml(text, file)
    if reading.faults or reading.data is None:
        raise FaultyFile(_in_order(reading.faults))
    return Document(file, reading.data, reading.lines)


def validate(model: type[M], document: Document) -> M:
    """The document as a model. Raises FaultyFile with everything that does not fit."""
    fit = _fit(model, document)
    if isinstance(fit, list):
        raise FaultyFile(_in_order(fit))
    return fit


@lru_cache(maxsize=64)
def read_model(model: type[M], text: str, file: str) -> M:
    """Text as a model. Faults of the writing and of the content are reported together.

    Models are frozen, so the same text is read once per process.
    """
    reading = read_yaml(text, file)
    if reading.data is None:
        raise FaultyFile(_in_order(reading.faults))
    fit = _fit(model, Document(file, reading.data, reading.lines))
    if isinstance(fit, list) or reading.faults:
        raise FaultyFile(_in_order([*reading.faults, *_not_told_yet(fit, reading)]))
    return fit


def _not_told_yet(fit: BaseModel | list[Fault], reading: Reading) -> list[Fault]:
    told = {fault.field for fault in reading.faults}
    return [fault for fault in fit if fault.field not in told] if isinstance(fit, list) else []


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.field))


def _fit(model: type[M], document: Document) -> M | list[Fault]:
    # Strict JSON mode: `true` is no number and "5" no integer, while lists and enums are read as written.
    try:
        text = json.dumps(document.data)
        return model.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        shape = shape_of(model)
        errors = [details for details in error.errors(include_url=False) if not _is_echo(details)][:MAX_FAULTS]
        misfits = [explain(details, shape, document.data) for details in errors]
    meant = {misfit.meant for misfit in misfits}
    return [_fault(misfit, document) for misfit in misfits if not (misfit.missing and misfit.place in meant)]


def _is_echo(error: ErrorDetails) -> bool:
    """Where a list's items are faulty, pydantic calls the list itself too short as well."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _fault(misfit: Misfit, document: Document) -> Fault:
    line = document.line_of(misfit.place)
    return Fault(document.file, line, dotted(misfit.place), misfit.problem, misfit.hint)

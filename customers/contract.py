"""The contract of each source file: its columns, their types, and what must hold for a row."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

#: How a cell of each type must be written, as the fault says it.
WRITTEN_AS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2026-01-31",
    "timestamp": "a moment with its offset, like 2026-01-31T09:30:00Z",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, and the rules every cell keeps."""

    name: str
    type: str
    required: bool = False
    unique: bool = False
    allowed: tuple[str, ...] = ()
    references: str = ""  #: `source.column` that must hold the value

    def __post_init__(self) -> None:
        if self.type not in WRITTEN_AS:
            raise ValueError(f"contract.yaml: {self.name}: {self.type!r} is no type ({', '.join(WRITTEN_AS)})")


@dataclass(frozen=True)
class Source:
    """One file: `<name>.csv` with a header row; columns that the contract does not know are left out."""

    name: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@cache
def contract() -> tuple[Source, ...]:
    """All sources, parents before the files that refer to them."""
    text = files(__package__).joinpath("contract.yaml").read_text("utf-8")
    return read_contract(yaml.safe_load(text))


def read_contract(content: dict[str, dict[str, dict[str, Any]]]) -> tuple[Source, ...]:
    """The sources that a contract file describes."""
    sources: list[Source] = []
    known: set[str] = set()
    for name, columns in content.items():
        source = Source(name, tuple(_column(column, rules) for column, rules in columns.items()))
        for column in source.columns:
            if column.references and column.references not in known:
                raise ValueError(f"contract.yaml: {name}.{column.name} refers to {column.references!r} too early")
        known |= {f"{name}.{column}" for column in source.column_names}
        sources.append(source)
    return tuple(sources)


def _column(name: str, rules: dict[str, Any]) -> Column:
    return Column(name=name, **{**rules, "allowed": tuple(rules.get("allowed", ()))})

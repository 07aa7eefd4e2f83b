"""The contract of each source file: its columns, their types, and what must hold for a row."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from ..packaged import read_packaged

#: How a cell of each type must be written, as the fault says it.
WRITTEN_AS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date like 2026-01-31",
    "timestamp": "a moment with its offset, like 2026-01-31T09:30:00Z",
}

UnitKind = Literal["account", "person"]
Model = Literal["subscription", "transactions"]
Keeps = Literal["state", "events"]
_OF_PERSONS = {
    "account_id": "person_id",
    "contact_id": "person_id",
    "referred_account_id": "referred_person_id",
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
    optional: bool = False  #: may be missing in the file
    header: str = ""  #: what the file calls it
    protected: bool = False  #: nothing may be decided by it; features made of it are protected too

    def __post_init__(self) -> None:
        if self.type not in WRITTEN_AS:
            raise ValueError(f"contract.yaml: {self.name}: {self.type!r} is no type ({', '.join(WRITTEN_AS)})")
        if not self.header:
            object.__setattr__(self, "header", self.name)


@dataclass(frozen=True)
class Source:
    """One file: `<name>.csv` with a header row; columns that the contract does not know are left out."""

    name: str
    columns: tuple[Column, ...]
    unit: UnitKind | None = None  #: there for briefs of this unit alone, which need it
    model: Model | None = None  #: briefs of this business model need it
    keeps: Keeps = "events"  #: a newer reading replaces all rows, or brings rows on top
    key: tuple[str, ...] = ()  #: the columns by which a row is known again; none of them is ever empty
    several: bool = False  #: a file may hold the same key more than once; the rows count as first, second, …
    one_of: tuple[str, ...] = ()  #: columns of which a row fills in one at least

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns as the file names them, each once."""
        return tuple(dict.fromkeys(column.header for column in self.columns))


@cache
def contract(unit: UnitKind = "account") -> tuple[Source, ...]:
    """All sources of a brief with this `unit`, parents before the files that refer to them."""
    return read_contract(read_packaged("contract/contract.yaml"), unit)


def read_contract(content: dict[str, dict[str, Any]], unit: UnitKind = "account") -> tuple[Source, ...]:
    """The sources that a contract file describes, as a brief with this `unit` has them."""
    sources: list[Source] = []
    known: set[str] = set()
    for name, described in content.items():
        columns = tuple(_column(column, rules) for column, rules in described["columns"].items())
        source = _source(name, columns, {key: value for key, value in described.items() if key != "columns"})
        if source.unit not in (None, unit):
            continue
        source = _of_persons(source) if unit == "person" else source
        for column in source.columns:
            if column.references and column.references not in known:
                raise ValueError(f"contract.yaml: {name}.{column.name} refers to {column.references!r} too early")
        known |= {f"{name}.{column}" for column in source.column_names}
        sources.append(source)
    return tuple(sources)


def _source(name: str, columns: tuple[Column, ...], said: dict[str, Any]) -> Source:
    """The key is the first unique column, where the file names none."""
    key = tuple(said.pop("key", ())) or tuple(column.name for column in columns if column.unique)[:1]
    required = {column.name for column in columns if column.required}
    if set(key) - required:
        raise ValueError(f"contract.yaml: {name}: the key {list(key)} must be made of required columns")
    one_of = tuple(said.pop("one_of", ()))
    if unknown := set(one_of) - {column.name for column in columns}:
        raise ValueError(f"contract.yaml: {name}: `one_of` names {sorted(unknown)[0]!r}, which is no column")
    return Source(name, columns, key=key, one_of=one_of, **said)


def _column(name: str, rules: dict[str, Any]) -> Column:
    return Column(name=name, **{**rules, "allowed": tuple(rules.get("allowed", ()))})


def _of_persons(source: Source) -> Source:
    """The same table from a file that names the person, who is account and contact in one."""
    return replace(source, columns=tuple(_of_person(column) for column in source.columns))


def _of_person(column: Column) -> Column:
    belongs_to = column.references.partition(".")[0] in ("accounts", "contacts")
    references = "persons.person_id" if belongs_to else column.references
    return replace(column, header=_OF_PERSONS.get(column.name, column.name), references=references)

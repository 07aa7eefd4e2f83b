"""Proposes the feed of a file that nobody has described: which column is which, by their names and by their cells."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from ..contract.model import Column, Source
from ..packaged import read_packaged
from .sampling import Sample
from .value_kinds import Kind, Look, look_at

_SURE, _LIKELY, _POSSIBLE = 0.85, 0.6, 0.4
_WHOLE_NAME, _OWN_NAME = 0.95, 1.0
_FEW = 20
_FITTING = {
    "date": {Kind.DATE, Kind.MOMENT, Kind.MONTH},
    "timestamp": {Kind.MOMENT, Kind.DATE},
    "number": {Kind.NUMBER},
    "integer": {Kind.NUMBER},
}
#: Columns of text whose cells can be told by their looks.
_OF_LOOKS = {"email": Kind.EMAIL, "phone": Kind.PHONE, "full_name_kana": Kind.KANA}
_TOLD_BY_LOOKS = 0.5
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠々]")


class Sureness(StrEnum):
    """How far a proposal may be trusted."""

    SURE = "sure"  #: the name says so, and the cells fit
    LIKELY = "likely"  #: the name is near, or the cells do not all fit
    GUESS = "guess"  #: look at it


class Why(StrEnum):
    """What a proposal rests on."""

    NAME = "name"
    NEAR_NAME = "near_name"
    CELLS = "cells"
    NAME_AGAINST_CELLS = "name_against_cells"


@dataclass(frozen=True)
class Match:
    """A column of the contract, and what it is called in the file."""

    column: str
    header: str
    score: float
    why: Why

    @property
    def sureness(self) -> Sureness:
        return Sureness.SURE if self.score >= _SURE else Sureness.LIKELY if self.score >= _LIKELY else Sureness.GUESS


@dataclass(frozen=True)
class Proposal:
    """A feed for one entity, and how sure each part of it is."""

    source: Source
    matches: tuple[Match, ...]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    row_id: str | None = None
    one_per: str | None = None
    time_zone: str | None = None
    open_columns: tuple[str, ...] = ()  #: required by the contract and not found
    open_values: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: column -> cells that nothing is known of
    unused: tuple[str, ...] = ()  #: columns of the file that found no use
    open_zone: bool = False  #: moments without an offset, and nothing says where the clocks stood
    fit: float = 0.0  #: 0 to 1, how well the file is this entity


def propose(sample: Sample, source: Source, file_name: str = "") -> Proposal:
    """The feed of a file as this entity."""
    looks = {name: look_at(sample.column(name)) for name in dict.fromkeys(sample.header)}
    matches = _matches(source, sample, looks)
    found = {match.column: match.header for match in matches}
    is_japanese = _is_japanese(sample)
    constants = _constants(source, found, is_japanese)
    row_id, one_per = _row_id(source, found), _one_per(source, found, looks)
    missing = tuple(
        column.header
        for column in _columns(source)
        if _is_needed(source, column, found) and column.header not in {*found, *constants, row_id}
    )
    values, open_values = _values(source, sample, found)
    local = any(
        looks[found[column.header]].kind in (Kind.MOMENT, Kind.DATE) and not looks[found[column.header]].has_offset
        for column in source.columns
        if column.type == "timestamp" and column.header in found
    )
    return Proposal(
        source=source,
        matches=matches,
        values=values,
        constants=constants,
        row_id=row_id,
        one_per=one_per,
        time_zone="Asia/Tokyo" if local and is_japanese else None,
        open_columns=missing,
        open_values=open_values,
        unused=tuple(name for name in sample.header if name not in found.values()),
        open_zone=local and not is_japanese,
        fit=_fit(source, sample, matches, missing, file_name),
    )


def propose_entity(sample: Sample, sources: Sequence[Source], file_name: str = "") -> list[Proposal]:
    """The feed as each entity, the best first."""
    proposals = [propose(sample, source, file_name) for source in sources]
    return sorted(proposals, key=lambda proposal: -proposal.fit)


def plain(name: str) -> str:
    """A name without what only looks different: width, case, spaces, hyphens, brackets."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s_\-./()\[\]「」【】・:#]+", "", split).lower()


def _columns(source: Source) -> list[Column]:
    """Each name once: for persons, account and contact are the same column."""
    return list({column.header: column for column in reversed(source.columns)}.values())[::-1]


def _is_needed(source: Source, column: Column, found: Mapping[str, str]) -> bool:
    """Of columns of which a row needs one, the first is needed where none was found."""
    stand_ins = {other.header: other.name for other in source.columns if other.name in source.one_of}
    is_first = stand_ins.get(column.header) in source.one_of[:1]
    return column.required or (is_first and not (stand_ins.keys() & found.keys()))


def _matches(source: Source, sample: Sample, looks: Mapping[str, Look]) -> tuple[Match, ...]:
    """The best pairs first; every column, here and there, once."""
    pairs = [
        Match(column.header, header, score, why)
        for column in _columns(source)
        for header in dict.fromkeys(sample.header)
        if (rated := _rated(source, column, header, looks[header])) and (score := rated[0]) and (why := rated[1])
    ]
    taken: set[str] = set()
    chosen: dict[str, Match] = {}
    for match in sorted(pairs, key=lambda pair: -pair.score):
        if match.column not in chosen and match.header not in taken:
            chosen[match.column] = match
            taken.add(match.header)
    return tuple(chosen[column.header] for column in _columns(source) if column.header in chosen)


def _rated(source: Source, column: Column, header: str, look: Look) -> tuple[float, Why] | None:
    score, why = _by_name(source, column, header), Why.NAME
    if score < _WHOLE_NAME:
        why = Why.NEAR_NAME
    fitting = {_OF_LOOKS[column.header]} if column.header in _OF_LOOKS else _FITTING.get(column.type)
    if fitting and look.kind is not Kind.EMPTY and look.kind not in fitting:
        score, why = score - 0.35, Why.NAME_AGAINST_CELLS
    elif fitting is None and column.allowed and look.distinct > _FEW:
        score, why = score - 0.5, Why.NAME_AGAINST_CELLS
    elif column.unique and not look.is_unique and look.filled:
        score -= 0.1
    if column.header in _OF_LOOKS and look.kind is _OF_LOOKS[column.header] and score < _TOLD_BY_LOOKS:
        score, why = _TOLD_BY_LOOKS, Why.CELLS
    return (score, why) if score >= _POSSIBLE else None


def _by_name(source: Source, column: Column, header: str) -> float:
    name = plain(header)
    names = _names(source.name, column.header)
    if name in (plain(column.header), plain(column.name)):
        return _OWN_NAME
    if name in names:
        return _WHOLE_NAME
    if column.unique and name in ("id", "no", "番号", "コード", "code"):
        return 0.7
    tokens = {token for token in re.split(r"[^a-z]+", header.lower()) if len(token) > 2}
    if tokens & names:
        return 0.55
    within = max((len(known) for known in names if len(known) > 1 and known in name), default=0)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    near = difflib.SequenceMatcher(None, close[0], name).ratio() if close else 0.0
    return max(0.8 * within / len(name) if name else 0.0, 0.8 * near)


@cache
def _known() -> dict[str, Any]:
    return read_packaged("sources/synonyms.yaml")


@cache
def _names(entity: str, column: str) -> frozenset[str]:
    columns = _known()["columns"]
    listed = [*columns.get(f"{entity}.{column}", []), *columns.get(column, [])]
    return frozenset(plain(str(name)) for name in [*listed, column])


def _fit(source: Source, sample: Sample, matches: Sequence[Match], missing: Sequence[str], file_name: str) -> float:
    required = [column for column in _columns(source) if column.required]
    known = sum(match.score for match in matches) / max(len(sample.header), 1)
    there = 1 - len(missing) / max(len(required), 1)
    own_id = any(match.column == column.header for match in matches for column in source.columns if column.unique)
    stem = plain(file_name.rpartition("/")[2].partition(".")[0])
    called = any(plain(name) in stem for name in [source.name, *_known()["entities"].get(source.name, [])])
    return min(1.0, 0.4 * known + 0.35 * there + 0.1 * own_id + 0.15 * called)


def _is_japanese(sample: Sample) -> bool:
    return bool(_JAPANESE.search(" ".join(sample.header))) or any(
        _JAPANESE.search(cell) for row in sample.rows[:100] for cell in row
    )


def _constants(source: Source, found: Mapping[str, str], is_japanese: bool) -> dict[str, str]:
    """What can be said of all rows where the file has no such column. Each is a guess."""
    guesses = {"language": "ja" if is_japanese else "en", "is_primary": "true", "purpose": "marketing"}
    if source.name == "orders":
        guesses["kind"] = "purchase"
    return {
        column.header: guesses[column.header]
        for column in _columns(source)
        if column.required and column.header not in found and column.header in guesses
    }


def _row_id(source: Source, found: Mapping[str, str]) -> str | None:
    """Events may have no id of their own; who is a customer, a product or a rep must."""
    own = next((column for column in source.columns if column.unique), None)
    if own is None or own.header in found or source.name in ("accounts", "contacts", "persons", "products", "reps"):
        return None
    return own.header


def _one_per(source: Source, found: Mapping[str, str], looks: Mapping[str, Look]) -> str | None:
    """A list of customers that names some of them again and again is a list of something else."""
    own = next((column for column in source.columns if column.unique), None)
    if own is None or own.header not in found or source.name not in ("accounts", "contacts", "persons", "products"):
        return None
    look = looks[found[own.header]]
    return own.header if look.filled and look.distinct < 0.9 * look.filled else None


def _values(
    source: Source, sample: Sample, found: Mapping[str, str]
) -> tuple[dict[str, dict[str, str]], dict[str, list[str]]]:
    """(column -> what is written there -> what the contract calls it, column -> what nothing is known of)."""
    meant: dict[str, dict[str, str]] = {}
    unknown: dict[str, list[str]] = {}
    for column in _columns(source):
        if column.header in found and (column.allowed or column.type == "boolean"):
            allowed = column.allowed or ("true", "false")
            for written in dict.fromkeys(sample.column(found[column.header])):
                value = _meaning(source, column, allowed, written)
                if value is None:
                    unknown.setdefault(column.header, []).append(written)
                elif value != written:
                    meant.setdefault(column.header, {})[written] = value
    return meant, {column: written[:_FEW] for column, written in unknown.items()}


def _meaning(source: Source, column: Column, allowed: Sequence[str], written: str) -> str | None:
    if written in allowed:
        return written
    known = _known()["values"]
    key = "boolean" if column.type == "boolean" else column.header
    names: Mapping[str, Sequence[object]] = known.get(f"{source.name}.{key}") or known.get(key, {})
    for value in allowed:
        if plain(written) in {plain(str(name)) or str(name) for name in [value, *names.get(value, [])]}:
            return value
    return None

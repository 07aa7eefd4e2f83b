"""A proposed feed as lines for the brief: YAML that loads, with how sure each line is as a comment."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping

from ..domain.brief import Language
from ..service.mapping import Proposal, Proposed
from .words import clean, say

#: Words that YAML would read as text whatever the reader, and that need no quotes.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/.]*|[ぁ-んァ-ヶ一-龠々ー]+")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_WIDTH = 44


def feed_block(proposed: Proposed, language: Language) -> str:
    """Lines to put under `sources:` in the brief."""
    proposal = proposed.proposal
    lines = [*_head(proposed, language), "  feeds:", f"    {proposal.source.name}:"]
    lines += [f"      {'- ' if number == 0 else '  '}{line}" for number, line in enumerate(_feed(proposed, language))]
    return "\n".join([*lines, *_open(proposal, language)]) + "\n"


def _head(proposed: Proposed, language: Language) -> Iterator[str]:
    yield "# " + say(language, "mapping.paste")
    if proposed.others:
        others = ", ".join(f"{name} {fit:.0%}" for name, fit in proposed.others)
        entity, fit = proposed.proposal.source.name, f"{proposed.proposal.fit:.0%}"
        yield "# " + say(language, "mapping.entity", entity=entity, fit=fit, others=others)
    if not proposed.is_inside:
        yield "# " + say(language, "mapping.outside", file=clean(proposed.file or _database_file(proposed)))


def _database_file(proposed: Proposed) -> str:
    return str(proposed.database.file) if proposed.database else ""


def _feed(proposed: Proposed, language: Language) -> Iterator[str]:
    proposal = proposed.proposal
    yield from _place(proposed)
    if proposal.time_zone:
        yield _told(f"time_zone: {proposal.time_zone}", say(language, "mapping.zone_guessed"))
    yield "columns:" if proposal.matches else "columns: {}"
    for match in proposal.matches:
        why = say(language, f"mapping.{match.sureness}", why=say(language, f"mapping_why.{match.why}"))
        yield _told(f"  {match.column}: {_text(match.header)}", why)
    yield from _values(proposal.values)
    if proposal.constants:
        yield "constants:"
        for column, value in proposal.constants.items():
            yield _told(f"  {column}: {_text(value)}", say(language, "mapping.constant_guessed"))
    if proposal.row_id:
        yield _told(f"row_id: {proposal.row_id}", say(language, "mapping.row_id"))
    if proposal.one_per:
        yield _told(f"one_per: {proposal.one_per}", say(language, "mapping.one_per"))


def _place(proposed: Proposed) -> Iterator[str]:
    if proposed.database is None:
        yield f"file: {_text(proposed.file or '')}"
        if proposed.sample.encoding != "utf-8":
            yield f"encoding: {proposed.sample.encoding}"
        if proposed.sample.separator != ",":
            yield f"separator: {_text(proposed.sample.separator)}"
        return
    [(key, value)] = proposed.database.model_dump(exclude_none=True).items()
    yield f"database: {{{key}: {_text(value)}}}"
    yield f"table: {_text(proposed.table or '')}"


def _values(values: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if values:
        yield "values:"
    for column, meanings in values.items():
        yield f"  {column}:"
        for written, meant in meanings.items():
            yield f"    {_text(written)}: {_text(meant)}"


def _open(proposal: Proposal, language: Language) -> Iterator[str]:
    entity = proposal.source.name
    for column in proposal.open_columns:
        yield "# " + say(language, "mapping.open_column", entity=entity, column=column)
    for column, written in proposal.open_values.items():
        allowed = next(known for known in proposal.source.columns if known.header == column).allowed
        shown = ", ".join(clean(value)[:40] for value in written)
        words = ", ".join(allowed or ("true", "false"))
        yield "# " + say(language, "mapping.open_values", column=column, values=shown, allowed=words)
    if proposal.open_zone:
        yield "# " + say(language, "mapping.open_zone")
    if proposal.unused:
        names = ", ".join(clean(name) for name in proposal.unused)
        yield "# " + say(language, "mapping.unused", names=names)


def _told(line: str, comment: str) -> str:
    """The comment in a column of its own; letters of East Asia are two wide."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in line)
    return f"{line:<{_WIDTH - wide}}  # {comment}"


def _text(value: str) -> str:
    """Text as YAML reads it back, whatever stands in it."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT:
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())

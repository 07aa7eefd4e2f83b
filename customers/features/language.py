"""The expressions of feature definitions: the language of eligibility rules, and what rows need besides.

More than a rule knows: `case when`, least, greatest, floor, days_between(from, to), as_number(text). Types are
checked, a division by zero is unknown, and every number is a DOUBLE before anything is calculated with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp

from ..rules import Known, Part, Reading

#: Larger than any figure: `least` and `greatest` leave unknown values out, which engines don't agree on.
_ENDLESS = "CAST(1e300 AS DOUBLE)"
_DIGITS = ", ".join(f"'{digit}'" for digit in range(10))


@dataclass(frozen=True)
class Name:
    """What a name in an expression stands for."""

    type: str  #: number, text, boolean or moment
    tree: exp.Expr
    values: tuple[str, ...] = ()  #: all that a text can be, where that is settled


@dataclass(frozen=True)
class Expression:
    """An expression read: its type, its tree, the names it used, and what is wrong with it."""

    type: str | None
    tree: exp.Expr
    names: frozenset[str] = field(default_factory=frozenset)
    problems: tuple[str, ...] = ()


class Formula(Reading):
    """A rule's language with what definitions need besides; it may be of any type."""

    wanted: ClassVar[tuple[str, str] | None] = None

    def _case(self, node: exp.Case) -> Part:
        if node.this is not None:
            self.problems.append("write `case when a = 'x' then …`, with the question after `when`")
        values = [branch.args["true"] for branch in node.args["ifs"]]
        values += [node.args["default"]] if node.args.get("default") else []
        parts = [self.read(value) for value in values]
        self.same(parts[0], parts[1:])
        questions = [self.read(branch.this) for branch in node.args["ifs"]]
        for question in questions:
            self.expect(question, "boolean", "after `when` stands a question with yes or no as its answer")
        sql = " ".join(f"WHEN {q.sql} THEN {part.sql}" for q, part in zip(questions, parts, strict=False))
        otherwise = f" ELSE {parts[-1].sql}" if len(parts) > len(questions) else ""
        types = [part.type for part in parts if part.type]
        return Part(types[0] if types else None, f"CASE {sql}{otherwise} END")

    def _furthest(self, node: exp.Expr) -> Part:
        parts = [self.read(part) for part in [node.this, *node.expressions]]
        for part in parts:
            self.expect(part, "number", "`least` and `greatest` compare numbers")
        word, end = ("least", _ENDLESS) if isinstance(node, exp.Least) else ("greatest", f"(-{_ENDLESS})")
        listed = ", ".join(f"coalesce({part.sql}, {end})" for part in parts)
        return Part("number", f"nullif({word}({listed}), {end})")

    def _floor(self, node: exp.Floor) -> Part:
        part = self.read(node.this)
        self.expect(part, "number", "`floor` needs a number")
        return Part("number", f"floor({part.sql})")

    def _named(self, node: exp.Anonymous) -> Part:
        known = {"days_between": (2, "moment", "number"), "as_number": (1, "text", "number")}
        name = str(node.this).lower()
        if name not in known or len(node.expressions) != known[name][0]:
            allowed = "abs, coalesce, lower, least, greatest, floor, days_between(from, to), as_number(text)"
            self.problems.append(f"the function `{name}` is not allowed so; allowed are {allowed}")
            return Part(None, "NULL")
        parts = [self.read(part) for part in node.expressions]
        for part in parts:
            self.expect(part, known[name][1], f"`{name}` needs a {known[name][1]}")
        if name == "as_number":
            return Part("number", _as_number(parts[0].sql))
        return Part("number", f"days_between({parts[0].sql}, {parts[1].sql})")

    readers: ClassVar[dict[type, Callable[[Any, Any], Part]]] = {
        **Reading.readers,
        exp.Case: _case,
        exp.Least: _furthest,
        exp.Greatest: _furthest,
        exp.Floor: _floor,
        exp.Anonymous: _named,
    }


def read_expression(text: str, names: Mapping[str, Name]) -> Expression:
    """Read an expression over these names. Its tree is there only where nothing is wrong with it."""
    types = {name: known.type for name, known in names.items()}
    values = {name: known.values for name, known in names.items() if known.values}
    reading = Formula(text, Known(names, types, values))
    if reading.problems:
        return Expression(None, exp.null(), problems=tuple(reading.problems))

    def put_in(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return names[node.name].tree.copy()
        return node

    tree = sqlglot.parse_one(reading.sql, dialect="duckdb").transform(put_in, copy=False)
    return Expression(reading.type, tree, frozenset(reading.columns))


def _as_number(text: str) -> str:
    """The number that a text writes in plain digits. Engines read different things into `1_0`, `nan` or `9d`.

    The last letter is looked at again, since `$` may stand before a line's end.
    """
    plain = f"regexp_matches({text}, '^-?[0-9]{{1,15}}([.][0-9]{{1,15}})?$') AND right({text}, 1) IN ({_DIGITS})"
    return f"CASE WHEN {plain} THEN CAST({text} AS DOUBLE) END"

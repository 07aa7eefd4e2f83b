"""The language of eligibility rules: parse one, say what is wrong with it, put it into safe SQL.

SQL is built anew from the few constructs that are known here, so nothing else can reach the engine.
"""

import difflib
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import TokenType

MAX_LENGTH = 2_000
ALLOWED = "columns, values, = <> < <= > >=, and, or, not, in, between, is null, + - * /, coalesce, abs, lower"


@dataclass(frozen=True)
class Known:
    """What a rule may name: the columns, and of some of them the type and all possible values."""

    columns: Collection[str]
    types: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A piece of a rule: its type (None where any fits), its SQL, and the column or the value it is."""

    type: str | None
    sql: str
    column: str = ""
    literal: str | None = None


class Reading:
    """One rule read against what is known. `problems` is empty where the rule is sound.

    A language that knows more constructs adds to `readers`, and says what the whole must be in `wanted`.
    """

    readers: ClassVar[dict[type, Callable[[Any, Any], Part]]] = {}
    wanted: ClassVar[tuple[str, str] | None] = ("boolean", "the rule must be a question with yes or no as its answer")

    def __init__(self, rule: str, known: Known) -> None:
        self.known = known
        self.type: str | None = None
        self.problems: list[str] = []
        self.columns: set[str] = set()
        self.sql = "NULL"
        try:
            root = self._parse(rule)
            if root is not None:
                part = self.read(root)
                if self.wanted is not None:
                    self.expect(part, *self.wanted)
                self.type, self.sql = part.type, part.sql
        except RecursionError:
            self.problems = ["the rule is nested too deeply"]

    def _parse(self, rule: str) -> exp.Expr | None:
        if not rule.strip() or len(rule) > MAX_LENGTH:
            self.problems.append(f"a rule has between 1 and {MAX_LENGTH:,} characters")
            return None
        try:
            tokens = sqlglot.tokenize(rule, dialect="duckdb")
            if any(token.comments for token in tokens):
                self.problems.append("a rule holds no comments")
            if any(token.token_type is TokenType.SEMICOLON for token in tokens):
                self.problems.append("a rule is one expression, without `;`")
            parsed = [] if self.problems else sqlglot.parse(rule, dialect="duckdb")
        except ParseError as error:
            self.problems.append(_where(error))
            return None
        except SqlglotError as error:
            self.problems.append(f"can't be read: {str(error).splitlines()[0]}")
            return None
        if len(parsed) == 1 and isinstance(parsed[0], exp.Expr):
            return parsed[0]
        self.problems = self.problems or ["a rule is one expression"]
        return None

    def read(self, node: Any) -> Part:
        """A piece and all below it; what is wrong with it is added to the problems."""
        reader = self.readers.get(type(node))
        if reader is None:
            self.problems.append(_not_allowed(node))
            return Part(None, "NULL")
        return reader(self, node)

    def expect(self, part: Part, wanted: str, why: str) -> None:
        """A problem where the part is known to be of another type."""
        if part.type not in (None, wanted):
            self.problems.append(f"{why}; {_name(part)} is {_A[part.type or '']}")

    def _column(self, node: exp.Column) -> Part:
        name = node.name
        if any(node.args.get(key) for key in ("table", "db", "catalog")) or not isinstance(node.this, exp.Identifier):
            self.problems.append(f"{node.sql('duckdb')} is no column; write its name alone")
            return Part(None, "NULL")
        if name not in self.known.columns:
            close = difflib.get_close_matches(name, sorted(self.known.columns), n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            self.problems.append(f"unknown column `{name}`{hint}")
            return Part(None, "NULL")
        self.columns.add(name)
        return Part(self.known.types.get(name), identifier(name), column=name)

    def _literal(self, node: exp.Literal) -> Part:
        if node.is_string:
            return Part("text", "'" + node.this.replace("'", "''") + "'", literal=node.this)
        try:
            number = float(node.this)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.problems.append(f"{node.this!r} is no number that can be calculated with")
            return Part(None, "NULL")
        return Part("number", f"CAST({number!r} AS DOUBLE)", literal=node.this)

    def _constant(self, node: exp.Expr) -> Part:
        if isinstance(node, exp.Null):
            return Part(None, "NULL")
        return Part("boolean", "TRUE" if node.this else "FALSE")

    def _paren(self, node: exp.Paren) -> Part:
        part = self.read(node.this)
        return Part(part.type, f"({part.sql})", part.column)

    def _not(self, node: exp.Not) -> Part:
        part = self.read(node.this)
        self.expect(part, "boolean", "`not` needs a yes or no")
        return Part("boolean", f"(NOT {part.sql})")

    def _joined(self, node: exp.Expr) -> Part:
        word = "AND" if isinstance(node, exp.And) else "OR"
        sides = [self.read(node.this), self.read(node.expression)]
        for side in sides:
            self.expect(side, "boolean", f"`{word.lower()}` joins questions with yes or no as their answer")
        return Part("boolean", f"({sides[0].sql} {word} {sides[1].sql})")

    def _compared(self, node: exp.Expr) -> Part:
        left, right = self.read(node.this), self.read(node.expression)
        self.same(left, [right])
        return Part("boolean", f"({left.sql} {_COMPARED[type(node)]} {right.sql})")

    def same(self, left: Part, others: list[Part]) -> None:
        """Compared things have one type, and a text is one that the column can hold."""
        for right in others:
            if left.type and right.type and left.type != right.type:
                words = f"{_name(left)} is {_A[left.type]}, {_name(right)} is {_A[right.type]}"
                self.problems.append(f"can't compare: {words}")
            for column, value in ((left, right), (right, left)):
                self._possible(column.column, value.literal)

    def _possible(self, column: str, value: str | None) -> None:
        values = self.known.values.get(column, ())
        if values and value is not None and value not in values:
            close = difflib.get_close_matches(value, values, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f" (it is one of {', '.join(values)})"
            self.problems.append(f"`{column}` is never {value!r}{hint}")

    def _in(self, node: exp.In) -> Part:
        values = node.expressions
        if not values or any(node.args.get(key) for key in ("query", "unnest", "field", "is_global")):
            self.problems.append("`in` needs a list of values: plan in ('starter', 'team')")
            return Part("boolean", "NULL")
        left, parts = self.read(node.this), [self.read(value) for value in values]
        self.same(left, parts)
        return Part("boolean", f"({left.sql} IN ({', '.join(part.sql for part in parts)}))")

    def _between(self, node: exp.Between) -> Part:
        if node.args.get("symmetric"):
            self.problems.append("`between symmetric` is not allowed")
        part, low, high = (self.read(node.args[key]) for key in ("this", "low", "high"))
        self.same(part, [low, high])
        return Part("boolean", f"({part.sql} BETWEEN {low.sql} AND {high.sql})")

    def _is(self, node: exp.Is) -> Part:
        if not isinstance(node.expression, exp.Null):
            self.problems.append("after `is` only `null` or `not null` can stand")
        return Part("boolean", f"({self.read(node.this).sql} IS NULL)")

    def _calculated(self, node: exp.Expr) -> Part:
        parts = [self.read(node.this), self.read(node.expression)]
        for part in parts:
            self.expect(part, "number", "only numbers can be calculated with")
        left, right = (f"CAST({part.sql} AS DOUBLE)" for part in parts)
        if isinstance(node, exp.Div):
            return Part("number", f"({left} / nullif({right}, 0))")
        return Part("number", f"({left} {_CALCULATED[type(node)]} {right})")

    def _function(self, node: exp.Expr) -> Part:
        function, wanted = _FUNCTIONS[type(node)]
        part = self.read(node.this)
        self.expect(part, wanted, f"`{function or '-'}` needs {_A[wanted]}")
        return Part(wanted, f"{function or '-'}({part.sql})")

    def _coalesce(self, node: exp.Coalesce) -> Part:
        parts = [self.read(part) for part in [node.this, *node.expressions]]
        self.same(parts[0], parts[1:])
        types = [part.type for part in parts if part.type]
        return Part(types[0] if types else None, f"coalesce({', '.join(part.sql for part in parts)})")


def names_in(rule: str) -> frozenset[str]:
    """All that a rule names; nothing where it can't be read."""
    try:
        parsed = sqlglot.parse(rule, dialect="duckdb") if len(rule) <= MAX_LENGTH else []
    except (SqlglotError, RecursionError):
        return frozenset()
    return frozenset(column.name for node in parsed if node for column in node.find_all(exp.Column))


def identifier(name: str) -> str:
    """A column name quoted for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def _name(part: Part) -> str:
    if part.column:
        return f"`{part.column}`"
    return repr(part.literal) if part.literal is not None else "this part"


def _not_allowed(node: Any) -> str:
    if isinstance(node, exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        return f"the function `{name}` is not allowed; allowed are abs, coalesce, lower"
    what = type(node).__name__.lower() if isinstance(node, exp.Expr) else "this"
    return f"`{what}` is not allowed in a rule; allowed are {ALLOWED}"


def _where(error: ParseError) -> str:
    if not error.errors:
        return "can't be read"
    at = error.errors[0]
    near = str(at.get("highlight") or "").strip()
    near = f" near `{near[:30]}`" if near else ""
    return f"can't be read at line {at.get('line')}, column {at.get('col')}{near}: {at.get('description')}"


_A = {"number": "a number", "text": "text", "boolean": "yes or no", "": "unknown"}
_COMPARED: dict[type, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_CALCULATED: dict[type, str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_FUNCTIONS: dict[type, tuple[str, str]] = {
    exp.Abs: ("abs", "number"),
    exp.Lower: ("lower", "text"),
    exp.Neg: ("", "number"),
}
Reading.readers = {
    exp.Column: Reading._column,
    exp.Literal: Reading._literal,
    exp.Boolean: Reading._constant,
    exp.Null: Reading._constant,
    exp.Paren: Reading._paren,
    exp.Not: Reading._not,
    exp.And: Reading._joined,
    exp.Or: Reading._joined,
    exp.In: Reading._in,
    exp.Between: Reading._between,
    exp.Is: Reading._is,
    exp.Div: Reading._calculated,
    exp.Coalesce: Reading._coalesce,
    **dict.fromkeys(_COMPARED, Reading._compared),
    **dict.fromkeys(_CALCULATED, Reading._calculated),
    **dict.fromkeys(_FUNCTIONS, Reading._function),
}

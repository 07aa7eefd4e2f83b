"""Whether a rule can still be true when some features are no longer known, or always say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

#: What is known of a feature: None for unknown, a number or text where it is always the same.
Fixed = float | str | None
Answers = frozenset[bool | None]

_ANY: Answers = frozenset({True, False, None})
_COMPARED: dict[type, Any] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
}
_CALCULATED: dict[type, Any] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: lambda a, b: a / b if b else None,
}


@dataclass(frozen=True)
class _Open:
    """A value that can be anything."""


_OPEN = _Open()
_Value = Fixed | _Open


def can_fit(rule: str, fixed: Mapping[str, Fixed]) -> bool:
    """Whether a sound rule can be true for anybody while these features have these values."""
    return True in _answers(_parsed(rule), fixed)


@lru_cache(maxsize=256)
def _parsed(rule: str) -> exp.Expr:
    return sqlglot.parse_one(rule, dialect="duckdb")


def _answers(node: Any, fixed: Mapping[str, Fixed]) -> Answers:
    """The answers that a yes-or-no part can have."""
    if isinstance(node, exp.Paren):
        return _answers(node.this, fixed)
    if isinstance(node, exp.Not):
        return frozenset(None if answer is None else not answer for answer in _answers(node.this, fixed))
    if isinstance(node, exp.And):
        return _joined(node, fixed, decides=False)
    if isinstance(node, exp.Or):
        return _joined(node, fixed, decides=True)
    if isinstance(node, exp.Between):
        low = exp.GTE(this=node.this, expression=node.args["low"])
        return _answers(exp.and_(low, exp.LTE(this=node.this, expression=node.args["high"])), fixed)
    return _of_values(node, fixed)


def _of_values(node: Any, fixed: Mapping[str, Fixed]) -> Answers:
    if isinstance(node, exp.Is):
        value = _value(node.this, fixed)
        return frozenset({True, False}) if isinstance(value, _Open) else frozenset({value is None})
    if isinstance(node, exp.In):
        value, listed = _value(node.this, fixed), [_value(item, fixed) for item in node.expressions]
        if isinstance(value, _Open) or any(isinstance(item, _Open) for item in listed):
            return _ANY
        return frozenset({None if value is None else value in listed})
    if type(node) in _COMPARED:
        return _compared(_COMPARED[type(node)], _value(node.this, fixed), _value(node.expression, fixed))
    value = _value(node, fixed)
    return _ANY if isinstance(value, _Open) else frozenset({None if value is None else bool(value)})


def _joined(node: exp.Expr, fixed: Mapping[str, Fixed], *, decides: bool) -> Answers:
    """AND (decided by a no) and OR (decided by a yes), with unknown as SQL has it."""
    found: set[bool | None] = set()
    right_side = _answers(node.expression, fixed)
    for left in _answers(node.this, fixed):
        for right in right_side:
            if decides in (left, right):
                found.add(decides)
            else:
                found.add(None if None in (left, right) else not decides)
    return frozenset(found)


def _compared(compare: Any, left: _Value, right: _Value) -> Answers:
    if left is None or right is None:
        return frozenset({None})
    if isinstance(left, _Open) or isinstance(right, _Open):
        return _ANY
    return frozenset({bool(compare(left, right))})


def _value(node: Any, fixed: Mapping[str, Fixed]) -> _Value:
    if isinstance(node, exp.Paren):
        return _value(node.this, fixed)
    if isinstance(node, exp.Column):
        return fixed.get(node.name, _OPEN)
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else float(node.this)
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return float(node.this)
    if isinstance(node, exp.Coalesce):
        return _first_known([_value(part, fixed) for part in (node.this, *node.expressions)])
    return _calculated(node, fixed)


def _first_known(values: list[_Value]) -> _Value:
    return next((value for value in values if value is not None), None)


def _calculated(node: Any, fixed: Mapping[str, Fixed]) -> _Value:
    if type(node) in _CALCULATED:
        sides = [_value(node.this, fixed), _value(node.expression, fixed)]
        if None in sides:
            return None
        if all(isinstance(side, float) for side in sides):
            result: float | None = _CALCULATED[type(node)](*sides)
            return result
        return _OPEN
    if isinstance(node, exp.Abs | exp.Neg | exp.Lower):
        value = _value(node.this, fixed)
        if value is None or isinstance(value, _Open):
            return value
        if isinstance(value, str):
            return value.lower()
        return abs(value) if isinstance(node, exp.Abs) else -value
    return _OPEN

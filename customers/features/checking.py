"""What is wrong with a definition's expressions, in words."""

from collections.abc import Iterator

from .language import Expression
from .names import Defined, Scope

_OF_NUMBERS = frozenset({"sum", "mean", "deviation", "bits", "bits_set"})
_OF_QUESTIONS = frozenset({"share", "any"})
_KEEP_THE_TYPE = frozenset({"max", "min", "latest"})


def problems_of(defined: Defined, scope: Scope) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it) for each expression of the definition."""
    definition = defined.definition
    if definition.formula is not None:
        try:
            scope.formula(defined.name)
        except ValueError as error:
            yield "formula", str(error)
    if definition.where is not None:
        yield from (("where", problem) for problem in _where(defined, definition.where, scope))
    if definition.of is not None:
        yield from (("of", problem) for problem in _of(defined, definition.of, scope))


def _where(defined: Defined, text: str, scope: Scope) -> Iterator[str]:
    try:
        read = scope.over_rows(defined.entity, text)
    except ValueError as error:
        yield str(error)
    else:
        if read.type not in (None, "boolean"):
            yield "must be a question with yes or no as its answer"


def _of(defined: Defined, text: str, scope: Scope) -> Iterator[str]:
    try:
        read = scope.over_rows(defined.entity, text)
    except ValueError as error:
        yield str(error)
        return
    wanted = _wanted(defined, read)
    if read.type not in (None, wanted):
        yield f"must be of type {wanted}, and is of type {read.type}"


def _wanted(defined: Defined, read: Expression) -> str | None:
    """The type that the aggregate needs; of a value itself, a yes may stand for a number."""
    kind, made = defined.definition.aggregate, defined.definition.type
    if kind in _OF_NUMBERS:
        return "number"
    if kind in _OF_QUESTIONS:
        return "boolean"
    if kind in _KEEP_THE_TYPE:
        return made
    if kind == "distinct" or (kind is None and made == "number" and read.type == "boolean"):
        return read.type
    return made

"""What does not fit a model, in the words of the person who wrote the file: the problem, and what was meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from .place import Place, shown

_PROBLEMS = {
    "missing": "is missing",
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be `true` or `false`",
    "bool_parsing": "must be `true` or `false`",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must hold `key: value` lines",
    "model_type": "must hold `key: value` lines",
    "model_attributes_type": "must hold `key: value` lines",
    "finite_number": "must be a number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_pattern_mismatch": "is not written as it should be",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
}
_CHOICES = frozenset({"enum", "literal_error"})
_OWN_WORDS = frozenset({"value_error", "assertion_error"})


@dataclass(frozen=True)
class Misfit:
    """One thing that does not fit. `meant` is the place that an unknown key was probably meant for."""

    place: Place
    problem: str
    hint: str
    missing: bool = False
    meant: Place | None = None


class Shape:
    """What a model allows where, read from its JSON schema."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._schema = model.model_json_schema(by_alias=True)

    def at(self, place: Place) -> list[dict[str, Any]]:
        """The schemas, one for each alternative, of the value at a place."""
        nodes = self._plain(self._schema)
        for part in place:
            nodes = [plain for node in nodes for plain in self._plain(_inner(node, part))]
        return nodes

    def keys(self, place: Place) -> list[str]:
        """The keys allowed in the mapping at a place."""
        found: list[str] = []
        for node in self.at(place):
            found += node.get("properties", {})
            found += _choices(self._plain(node.get("propertyNames", {})))
        return list(dict.fromkeys(found))

    def choices(self, place: Place) -> list[str]:
        """The values allowed at a place, where they are a closed list."""
        return _choices(self.at(place))

    def example(self, place: Place) -> str:
        """How the value at a place can be written; empty where nothing shows it."""
        return next(filter(None, (_example(node) for node in self.at(place))), "")

    def _plain(self, node: Any) -> list[dict[str, Any]]:
        if not isinstance(node, dict):
            return []
        if "$ref" in node:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            target = self._schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
            return [{**plain, **beside} for plain in self._plain(target)]
        ways = [*node.get("anyOf", []), *node.get("oneOf", [])]
        if not ways:
            return [node]
        beside = {key: node[key] for key in ("examples",) if key in node}
        return [{**plain, **beside} for way in ways for plain in self._plain(way)]


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model; worked out once."""
    return Shape(model)


def explain(error: ErrorDetails, shape: Shape, data: dict[str, Any]) -> Misfit:
    """A pydantic error in plain words."""
    kind, place = error["type"], _place(error["loc"], data)
    if kind == "extra_forbidden" or (error["loc"] and error["loc"][-1] == "[key]"):
        return _unknown_key(place, shape)
    if kind == "missing":
        return Misfit(place, "is missing", _what_to_write(place, shape), missing=True)
    value, hint = error["input"], _like(shape.example(place))
    if kind in _OWN_WORDS:
        return Misfit(place, str(error.get("ctx", {}).get("error", error["msg"])), "")
    if value is None:
        return Misfit(place, "is empty", _what_to_write(place, shape))
    if kind in _CHOICES:
        choices = shape.choices(place)
        return Misfit(place, f"{shown(value)} is not possible here", _meant(value, choices))
    if kind == "string_type" and isinstance(value, bool | int | float):
        hint = "put it in quotes"
    if kind == "string_pattern_mismatch":
        return Misfit(place, f"{shown(value)} {_PROBLEMS[kind]}", hint)
    problem = _PROBLEMS.get(kind)
    if problem is None:
        return Misfit(place, error["msg"], _unknown_keys_in(value, place, shape))
    return Misfit(place, problem.format(**error.get("ctx", {})), hint)


def _place(loc: Iterable[str | int], data: Any) -> Place:
    """The location without the parts that pydantic adds for alternatives and for keys."""
    parts = [part for part in loc if part != "[key]"]
    place: list[str | int] = []
    for index, part in enumerate(parts):
        if _holds(data, part):
            data = data[part]
        elif index < len(parts) - 1 or not isinstance(data, dict) or str(part).startswith("("):
            continue
        place.append(part)
    return tuple(place)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _unknown_key(place: Place, shape: Shape) -> Misfit:
    key, around = str(place[-1]), place[:-1]
    keys = shape.keys(around)
    close = _closest(key, keys)
    return Misfit(place, "is not known here", _meant(key, keys), meant=(*around, close) if close is not None else None)


def _unknown_keys_in(value: Any, place: Place, shape: Shape) -> str:
    keys = shape.keys(place)
    unknown = [key for key in value if key not in keys] if isinstance(value, dict) else []
    return _meant(unknown[0], keys) if unknown and keys else ""


def _what_to_write(place: Place, shape: Shape) -> str:
    name = place[-1] if place else ""
    required = [key for node in shape.at(place) for key in node.get("required", [])]
    if required:
        return f"write `{name}:`, and under it " + ", ".join(f"`{key}`" for key in dict.fromkeys(required))
    example = shape.example(place)
    if not example:
        return "give it a text" if any(node.get("type") == "string" for node in shape.at(place)) else ""
    return f"write `{name}: {example}`" if isinstance(name, str) else _like(example)


def _like(example: str) -> str:
    return f"write it like `{example}`" if example else ""


def _meant(value: Any, choices: list[str]) -> str:
    close = _closest(str(value), choices)
    if close is not None:
        return f"did you mean `{close}`?"
    return "possible: " + ", ".join(f"`{choice}`" for choice in choices) if choices else ""


def _closest(word: str, choices: list[str]) -> str | None:
    """What a misspelt word was probably meant to be."""
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")[:80]
    return next(iter(get_close_matches(plain, choices, n=1)), None)


def _inner(node: dict[str, Any], part: str | int) -> Any:
    if isinstance(part, int):
        return node.get("items")
    properties = node.get("properties", {})
    return properties[part] if part in properties else node.get("additionalProperties")


def _choices(nodes: list[dict[str, Any]]) -> list[str]:
    found: list[Any] = []
    for node in nodes:
        found += [node["const"]] if "const" in node else node.get("enum", [])
    return list(dict.fromkeys(map(str, found)))


def _example(node: dict[str, Any]) -> str:
    if node.get("examples"):
        return str(node["examples"][0])
    choices = _choices([node])
    return choices[0] if choices else {"boolean": "true", "array": "[…]"}.get(node.get("type", ""), "")

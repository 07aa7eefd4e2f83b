"""Calling things by other names in JSON: whole values, or words blacked out of free text."""

from collections.abc import Iterable, Mapping
from typing import Any

BLACK = "■■■"


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same JSON with every string, key or value, that stands in `names` replaced."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    return value


def scrubbed(value: Any, words: Iterable[str]) -> Any:
    """The same JSON with these words blacked out wherever they stand in a text; keys stay."""
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, BLACK)
        return value
    if isinstance(value, list):
        return [scrubbed(item, words) for item in value]
    if isinstance(value, dict):
        return {key: scrubbed(item, words) for key, item in value.items()}
    return value

"""Plain values out of YAML text, without surprises, each with the line on which it stands.

Plain scalars mean what YAML 1.2's core schema says, so `no`, `on`, `12:30`, `1_000` and dates stay text.
Anchors, aliases, tags, merge keys, directives, duplicate keys and several documents are refused. Parser
events are taken in a loop, never recursively, so no text can exhaust the stack.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml
from yaml.reader import ReaderError

from .errors import Fault, FaultyFile
from .place import Place, dotted, shown

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 10_000
MAX_DIGITS: Final = 15
MAX_FAULTS: Final = 100

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CUT_OFF = "found unexpected end of stream"
_SYNTAX_HINTS = {
    "mapping values are not allowed here": "put text that holds `: ` in quotes, or check the indentation",
    "found character '\\t' that cannot start any token": "indent with spaces, not with tabs",
    "could not find expected ':'": "a key is followed by `: ` and its value",
    _CUT_OFF: "a quote or bracket is not closed",
    "expected <block end>, but found '<block mapping start>'": "check the indentation",
    "expected <block end>, but found '<block sequence start>'": "check the indentation",
    "expected <block end>, but found '<scalar>'": "put the whole text in quotes",
    "found character '%' that cannot start any token": "put text that starts with `%` in quotes",
    "found character '@' that cannot start any token": "put text that starts with `@` in quotes",
    "found character '`' that cannot start any token": "put text that starts with a backtick in quotes",
}


class _Mark:
    """Stands where a mapping waits for its next key, or for a value that nobody keeps."""


_NO_KEY: Final = _Mark()
_NOT_KEPT: Final = _Mark()


@dataclass
class _Open:
    """A container that is not closed yet. In a mapping, `key` waits for its value."""

    holds: dict[str, Any] | list[Any]
    place: Place
    key: str | _Mark = _NO_KEY

    def next_place(self) -> Place:
        if isinstance(self.holds, list):
            return (*self.place, len(self.holds))
        return self.place if isinstance(self.key, _Mark) else (*self.place, self.key)

    def put(self, value: Any) -> None:
        if isinstance(self.holds, list):
            self.holds.append(value)
        else:
            if isinstance(self.key, str):
                self.holds[self.key] = value
            self.key = _NO_KEY


@dataclass
class Reading:
    """What came out of a text. `data` is None where it broke off or holds no mapping."""

    file: str
    data: dict[str, Any] | None = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_yaml(text: str, file: str) -> Reading:
    """Reads as far as possible and notes every fault; never raises on account of the text."""
    reading = Reading(file)
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        reading.faults.append(Fault(file, 0, "", f"the file is larger than {MAX_BYTES // 1024} KB"))
        return reading
    builder = _Builder(reading)
    try:
        for event in _events(text, file):
            builder.take(event)
    except FaultyFile as broken_off:
        reading.faults += broken_off.faults
        return reading
    if isinstance(builder.root, dict):
        reading.data = builder.root
    else:
        problem = "the file holds no keys" if builder.seen_root else "the file is empty"
        reading.faults.append(Fault(file, 1, "", problem, "write `key: value`, one to a line"))
    return reading


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"the character U+{ord(text[error.position]):04X} can't stand in a YAML file"
        raise FaultyFile([Fault(file, line, "", problem, "delete it")]) from None
    except yaml.MarkedYAMLError as error:
        problem = str(error.problem or error.context)
        starts = error.context_mark if problem == _CUT_OFF else None
        mark = starts or error.problem_mark or error.context_mark
        hint = _SYNTAX_HINTS.get(problem, "")
        line = mark.line + 1 if mark else 1
        raise FaultyFile([Fault(file, line, "", f"this is not YAML: {problem}", hint)]) from None
    except (ValueError, OverflowError):  # PyYAML lets these through for "\UFFFFFFFF" and endless versions
        problem = "this is not YAML: an escape or a version names nothing that exists"
        raise FaultyFile([Fault(file, 0, "", problem)]) from None


@dataclass
class _Builder:
    """Puts values together from parser events. `complain` goes on reading, `_stop` does not."""

    reading: Reading
    root: Any = None
    seen_root: bool = False
    stack: list[_Open] = field(default_factory=list)
    values: int = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            inside = self.stack[-1] if self.stack else None
            if inside is not None and isinstance(inside.holds, dict) and inside.key is _NO_KEY:
                inside.key = self._key(event, inside, line)
            else:
                self._take_value(event, inside, line)

    def _complain(self, line: int, place: Place, problem: str, hint: str = "") -> None:
        self.reading.faults.append(self._fault(line, place, problem, hint))
        if len(self.reading.faults) >= MAX_FAULTS:
            self._stop(line, (), "there may be more faults; reading stopped here")

    def _stop(self, line: int, place: Place, problem: str, hint: str = "") -> NoReturn:
        raise FaultyFile([self._fault(line, place, problem, hint)])

    def _fault(self, line: int, place: Place, problem: str, hint: str) -> Fault:
        return Fault(self.reading.file, line, dotted(place), problem, hint)

    def _start_document(self, event: yaml.DocumentStartEvent, line: int) -> None:
        if self.seen_root:
            self._stop(line, (), "a second document starts here", "keep one document to a file, without `---`")
        if event.version or event.tags:
            self._complain(line, (), "directives (`%YAML`, `%TAG`) are not allowed", "delete the line")

    def _key(self, event: yaml.NodeEvent, inside: _Open, line: int) -> str | _Mark:
        self._refuse_magic(event, line, inside.place)
        if isinstance(event, yaml.CollectionStartEvent):
            self._stop(line, inside.place, "a key must be text, not a list or more keys")
        if not isinstance(event, yaml.ScalarEvent):
            return _NOT_KEPT
        key = self._scalar(event, line, inside.place)
        if not isinstance(key, str):
            self._complain(line, inside.place, f"the key {shown(event.value)} is not text", "put it in quotes")
            return _NOT_KEPT
        place = (*inside.place, key)
        if key == "<<":
            self._complain(line, inside.place, "merge keys (`<<`) are not allowed", "write the keys out")
            return _NOT_KEPT
        if key in inside.holds:
            first = self.reading.lines[place]
            self._complain(line, place, f"this key stands here twice, first on line {first}", "keep one")
            return _NOT_KEPT
        self.reading.lines[place] = line
        return key

    def _take_value(self, event: yaml.NodeEvent, inside: _Open | None, line: int) -> None:
        place = inside.next_place() if inside else ()
        self.values += 1
        if self.values > MAX_VALUES:
            self._stop(line, (), f"the file holds more than {MAX_VALUES:,} values")
        self._refuse_magic(event, line, place)
        self.reading.lines.setdefault(place, line)
        value: Any = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, line, place)
        elif isinstance(event, yaml.CollectionStartEvent):
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
            self.stack.append(_Open(value, place))
            if len(self.stack) > MAX_DEPTH:
                self._stop(line, place[:3], f"values are nested more than {MAX_DEPTH} deep")
        if inside is None:
            self.root, self.seen_root = value, True
        else:
            inside.put(value)

    def _refuse_magic(self, event: yaml.NodeEvent, line: int, place: Place) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._complain(line, place, f"aliases ({shown(f'*{event.anchor}')}) are not allowed", "write the value out")
        elif event.anchor is not None:
            self._complain(line, place, f"anchors ({shown(f'&{event.anchor}')}) are not allowed", "delete it")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            self._complain(line, place, f"tags ({shown(event.tag)}) are not allowed", "delete it")

    def _scalar(self, event: yaml.ScalarEvent, line: int, place: Place) -> Any:
        text: str = event.value
        if _UNPRINTABLE.search(text):
            self._complain(line, place, "the text holds a control character", "delete it")
            return ""
        if not event.implicit[0]:
            return text
        number = plain_value(text)
        if isinstance(number, float) and not math.isfinite(number):
            self._complain(line, place, f"a number has at most {MAX_DIGITS} digits", "put text in quotes")
            return 0
        return number


def plain_value(text: str) -> Any:
    """What an unquoted scalar means. A number too large to be meant as one comes out as infinity."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text.lstrip("+-0")) <= MAX_DIGITS else math.inf
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) < 10**MAX_DIGITS else math.inf
    return text

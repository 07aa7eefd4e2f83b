"""One's own segments: a file `segments.yaml` beside the brief."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ConfigDict, Field

from ...domain.document import MAX_BYTES, decode, parse_document, validate
from ...domain.errors import Fault, FaultyFile
from ...domain.model import Frozen
from ...domain.quantity import Name
from .segments import LIFE_CYCLE, TARGET, Segment

FILE = "segments.yaml"


class Meaning(Frozen):
    """What a segment is, for the people who read of it."""

    en: str = ""
    ja: str = ""


class OwnSegment(Frozen):
    """A rule with a name."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    rule: str = Field(min_length=1)
    """A rule over the features, in the language of playbooks."""
    meaning: Meaning = Meaning()
    """What it is, in one line."""


class OwnSegments(Frozen):
    """The file."""

    segments: dict[Name, OwnSegment] = Field(min_length=1, max_length=40)


def read_own_segments(folder: Path, check_rule: Callable[[str], list[str]]) -> tuple[Segment, ...]:
    """The segments of a brief's folder, none where it has no such file. Raises FaultyFile with every fault.

    `check_rule` says in words what is wrong with a rule.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        document = parse_document(decode(file.read(MAX_BYTES + 4), str(path)), str(path))
    own = validate(OwnSegments, document).segments
    faults = [
        Fault(str(path), document.line_of(("segments", name, "rule")), f"segments.{name}", problem)
        for name, segment in own.items()
        for problem in _problems(name, segment, check_rule)
    ]
    if faults:
        raise FaultyFile(faults)
    return tuple(Segment(name, each.rule, each.meaning.model_dump()) for name, each in own.items())


def _problems(name: str, segment: OwnSegment, check_rule: Callable[[str], list[str]]) -> Iterator[str]:
    if name in (LIFE_CYCLE, TARGET):
        yield f"the name {name!r} is taken"
    yield from check_rule(segment.rule)

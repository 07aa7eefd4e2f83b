"""Finds what is missing or wrong, and puts first what is worth most to mend."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ...domain.diagnosis import Cost, Gap, GapKind
from ...domain.errors import Fault
from .damage import damaged
from .losses import lost
from .people_gaps import about_people
from .scene import Scene, gap

_Find = Callable[[Scene], Iterator[Gap]]
_FINDERS: tuple[_Find, ...] = (lost, damaged, about_people)
#: Without them nothing goes.
_OF_FILES = frozenset({"no_customers", "no_file", "no_column", "misnamed", "unreadable_file"})
_SEVERITIES = ("broken", "costly", "note")


def find_gaps(scene: Scene, header_faults: Sequence[Fault]) -> tuple[Gap, ...]:
    """All gaps, in the order in which they should be mended: what stops a run, then by the revenue concerned."""
    headers = list(_headers(scene, header_faults))
    found = [each for find in _FINDERS for each in find(scene)]
    return tuple(sorted([*headers, *_without_echoes(found, {each.entity for each in headers})], key=_rank))


def _rank(found: Gap) -> tuple[int, bool, float, int, int, str, str]:
    stops_something = bool(found.cost.actions or found.cost.segment or found.kind in _OF_FILES)
    severity = _SEVERITIES.index(found.severity)
    return (severity, not stops_something, -found.yearly_jpy, -found.customers, -found.rows, found.entity, found.column)


def _headers(scene: Scene, faults: Iterable[Fault]) -> Iterator[Gap]:
    """Files and columns that the brief can't do without: everybody is concerned."""
    for fault in faults:
        kind = _kind_of(fault)
        entity = fault.field.split(".")[2] if _is_of_a_feed(fault) else fault.file.rpartition("/")[2].partition(".")[0]
        place = f"{fault.file}: {fault.field}" if fault.field else fault.file
        details: dict[str, str | int | float] = {"problem": str(fault), "place": place, "meant": _meant(fault)}
        cost = scene.costs.of_loss(entity) if entity in scene.sources else Cost()
        yield gap(kind, "broken", entity, scene.all, column=fault.field, details=details, cost=cost)


def _kind_of(fault: Fault) -> GapKind:
    """What a fault of a whole file is about, by how the check words it."""
    if "did you mean" in fault.hint:
        return "misnamed"
    if fault.problem.startswith("missing in"):
        return "no_file"
    if fault.problem == "this column is missing" and not _is_of_a_feed(fault):
        return "no_column"
    return "unreadable_file"


def _meant(fault: Fault) -> str:
    """The name that the check took for a slip of the wanted one."""
    found = re.search(r"'([^']+)'|`([^`]+)`", fault.hint)
    return (found[1] or found[2]) if found else ""


def _is_of_a_feed(fault: Fault) -> bool:
    """Whether the fault stands at a place in the brief: `sources.feeds.<entity>.…`."""
    return fault.file == "brief" and fault.field.count(".") >= 2


def _without_echoes(gaps: list[Gap], unread: set[str]) -> Iterator[Gap]:
    """An entity that can't be read, or that is no longer fed, is not told again by what follows from it."""
    stale = {each.entity for each in gaps if each.kind == "stale"}
    for each in gaps:
        is_of_unread = each.entity in unread or each.details.get("to") in unread
        if not (is_of_unread or (each.kind == "hole" and each.entity in stale)):
            yield each

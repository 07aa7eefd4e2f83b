"""How much of an entity may be faulty before a run stops."""

from collections.abc import Iterable

from ...domain.refusals import NEVER_CLOSED, RowFault, TooManyFaulty, code_of

_FAULTS_SHOWN = 5
#: A share is taken of so many rows at least, where there are as many: three new rows, one of them faulty, are no sign
#: that a third of the export is broken.
FEWEST_ROWS = 1_000
#: So many rows of a first reading, of which not one names anything known, are no chance: they hold other ids.
STRANGERS = 100


def check_limit(
    file: str, *, faulty: int, rows: int, known: int, allowed: float, faults: Iterable[RowFault], kind: str = "faulty"
) -> None:
    """Raises TooManyFaulty where more than the share `allowed` of the `rows` just read is faulty.

    `known` are the rows of the entity that were read before.
    """
    if faulty > allowed * max(rows, min(rows + known, FEWEST_ROWS)):
        first = sorted(faults, key=lambda fault: code_of(fault.rule) != NEVER_CLOSED)[:_FAULTS_SHOWN]
        raise TooManyFaulty(kind, file, faulty=faulty, rows=rows, allowed=allowed, faults=first)

"""How much of an entity may be faulty before a run stops."""

from ...domain.errors import ContractBroken
from .load import RowFault

_FAULTS_SHOWN = 5
#: A share is taken of so many rows at least, where there are as many: three new rows, one of them faulty, are no sign
#: that a third of the export is broken.
FEWEST_ROWS = 1_000


def check_limit(file: str, *, faulty: int, rows: int, known: int, allowed: float, faults: list[RowFault]) -> None:
    """Raises ContractBroken where more than the share `allowed` of the `rows` just read is faulty.

    `known` are the rows of the entity that were read before.
    """
    if faulty > allowed * max(rows, min(rows + known, FEWEST_ROWS)):
        raise ContractBroken(_too_many(file, faulty, rows, allowed, faults))


def _too_many(file: str, faulty: int, rows: int, allowed: float, faults: list[RowFault]) -> str:
    lines = [
        f"{file}: {faulty:,} of {rows:,} rows ({faulty / rows:.1%}) break the contract; the brief allows {allowed:.1%}."
    ]
    several = len({fault.file for fault in faults}) > 1
    lines += [f"  {fault.file}: {fault}" if several else f"  {fault}" for fault in faults[:_FAULTS_SHOWN]]
    if faulty > _FAULTS_SHOWN:
        lines.append(f"  … and {faulty - min(len(faults), _FAULTS_SHOWN):,} more")
    if any("encoding" in fault.rule for fault in faults):
        lines.append("Save the file as UTF-8, or say its `encoding:` in the feed.")
    lines.append("Correct the export, or raise `sources: faulty_rows_allowed:` in the brief.")
    return "\n".join(lines)

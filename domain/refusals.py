"""Rows of the sources that were set aside: where each stands, and the rule that it broke, as data.

A rule is written as its code and, after a blank, what it is about: `not_number`, `no_such persons.person_id`. The
sentences, in any language, are made where people read them (inbox/refusals.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import ContractBroken

#: The row names something that is not known (yet), and may be good later.
NO_SUCH = "no_such"
#: The file ends within quotes that were opened in this row; the rule tells how many lines they swallowed.
NEVER_CLOSED = "never_closed"


def rule_of(code: str, about: str = "") -> str:
    """A rule as it is kept: the code, and what it is about."""
    return f"{code} {about}".rstrip()


def code_of(rule: str) -> str:
    """The code of a rule as it is kept."""
    return rule.partition(" ")[0]


def about_of(rule: str) -> str:
    """What a rule is about; empty where the code says it all."""
    return rule.partition(" ")[2]


@dataclass(frozen=True)
class RowFault:
    """A row set aside: where it stands, the first cell that broke a rule, and the rule."""

    file: str
    line: int
    column: str
    value: str
    rule: str

    @property
    def waits(self) -> bool:
        """Whether nothing is wrong with the row but that it came before what it names."""
        return code_of(self.rule) == NO_SUCH

    def __str__(self) -> str:
        """Without the cell: it may name a person, and this goes to logs."""
        place = f"{self.file}: line {self.line}"
        return f"{place}: {self.column}: {self.rule}" if self.column else f"{place}: {self.rule}"


class TooManyFaulty(ContractBroken):
    """More rows of a source are faulty than the brief tolerates; nothing of this reading was published.

    `kind`: `faulty` rows break a rule; `overdue` ones have waited too long for what they name; `strangers` are a first
    reading of which not one row names anything known. `faults` are the first of them; the message is for logs.
    """

    def __init__(
        self, kind: str, file: str, *, faulty: int, rows: int, allowed: float, faults: Sequence[RowFault] = ()
    ) -> None:
        self.kind, self.file, self.faulty, self.rows, self.allowed = kind, file, faulty, rows, allowed
        self.faults = tuple(faults)
        told = f"{file}: {faulty:,} of {rows:,} rows ({faulty / rows:.1%}) are {kind}; the brief allows {allowed:.1%}."
        super().__init__("\n".join([told, *(f"  {fault}" for fault in self.faults)]))

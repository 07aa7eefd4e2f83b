"""What to ask a company's database or lake for: a table or a query, all of it or what is newer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr


@dataclass(frozen=True)
class Question:
    """A table (`orders`, `sales.orders`) or a query, and from where on in a column that only grows."""

    table: str | None = None
    query: str | None = None
    watermark: str | None = None
    after: Any = None  #: a moment, date, text or number; None: all rows
    inclusive: bool = False  #: rows with exactly `after`, too


class Tables(Protocol):
    """A place that holds tables. Reading never changes it."""

    def columns(self, question: Question) -> tuple[str, ...]:
        """The columns that the rows will have."""
        ...

    def chunks(self, question: Question) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows, some at a time, as Python values."""
        ...


def without_secrets(text: str, address: SecretStr, *passwords: str | None) -> str:
    """The first line of an error without the address or a password in it."""
    line = next(iter(text.strip().splitlines()), "")
    for secret in (address.get_secret_value(), *passwords):
        if secret:
            line = line.replace(secret, "…")
    return line[:300]

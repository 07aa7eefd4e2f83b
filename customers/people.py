"""Who is in the sources: units, contacts, reps and consents, for the caller to store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar

from .opening import Customers

CHUNK = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unit:
    """An account, or a person."""

    unit_id: str
    name: str
    rep_id: str | None
    language: str
    active: bool  #: has a subscription that is not cancelled; without subscriptions: ordered within 365 days


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at an account, or on their own."""

    contact_id: str
    unit_id: str
    name: str
    email: str | None
    language: str
    job_title: str | None
    is_primary: bool
    postal_address: str | None


@dataclass(frozen=True, slots=True)
class Rep:
    """A sales rep, or one of the staff of a call centre or store, and the hours they work."""

    rep_id: str
    name: str
    email: str
    language: str
    works_from: str
    works_until: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Consent:
    """One entry of the consent record; the latest per contact, channel and purpose holds."""

    contact_id: str
    channel: str
    purpose: str
    state: str
    recorded_at: datetime
    evidence: str | None


@dataclass(frozen=True)
class People:
    """Everybody in the sources. The lists hold all; the chunks are for a million."""

    customers: Customers
    as_of: date | None = None  #: `active` is told for this day; None: as the sources end

    @property
    def units(self) -> list[Unit]:
        return _all(self.unit_chunks())

    @property
    def contacts(self) -> list[Contact]:
        return _all(self.contact_chunks())

    @property
    def reps(self) -> list[Rep]:
        return _all(_chunks(self.customers, Rep, _REPS))

    @property
    def consents(self) -> list[Consent]:
        return _all(self.consent_chunks())

    def unit_chunks(self, size: int = CHUNK) -> Iterator[list[Unit]]:
        """All units, in lists of at most `size`."""
        query = _UNITS.format(name=_NAMES[self.customers.unit], active=_ACTIVE[self.customers.model])
        return _chunks(self.customers, Unit, query, size, {"as_of": self.as_of})

    def contact_chunks(self, size: int = CHUNK) -> Iterator[list[Contact]]:
        """All contacts, in lists of at most `size`."""
        return _chunks(self.customers, Contact, _CONTACTS, size)

    def consent_chunks(self, size: int = CHUNK) -> Iterator[list[Consent]]:
        """All consents from the oldest to the newest, in lists of at most `size`."""
        return _chunks(self.customers, _consent, _CONSENTS, size)


def read_people(customers: Customers, as_of: date | None = None) -> People:
    """Everybody in the sources; nothing is read before it is asked for."""
    return People(customers, as_of)


_NAMES = {"account": "company_name", "person": "full_name"}
_ACTIVE = {
    "subscription": """
        SELECT account_id, was_active(started_on, cancelled_on, coalesce($as_of::DATE, DATE '9999-12-31')) AS active
        FROM subscriptions""",
    "transactions": """
        SELECT account_id, max(ordered_at) >= coalesce($as_of::TIMESTAMP, (SELECT max(ordered_at) FROM orders))
            - INTERVAL 365 DAY AS active
        FROM orders WHERE kind <> 'refund' AND coalesce(ordered_at < $as_of::TIMESTAMP, TRUE) GROUP BY account_id""",
}
_UNITS = """
    SELECT account_id, {name}, rep_id, accounts.language, coalesce(active, FALSE)
    FROM accounts LEFT JOIN ({active}) USING (account_id)
    ORDER BY account_id
"""
_CONTACTS = """
    SELECT contact_id, account_id, full_name, email, language, job_title, is_primary, postal_address FROM contacts
    ORDER BY contact_id
"""
_REPS = "SELECT rep_id, full_name, email, language, works_from, works_until, time_zone FROM reps ORDER BY rep_id"
_CONSENTS = """
    SELECT contact_id, channel, purpose, state, recorded_at, evidence FROM consents
    ORDER BY recorded_at, contact_id, state
"""


def _consent(
    contact_id: str, channel: str, purpose: str, state: str, recorded_at: datetime, evidence: str | None
) -> Consent:
    return Consent(contact_id, channel, purpose, state, recorded_at.replace(tzinfo=UTC), evidence)


def _chunks(
    customers: Customers,
    make: Callable[..., T],
    query: str,
    size: int = CHUNK,
    parameters: dict[str, Any] | None = None,
) -> Iterator[list[T]]:
    cursor = customers.cursor()
    try:
        cursor.execute(query, parameters or {})
        for rows in iter(partial(cursor.fetchmany, size), []):
            yield [make(*row) for row in rows]
    finally:
        cursor.close()


def _all(chunks: Iterator[list[T]]) -> list[T]:
    return [item for chunk in chunks for item in chunk]

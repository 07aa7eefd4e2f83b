"""The audit trail: append-only rows chained by SHA-256. Ids and digests only, never a customer's data.

Ids of customers are personal data too, and a chain must not be broken to forget them. So each row is sealed: the
chain runs over a salted hash of subject and details, and `forget` can take ids out of a row together with its salt,
after which nobody can tell what stood there. What was taken out is on record in a later row, and the rest of the
chain still proves itself (docs/decisions/0012-erasure.md).
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .renaming import renamed
from .tables import AuditRow

GENESIS = "0" * 64
#: The row that says which rows an erasure went through.
ERASED = "person_erased"


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one event in the caller's write transaction."""
    last = session.exec(select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(1)).first()
    previous = last.hash if last else GENESIS
    row = AuditRow(
        seq=(last.seq + 1) if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        details=details or {},
        salt=secrets.token_hex(16),
        previous=previous,
        hash="",
    )
    row.seal = _seal(row)
    row.hash = _hash(row)
    session.add(row)
    session.flush()


def forget(session: Session, names: Mapping[str, str], *, at: datetime, actor: str) -> int:
    """Replace ids by what they are called from now on, wherever a row is about them; says in a new row where.

    `names` maps whole subjects and whole values in details: nothing is replaced inside of words.
    """
    gone = []
    for row in session.exec(select(AuditRow).order_by(col(AuditRow.seq))).all():
        details = renamed(row.details, names)
        if row.subject in names or details != row.details:
            row.subject, row.details, row.salt = names.get(row.subject, row.subject), details, ""
            session.add(row)
            gone.append(row.seq)
    session.flush()
    record(session, at=at, actor=actor, action=ERASED, subject="person", details={"rows": gone})
    return len(gone)


def events_about(session: Session, subject: str, action: str, actor: str) -> list[AuditRow]:
    """What somebody did to something, in order."""
    query = select(AuditRow).where(AuditRow.subject == subject, AuditRow.action == action, AuditRow.actor == actor)
    return list(session.exec(query.order_by(col(AuditRow.seq))))


def broken_at(session: Session) -> int | None:
    """The first row that does not fit the chain, or None. A cut tail needs an outside anchor to be seen."""
    previous, expected = GENESIS, 1
    unsealed: list[int] = []
    on_record: set[int] = set()
    for row in session.exec(select(AuditRow).order_by(col(AuditRow.seq))):
        if row.seq != expected or row.previous != previous or row.hash != _hash(row):
            return expected
        if not row.salt:
            unsealed.append(row.seq)
        elif row.seal != _seal(row):
            return expected
        elif row.action == ERASED:
            on_record.update(row.details["rows"])
        previous, expected = row.hash, expected + 1
    return next((seq for seq in unsealed if seq not in on_record), None)


def _seal(row: AuditRow) -> str:
    return _sha256([row.salt, row.subject, row.details])


def _hash(row: AuditRow) -> str:
    return _sha256([row.previous, row.seq, row.at.isoformat(), row.actor, row.action, row.seal])


def _sha256(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

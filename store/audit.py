"""The audit trail: append-only rows chained by SHA-256. Ids and digests only, never a customer's data."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from .tables import AuditRow

GENESIS = "0" * 64


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
        previous=previous,
        hash="",
    )
    row.hash = _hash(row)
    session.add(row)
    session.flush()


def broken_at(session: Session) -> int | None:
    """The first row that does not fit the chain, or None. A cut tail needs an outside anchor to be seen."""
    previous, expected = GENESIS, 1
    for row in session.exec(select(AuditRow).order_by(col(AuditRow.seq))):
        if row.seq != expected or row.previous != previous or row.hash != _hash(row):
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _hash(row: AuditRow) -> str:
    parts = [row.previous, row.seq, row.at.isoformat(), row.actor, row.action, row.subject, row.details]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

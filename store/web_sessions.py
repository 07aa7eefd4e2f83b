"""Log-ins of the inbox, known by the hash of their cookie's token; all times are real time."""

from datetime import datetime

from sqlmodel import Session, col, select

from .tables import WebSessionRow


def keep(session: Session, row: WebSessionRow) -> None:
    session.add(row)


def find(session: Session, token_hash: str) -> WebSessionRow | None:
    return session.get(WebSessionRow, token_hash)


def touch(session: Session, token_hash: str, seen_at: datetime) -> None:
    """It was used just now."""
    row = session.get(WebSessionRow, token_hash)
    if row is not None:
        row.seen_at = seen_at
        session.add(row)


def speak(session: Session, token_hash: str, language: str) -> None:
    """From now on its pages are in this language."""
    row = session.get(WebSessionRow, token_hash)
    if row is not None:
        row.language = language
        session.add(row)


def drop(session: Session, token_hash: str) -> None:
    row = session.get(WebSessionRow, token_hash)
    if row is not None:
        session.delete(row)


def drop_of(session: Session, login: str) -> int:
    """End all log-ins of one person; how many there were."""
    rows = list(session.exec(select(WebSessionRow).where(WebSessionRow.login == login)))
    for row in rows:
        session.delete(row)
    return len(rows)


def drop_over(session: Session, now: datetime, unseen_since: datetime) -> None:
    """Forget what is over: too old, or not used for too long."""
    over = (col(WebSessionRow.expires_at) <= now) | (col(WebSessionRow.seen_at) <= unseen_since)
    for row in session.exec(select(WebSessionRow).where(over)):
        session.delete(row)

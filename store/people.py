"""People who log in, and their log-in tokens (kept as hashes only)."""

from datetime import datetime

from sqlmodel import Session, col, select

from .tables import LoginTokenRow, PersonRow


def add_person(session: Session, person: PersonRow) -> None:
    session.add(person)
    session.flush()


def person(session: Session, login: str) -> PersonRow | None:
    return session.get(PersonRow, login)


def people(session: Session) -> list[PersonRow]:
    return list(session.exec(select(PersonRow).order_by(col(PersonRow.login))))


def rep_login(session: Session, rep_id: str) -> str | None:
    """The login of the person who is this sales rep, if they have one."""
    return session.exec(select(PersonRow.login).where(PersonRow.rep_id == rep_id)).first()


def keep_token(session: Session, token_hash: str, login: str, expires_at: datetime) -> None:
    session.add(LoginTokenRow(token_hash=token_hash, login=login, expires_at=expires_at))


def person_of_token(session: Session, token_hash: str, now: datetime) -> PersonRow | None:
    row = session.get(LoginTokenRow, token_hash)
    return person(session, row.login) if row is not None and row.expires_at > now else None


def drop_token(session: Session, token_hash: str) -> None:
    row = session.get(LoginTokenRow, token_hash)
    if row is not None:
        session.delete(row)

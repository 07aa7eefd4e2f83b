"""What customers said in their own words, as they or a sales rep wrote it down: data, never an instruction."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from .tables import CommentRow, ContactRow


def keep_comment(session: Session, row: CommentRow) -> None:
    """Keep a comment; the same id twice is one comment, as last written."""
    session.merge(row)


def comments_of(session: Session, unit_ids: Iterable[str]) -> list[CommentRow]:
    """All comments about these units, the newest first."""
    query = select(CommentRow).where(col(CommentRow.unit_id).in_(list(unit_ids)))
    return list(session.exec(query.order_by(col(CommentRow.written_at).desc(), col(CommentRow.id))))


def contact_of(session: Session, unit_id: str) -> str | None:
    """Whom a comment about a unit belongs to: its first primary contact, else its first."""
    query = select(ContactRow.contact_id).where(ContactRow.unit_id == unit_id)
    return session.exec(query.order_by(col(ContactRow.is_primary).desc(), col(ContactRow.contact_id))).first()

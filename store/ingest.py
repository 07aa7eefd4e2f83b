"""The manifests of what was read of the sources."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from ..domain.errors import Conflict
from .tables import PublishedRow


def published(session: Session, campaign: str, name: str) -> PublishedRow | None:
    return session.get(PublishedRow, (campaign, name))


def all_published(session: Session) -> list[PublishedRow]:
    """Every manifest, of all campaigns."""
    return list(session.exec(select(PublishedRow).order_by(col(PublishedRow.campaign), col(PublishedRow.name))))


def publish(session: Session, campaign: str, name: str, number: int, manifest: dict[str, Any], at: datetime) -> None:
    """Publish a manifest as the next one after `number - 1`; raises Conflict where another one was faster."""
    standing = published(session, campaign, name)
    if number != (standing.number if standing is not None else 0) + 1:
        raise Conflict("the sources were read by somebody else meanwhile")
    session.merge(PublishedRow(campaign=campaign, name=name, number=number, manifest=manifest, published_at=at))

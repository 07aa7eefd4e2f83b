"""What has left: looked up by when, and by the Message-ID that comes back with bounces and replies."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from ..domain.delivery import REACHED
from ..domain.playbook import Channel
from .tables import DeliveryRow


def reached_since(session: Session, channel: Channel, since: datetime) -> list[datetime]:
    """When each message of this channel reached, or may have reached, somebody since then; of all campaigns."""
    query = select(DeliveryRow.reached_at).where(
        DeliveryRow.channel == channel.value,
        col(DeliveryRow.state).in_([state.value for state in REACHED]),
        col(DeliveryRow.reached_at) > since,
    )
    return [moment for moment in session.exec(query) if moment is not None]


def of_message(session: Session, left_part: str) -> DeliveryRow | None:
    """The delivery whose Message-ID begins with `<left_part@`."""
    low, high = f"<{left_part}", f"<{left_part}zzzz"  # a range, so that the index serves under any collation
    query = select(DeliveryRow).where(col(DeliveryRow.message_id) >= low, col(DeliveryRow.message_id) < high)
    return next((row for row in session.exec(query) if row.message_id.startswith(f"{low}@")), None)


def count_sent(session: Session, campaign: str, since: datetime) -> int:
    """How many mails of a campaign left since then, those that came back included."""
    query = select(func.count()).where(
        DeliveryRow.campaign == campaign,
        DeliveryRow.channel == Channel.EMAIL.value,
        col(DeliveryRow.reached_at) > since,
    )
    return session.exec(query).one()

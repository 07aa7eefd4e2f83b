"""Wordings that are tried against one another: how they stood, who drew which, and whom they reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from ..domain.delivery import DeliveryState
from .tables import DecisionRow, DeliveryRow, DraftRow, VariantRow

_ARRIVED = (DeliveryState.SENT.value, DeliveryState.HANDED_OVER.value)


@dataclass(frozen=True)
class Arrived:
    """A message in a drawn wording that reached somebody."""

    unit_id: str
    variant: str
    message_id: str
    reached_at: datetime


def standing(session: Session, campaign: str, cycle: int, action: str, language: str) -> list[VariantRow]:
    """How an action's wordings stood when a cycle's drafts were written, in a stable order."""
    query = select(VariantRow).where(
        VariantRow.campaign == campaign,
        VariantRow.cycle == cycle,
        VariantRow.action == action,
        VariantRow.language == language,
    )
    return list(session.exec(query.order_by(col(VariantRow.variant))))


def newest(session: Session, campaign: str) -> list[VariantRow]:
    """For each action and language the standing of the last cycle that drew, in a stable order."""
    query = select(VariantRow).where(VariantRow.campaign == campaign)
    rows = list(session.exec(query.order_by(col(VariantRow.action), col(VariantRow.language), col(VariantRow.variant))))
    last: dict[tuple[str, str], int] = {}
    for row in rows:
        last[row.action, row.language] = max(last.get((row.action, row.language), 0), row.cycle)
    return [row for row in rows if row.cycle == last[row.action, row.language]]


def keep_draws(session: Session, drawn: Mapping[str, tuple[str, float]]) -> None:
    """Decision -> the wording it drew, and with which probability."""
    rows = [
        {"id": ident, "variant": variant, "variant_probability": probability}
        for ident, (variant, probability) in drawn.items()
    ]
    if rows:
        session.execute(update(DecisionRow), rows)


def forget_draws(session: Session, decision_ids: list[str]) -> None:
    """A person wants other words: what was drawn counts for nothing any more."""
    for start in range(0, len(decision_ids), 900):
        some = col(DecisionRow.id).in_(decision_ids[start : start + 900])
        session.execute(update(DecisionRow).where(some).values(variant=None, variant_probability=None))


def arrived(session: Session, campaign: str, action: str, step: str, language: str, until: datetime) -> list[Arrived]:
    """The first messages of an action that reached somebody before `until`, in the words that were drawn for them."""
    query = (
        select(DeliveryRow, DecisionRow.variant, DraftRow.body)
        .join(DecisionRow, col(DecisionRow.id) == col(DeliveryRow.decision_id))
        .join(DraftRow, col(DraftRow.id) == col(DeliveryRow.draft_id))
        .where(
            DeliveryRow.campaign == campaign,
            DeliveryRow.action == action,
            DeliveryRow.step == step,
            col(DeliveryRow.state).in_(_ARRIVED),
            col(DeliveryRow.reached_at) < until,
            col(DecisionRow.variant).is_not(None),
        )
        .order_by(col(DeliveryRow.key))
    )
    found = []
    for delivery, variant, body in session.exec(query):
        as_drawn = body["variant"] == variant and body["author"].startswith("agent:")
        if as_drawn and body["language"] == language and delivery.reached_at is not None:
            found.append(Arrived(delivery.unit_id, variant or "", delivery.message_id, delivery.reached_at))
    return found

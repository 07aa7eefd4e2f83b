"""Deliveries: one approved message on its way, and how each one can end."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """`queued` and `leased` are under way; every delivery ends in exactly one of the others."""

    QUEUED = "queued"
    LEASED = "leased"  #: a worker has it, nothing has left yet
    INTENT = "intent"  #: the durable mark right before it leaves; found after a crash it is uncertain
    SENT = "sent"
    HANDED_OVER = "handed_over"  #: lies in a person's mailbox or task list
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"  #: a guardrail spoke between approval and sending
    EXPIRED = "expired"  #: the send window closed
    CANCELLED = "cancelled"  #: the journey ended before it was due
    FAILED = "failed"
    UNCERTAIN = "uncertain"  #: it may have left; never resent by itself


ENDED = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.HANDED_OVER,
        DeliveryState.BOUNCED,
        DeliveryState.SUPPRESSED,
        DeliveryState.EXPIRED,
        DeliveryState.CANCELLED,
        DeliveryState.FAILED,
        DeliveryState.UNCERTAIN,
    }
)
#: States in which the customer was, or may have been, reached: what caps and budgets count.
REACHED = frozenset({DeliveryState.INTENT, DeliveryState.SENT, DeliveryState.HANDED_OVER, DeliveryState.UNCERTAIN})

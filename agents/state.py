"""What the graphs remember: ids and counts, the same few kilobytes for ten customers or ten million."""

from typing import Any, TypedDict


class CampaignState(TypedDict, total=False):
    """State of a campaign's thread. `ask` is the payload of the interrupt that comes next."""

    campaign: str
    cycle: int
    revision: int
    snapshot: str
    review: str
    counts: dict[str, int]
    ask: dict[str, Any]


class ReviewThreadState(TypedDict, total=False):
    """State of one content review's thread."""

    review: str
    ask: dict[str, Any]
    outcome: str

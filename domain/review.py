"""Reviews: requests for a person's decision, and the answers to them."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from .model import Frozen


class ReviewKind(StrEnum):
    """What is decided."""

    PLAN = "plan"  #: who gets what in this cycle, at what cost
    BATCH = "batch"  #: the content of one action for many units
    EACH = "each"  #: one draft


class ReviewState(StrEnum):
    """Where a review stands. `open` is the only state in which it can be decided."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"  #: nobody decided in time: nothing is sent
    VOID = "void"  #: what it asked about changed; another review took its place


class Wish(StrEnum):
    """What a reviewer wants changed, in a form that the rules can act on."""

    SHORTER = "shorter"
    SOFTER = "softer"
    FEWER = "fewer"  #: for a plan: half as many contacts
    WITHOUT = "without"  #: for a plan: without the named actions


class Answer(Frozen):
    """A person's decision on a review.

    approve: with `without`, all but those actions (plan) or units (batch). reject: a reason is due.
    """

    type: Literal["approve", "reject"]
    reason: str = ""
    wish: Wish | None = None
    without: tuple[str, ...] = Field(default=())

    @model_validator(mode="after")
    def _a_no_says_why(self) -> "Answer":
        if self.type == "reject" and not self.reason.strip():
            raise ValueError("a rejection needs a reason: the agents revise by it")
        return self


def makes_sense(wish: Wish | None, kind: ReviewKind) -> bool:
    """Whether a wish fits this kind of review."""
    return wish is None or ((wish in {Wish.FEWER, Wish.WITHOUT}) == (kind is ReviewKind.PLAN))


#: How often rejected work comes back within a cycle.
MAX_REVISIONS = 2

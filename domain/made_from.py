"""What a plan was made from: kept with it, so that each of its decisions can be made again and compared."""

from typing import Any

from pydantic import ValidationError

from .brief import Brief
from .decision import Reason
from .model import Frozen
from .playbook import Action


class MadeFrom(Frozen):
    """Everything that decided and that may be different later.

    What the guardrails said of each unit stands in its receipt (`Candidate.why_not`, `Candidate.channel`); groups
    and beliefs are rows of their own that never change.
    """

    brief: dict[str, Any]
    brief_digest: str
    actions: tuple[dict[str, Any], ...]
    snapshot: str
    snapshot_digest: str
    beliefs_digest: str
    levers: tuple[str, ...]
    reps: tuple[str, ...]
    """Sales reps and members of staff who were known."""
    unused: dict[str, Reason]
    """Actions that a reviewer or a proposal had left out, and which of them."""
    fewer: float
    """The share of contacts that reviewers' wishes for fewer left: 1, 1/2, 1/4 ..."""
    explore: tuple[str, ...]
    """Actions that chance was kept to; none named means all."""
    spent_jpy: float
    code: str

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "MadeFrom | None":
        """What was kept; None where another version of Kizuna wrote a brief or an action that this one can't read."""
        try:
            found = cls.model_validate(kept)
            found.brief_then(), found.actions_then()
        except ValidationError:
            return None
        return found

    def brief_then(self) -> Brief:
        return Brief.model_validate(self.brief)

    def actions_then(self) -> dict[str, Action]:
        found = [Action.model_validate(action) for action in self.actions]
        return {action.action: action for action in found}

"""What other policies would have brought, by a campaign's own log. Read only."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..agents.believing import current_beliefs
from ..agents.past_decisions import Past, best_options, judge, read_past, weigh_again
from ..agents.reading import open_customers
from ..agents.workspace import Workspace
from ..decisioning.evaluation.off_policy import Estimate, Method, Refusal, fixed
from ..domain.errors import UserError
from ..store import campaigns

Array = np.ndarray[Any, np.dtype[Any]]

LEVEL = 0.95
RANDOM, BELIEFS, ACTION = "random", "beliefs", "action"
SHOWN = (Method.ips, Method.snips, Method.dr)


@dataclass(frozen=True)
class Evaluated:
    """One policy by the log, in JPY a unit and cycle; a word where the log can't tell."""

    policy: str  #: random | beliefs | action
    action: str  #: of `action`: which one
    over_nothing: dict[Method, Estimate | Refusal]  #: paired, so that policies can be compared with each other too


@dataclass(frozen=True)
class Evaluation:
    """What the log is, and what it says."""

    cycles: tuple[int, ...]
    decisions: int
    level: float
    nothing: Estimate | Refusal
    """What nothing for anybody brings, doubly robust."""
    policies: tuple[Evaluated, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain data: an estimate's figures, or its word under `refusal`."""
        return {
            "cycles": list(self.cycles),
            "decisions": self.decisions,
            "level": self.level,
            "nothing": _plain(self.nothing),
            "policies": [
                {
                    "policy": one.policy,
                    "action": one.action,
                    "over_nothing": {method.value: _plain(found) for method, found in one.over_nothing.items()},
                }
                for one in self.policies
            ],
        }


def evaluate_policies(workspace: Workspace) -> Evaluation:
    """Chance, each action for all who may get it, and the beliefs in force, over nothing for anybody.

    Raises UserError without a log.
    """
    with workspace.store.read() as session:
        measured = [row.number for row in campaigns.cycles(session, workspace.brief.name) if row.measurement]
    if not measured:
        raise UserError("no cycle is measured yet, so there is no log to judge by; `kizuna status` says what is next")
    with open_customers(workspace) as customers:
        past = read_past(workspace, customers, max(measured))
    if not past:
        raise UserError("the log holds no decision whose outcome is known")
    judged = judge(past, level=LEVEL)
    nothing = [fixed(one.otherwise, one.probability.shape[1]) for one in past]
    policies = [
        Evaluated(
            policy=policy,
            action=action,
            over_nothing={method: judged.difference(chosen, nothing, method) for method in SHOWN},
        )
        for policy, action, chosen in _policies(workspace, past, max(measured) + 1)
    ]
    decisions = int(sum(one.logged.sum() for one in past))
    cycles = tuple(one.cycle for one in past)
    return Evaluation(cycles, decisions, LEVEL, judged.value(nothing, Method.dr), tuple(policies))


def _policies(workspace: Workspace, past: list[Past], cycle: int) -> list[tuple[str, str, list[Array]]]:
    beliefs = current_beliefs(workspace, cycle)
    believed = [
        fixed(best_options(workspace, one, weigh_again(workspace, one, beliefs))[0], one.probability.shape[1])
        for one in past
    ]
    random = [one.open / one.open.sum(axis=1, keepdims=True) for one in past]
    single = [
        (ACTION, name, [_for_all(one, column + 1) for one in past])
        for column, name in enumerate(workspace.brief.playbooks)
        if any((one.open[:, column + 1] & one.open[:, 0]).any() for one in past)
    ]
    return [(RANDOM, "", random), *single, (BELIEFS, "", believed)]


def _for_all(past: Past, option: int) -> Array:
    everybody = np.full(len(past), option, dtype=np.int64)
    return fixed(past.held_to_open(everybody), past.probability.shape[1])


def _plain(found: Estimate | Refusal) -> dict[str, Any]:
    return {"refusal": found.value} if isinstance(found, Refusal) else asdict(found)

"""The gate between learning and using: new beliefs decide next, unless the log contradicts them.

After each cycle what the new beliefs would have decided is compared with what the beliefs in force would have, on
the log of all cycles so far, in money. Why the rule is a veto of the log and not a proof by it: decision 0026.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from ..customers.opening import Customers
from ..decisioning.evaluation.off_policy import Estimate, Method, Refusal, fixed
from ..domain.decision import Reason
from ..store.tables import CycleRow
from .believing import current_beliefs, learned_beliefs
from .past_decisions import Past, best_options, judge, read_past, weigh_again
from .workspace import Workspace

Array = np.ndarray[Any, np.dtype[Any]]
Beliefs = dict[str, Any]

#: Two-sided; a new policy that is no better and no worse is refused one time in twenty.
LEVEL = 0.9


class Promotion(StrEnum):
    """What becomes of new beliefs."""

    unchanged = "unchanged"
    """Both would have decided the same."""
    confirmed = "confirmed"
    """The log shows that they are not worse: the lower bound of the paired difference is not below zero."""
    open = "open"
    """The log can't tell; the beliefs, which rest on more, expect a gain, and the log does not contradict them."""
    refused = "refused"
    """The log shows that they are worse: the whole interval lies below zero. What was in force stays."""


@dataclass(frozen=True)
class _Compared:
    past: list[Past]
    before: list[Array]
    after: list[Array]
    expected_gain_jpy: float
    differ: float
    harmful: list[str]


def consider_promotion(workspace: Workspace, customers: Customers, cycle: CycleRow) -> dict[str, Any]:
    """The verdict on what was learned after this cycle, as plain data. The new beliefs have to be kept already."""
    past = read_past(workspace, customers, cycle.number)
    held = current_beliefs(workspace, cycle.number)
    fresh = learned_beliefs(workspace, cycle.number + 1)
    verdict = _verdict(workspace, past, held, fresh) if past else {"decision": Promotion.unchanged.value, "stopped": []}
    _tell(workspace, verdict)
    return verdict


def _verdict(workspace: Workspace, past: list[Past], held: Beliefs, fresh: Beliefs) -> dict[str, Any]:
    compared = _compare(workspace, past, held, fresh)
    judged = judge(past, level=LEVEL)
    difference = judged.difference(compared.after, compared.before)
    decision = _decide(compared, difference)
    return {
        "decision": decision.value,
        "level": LEVEL,
        "before": _figures(judged.value(compared.before, Method.dr)),
        "after": _figures(judged.value(compared.after, Method.dr)),
        "difference": _figures(difference),
        "expected_gain_jpy": compared.expected_gain_jpy,
        "differ": compared.differ,
        "decisions": int(sum(one.logged.sum() for one in past)),
        "stopped": compared.harmful,
    }


def _decide(compared: _Compared, difference: Estimate | Refusal) -> Promotion:
    if compared.differ == 0.0:
        return Promotion.unchanged
    if isinstance(difference, Refusal):
        return Promotion.open
    if difference.low >= 0.0:
        return Promotion.confirmed
    return Promotion.refused if difference.high < 0.0 else Promotion.open


def _compare(workspace: Workspace, past: list[Past], held: Beliefs, fresh: Beliefs) -> _Compared:
    """What either would have decided in each cycle, and what the new ones expect of the change."""
    before, after, gains, differs = [], [], [], []
    harmful: set[str] = set()
    for one in past:
        options = one.probability.shape[1]
        old, _ = best_options(workspace, one, weigh_again(workspace, one, held))
        weighed = weigh_again(workspace, one, fresh)
        new, expected = best_options(workspace, one, weighed)
        rows = np.flatnonzero(one.logged)
        gains.append(expected[rows, new[rows]] - expected[rows, old[rows]])
        differs.append(new[rows] != old[rows])
        before.append(fixed(old, options))
        after.append(fixed(new, options))
        harmful.update(_harmful(weighed.why_not, [action.action for action in weighed.actions]))
    gain, differ = (np.concatenate(parts) for parts in (gains, differs))
    return _Compared(
        past, before, after, float(gain.mean()), float(differ.mean()) if differ.size else 0.0, sorted(harmful)
    )


def _harmful(why_not: Array, actions: list[str]) -> Iterator[str]:
    for column, action in enumerate(actions):
        if len(why_not) and np.all(why_not[:, column] == Reason.DOES_HARM.value):
            yield action


def _figures(judged: Estimate | Refusal) -> dict[str, Any]:
    """An estimate as plain data, or the word that stands for it."""
    if isinstance(judged, Refusal):
        return {"refusal": judged.value}
    return {"value": judged.value, "low": judged.low, "high": judged.high, "se": judged.se, "ess": judged.ess}


def _tell(workspace: Workspace, verdict: Mapping[str, Any]) -> None:
    difference = verdict.get("difference", {})
    if verdict["decision"] == Promotion.unchanged:
        return
    if "value" in difference:
        workspace.tell(
            f"promotion_{verdict['decision']}",
            difference=difference["value"],
            low=difference["low"],
            high=difference["high"],
            gain=verdict["expected_gain_jpy"],
        )
    else:
        workspace.tell("promotion_thin", gain=verdict["expected_gain_jpy"])

"""What a simulated run leaves behind: counts of each cycle, and what the whole came to."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..decisioning.learning import uplift
from ..domain.decision import Reason
from ..domain.playbook import Action, Role
from .choosing import Chosen
from .weighing import HARM_IS_LIKELY, Weighed

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class CycleSeen:
    """One cycle of one run, in figures."""

    contacts: int
    cost_jpy: float
    by_action: dict[str, int]
    worthless: frozenset[str]
    """Actions that could be used, but are worth less than they cost for everybody."""
    reviews: int
    """Questions to supervisors: the plan, each batch, and each draft that asks for one of its own."""
    texts: int
    """Messages inside these questions."""
    by_rep: dict[str, int]
    binding: tuple[str, ...]
    refused: dict[str, int]
    held_back: int
    """Messages that a contact cap kept from leaving."""
    beliefs: dict[str, uplift.Belief] = field(default_factory=dict)
    verdict: str = ""
    lift: float = float("nan")
    lift_low: float = float("nan")
    lift_high: float = float("nan")


@dataclass
class Run:
    """One run: what was true, what each cycle showed, and what it came to."""

    effects: Array
    cycles: list[CycleSeen]
    true_lift: float
    """Of the mean of the goal's metric in the policy group, against the same units without any contact."""
    gained_jpy: float
    """LTV of everybody contacted or not, against the same run without any contact; before cost."""
    messages: Array
    """Per unit that could be contacted, over the whole campaign."""
    opted_out: int


def seen_in(weighed: Weighed, chosen: Chosen, actions: list[Action], cost: float, held_back: int) -> CycleSeen:
    picked = chosen.choice > 0
    counts = {a.action: int((chosen.choice == column + 1).sum()) for column, a in enumerate(actions)}
    worth = np.where(weighed.eligible, weighed.value, -np.inf).max(axis=0, initial=-np.inf)
    usable = np.asarray(weighed.eligible.any(axis=0))
    worthless = frozenset(a.action for j, a in enumerate(actions) if usable[j] and worth[j] <= 0)
    reviews, texts, by_rep = int(picked.any()), 0, dict[str, int]()
    for column, action in enumerate(actions):
        mine = np.flatnonzero(chosen.choice == column + 1)
        if action.review.by is Role.SALES_REP or not mine.size:
            continue
        reviews += 1 if action.review.scope == "batch" else int(mine.size)
        texts += int(mine.size) * len(action.messages)
    for i in np.flatnonzero(picked).tolist():
        channel = weighed.channels[i, chosen.choice[i] - 1]
        if channel is not None and channel.is_handed_over:
            rep = weighed.reps[i] or ""
            by_rep[rep] = by_rep.get(rep, 0) + 1
    words, times = np.unique(weighed.why_not[weighed.why_not != ""].astype(str), return_counts=True)
    refused = dict(zip(words.tolist(), times.tolist(), strict=True))
    refused[Reason.LIMIT.value] = int((chosen.reason == Reason.LIMIT).sum())
    return CycleSeen(
        int(picked.sum()), cost, counts, worthless, reviews, texts, by_rep, chosen.binding, refused, held_back
    )


def given_up(run: Run, action: str, cycle: int) -> bool:
    """Whether the engine, by the end of this cycle, has found the action harmful or worth nothing to anybody."""
    after = [seen.beliefs[action] for seen in run.cycles[:cycle]]
    if any(uplift.probability_below_zero(belief) >= HARM_IS_LIKELY or belief.mean <= 0 for belief in after):
        return True
    return any(action in seen.worthless for seen in run.cycles[1 : cycle + 1])

"""Calls of language models: what each used, never what it said. The limits of a cycle are sums over these rows."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from .tables import ModelCallRow

#: A call that was begun; a crash leaves it so, and what was set aside for it counts as used.
BEGUN = "begun"


@dataclass(frozen=True)
class Used:
    """What the calls of one cycle used."""

    calls: int
    tokens: int
    cost_jpy: float


def begin_call(session: Session, values: dict[str, Any]) -> int:
    """Set aside what a call may use; returns its id."""
    row = ModelCallRow(**values, state=BEGUN, attempts=0)
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def end_call(
    session: Session,
    call: int,
    state: str,
    *,
    attempts: int,
    prompt_tokens: int,
    completion_tokens: int,
    cost_jpy: float,
) -> None:
    """Put what the call used in place of what was set aside."""
    row = session.get(ModelCallRow, call)
    assert row is not None, "a call ends that was begun"
    row.state, row.attempts, row.cost_jpy = state, attempts, cost_jpy
    row.prompt_tokens, row.completion_tokens = prompt_tokens, completion_tokens
    session.add(row)


def used(session: Session, campaign: str, cycle: int) -> Used:
    """What a cycle's calls used, with what is set aside for those under way."""
    tokens = func.sum(ModelCallRow.prompt_tokens + ModelCallRow.completion_tokens)
    query = select(func.count(), func.coalesce(tokens, 0), func.coalesce(func.sum(ModelCallRow.cost_jpy), 0.0)).where(
        ModelCallRow.campaign == campaign, ModelCallRow.cycle == cycle
    )
    calls, total, cost = session.exec(query).one()
    return Used(int(calls), int(total), float(cost))


def last_states(session: Session, campaign: str, cycle: int, count: int, *, besides: str) -> list[str]:
    """How the last calls of a cycle ended, the latest first, `besides` one way to end."""
    query = select(ModelCallRow.state).where(
        ModelCallRow.campaign == campaign,
        ModelCallRow.cycle == cycle,
        col(ModelCallRow.state).not_in([BEGUN, besides]),
    )
    return list(session.exec(query.order_by(col(ModelCallRow.id).desc()).limit(count)))

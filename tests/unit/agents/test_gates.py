"""What a gate asks: the shape that existing inboxes read, with ids only, and nothing done before it is asked."""

import ast
import inspect
from datetime import UTC, datetime

import pytest
from kizuna.agents import approval, graph
from kizuna.domain.token import make_token, read_token
from kizuna.store.tables import ReviewRow


@pytest.fixture
def review() -> ReviewRow:
    return ReviewRow(
        id="save.1.plan.0",
        campaign="save",
        cycle=1,
        kind="plan",
        subject="plan",
        revision=0,
        state="open",
        role="supervisor",
        digest="d" * 64,
        summary={"secret": "山田 花子"},
        expires_at=datetime(2026, 4, 6, tzinfo=UTC),
    )


def test_a_gate_asks_in_the_shape_of_langchains_hitl_request(review: ReviewRow) -> None:
    request = approval.as_request(review)
    (action,) = request["action_requests"]
    (config,) = request["review_configs"]
    assert set(action) == {"name", "args", "arguments", "description"}
    assert action["args"] == action["arguments"]
    assert config == {"action_name": action["name"], "allowed_decisions": ["approve", "reject"]}
    assert action["args"]["review"] == review.id and action["args"]["digest"] == review.digest


def test_a_gate_asks_with_ids_only(review: ReviewRow) -> None:
    assert "山田" not in str(approval.as_request(review))


@pytest.mark.parametrize("gate", [approval.plan_gate, approval.content_gate, graph.park])
def test_nothing_stands_before_the_interrupt_of_a_gate(gate: object) -> None:
    """A node runs again from its start when it is resumed: what stood before the interrupt would happen twice."""
    (function,) = ast.parse(inspect.getsource(gate)).body  # type: ignore[arg-type]
    assert isinstance(function, ast.FunctionDef)
    first = function.body[1]  # after the docstring
    assert isinstance(first, ast.Expr) and isinstance(first.value, ast.Call)
    assert ast.unparse(first.value.func) == "interrupt"


def test_a_token_says_its_subject_only_for_its_purpose_and_key() -> None:
    token = make_token(b"key", "unsubscribe", "C000001")
    assert read_token(b"key", "unsubscribe", token) == "C000001"
    assert read_token(b"key", "preferences", token) is None
    assert read_token(b"other", "unsubscribe", token) is None
    assert read_token(b"key", "unsubscribe", token[:-2] + "AA") is None
    assert read_token(b"key", "unsubscribe", "kein Token é") is None

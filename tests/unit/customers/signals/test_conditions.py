"""A rule taken apart: what it is made of, and which of its conditions made the answer change."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.customers.eligibility import answers
from kizuna.customers.signals.conditions import Condition, Junction, changed_by, leaves, plain, tree_of
from kizuna.customers.table import FeatureTable

NAN = float("nan")
NAMES = ("orders_365d", "churn_risk", "tenure_days", "last_nps")


def one(**values: float) -> FeatureTable:
    return FeatureTable(["a"], {name: np.array([value]) for name, value in values.items()})


def blamed(rule: str, before: FeatureTable, now: FeatureTable) -> set[str]:
    blame = changed_by(rule, before, now)
    return {condition.text for condition, changed in zip(blame.conditions, blame.changed[0], strict=True) if changed}


def test_chains_are_flat_and_brackets_are_gone() -> None:
    tree = tree_of("is_active and (orders_365d >= 6 and (churn_risk < 0.1 or last_nps is null))")
    assert plain(tree) == {
        "and": [
            {"if": "is_active"},
            {"if": "orders_365d >= 6"},
            {"or": [{"if": "churn_risk < 0.1"}, {"if": "last_nps IS NULL"}]},
        ]
    }


def test_what_is_not_null_or_not_in_a_list_is_one_condition() -> None:
    tree = tree_of("last_nps is not null and plan not in ('team') and not (is_active and is_paused)")
    assert [leaf.text for leaf in leaves(tree)][:2] == ["NOT last_nps IS NULL", "NOT plan IN ('team')"]
    assert isinstance(tree, Junction) and isinstance(tree.parts[2], Junction) and tree.parts[2].word == "not"


def test_every_condition_that_was_needed_is_told() -> None:
    before, now = one(orders_365d=2, churn_risk=0.5), one(orders_365d=7, churn_risk=0.05)
    assert blamed("orders_365d >= 6 and churn_risk < 0.1", before, now) == {"orders_365d >= 6", "churn_risk < 0.1"}


def test_a_condition_that_held_all_along_is_not() -> None:
    before, now = one(orders_365d=7, churn_risk=0.5), one(orders_365d=8, churn_risk=0.05)
    assert blamed("orders_365d >= 6 and churn_risk < 0.1", before, now) == {"churn_risk < 0.1"}


def test_a_condition_that_moved_the_other_way_is_not() -> None:
    before, now = one(orders_365d=7, churn_risk=0.5), one(orders_365d=2, churn_risk=0.05)
    assert blamed("orders_365d >= 6 or churn_risk < 0.1", before, now) == set()
    before, now = one(orders_365d=2, churn_risk=0.5, last_nps=9), one(orders_365d=7, churn_risk=0.5, last_nps=3)
    assert blamed("orders_365d >= 6 or last_nps >= 11", before, now) == {"orders_365d >= 6"}


def test_what_became_known_is_a_reason() -> None:
    before, now = one(last_nps=NAN, churn_risk=0.5), one(last_nps=3, churn_risk=0.5)
    assert blamed("churn_risk >= 0.1 and last_nps <= 6", before, now) == {"last_nps <= 6"}


def test_not_turns_the_direction() -> None:
    before, now = one(orders_365d=7, churn_risk=0.5), one(orders_365d=2, churn_risk=0.5)
    assert blamed("not (orders_365d >= 6 or churn_risk < 0.1)", before, now) == {"orders_365d >= 6"}


def test_whether_a_condition_holds_now_is_told() -> None:
    blame = changed_by("not orders_365d >= 6", one(orders_365d=7), one(orders_365d=2))
    assert (blame.conditions, blame.changed.tolist(), blame.hold.tolist()) == (
        [Condition("orders_365d >= 6", ("orders_365d",))],
        [[True]],
        [[False]],
    )


atoms = st.builds("{} {} {}".format, st.sampled_from(NAMES), st.sampled_from([">=", "<", "="]), st.integers(0, 3))
rules = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=6,
)
cells = st.sampled_from([0.0, 1.0, 2.0, 3.0, NAN])


@settings(max_examples=25, deadline=None)
@given(rule=rules, before=st.tuples(*[cells] * 4), now=st.tuples(*[cells] * 4))
def test_a_changed_answer_has_a_reason_and_undoing_the_reasons_undoes_it(
    rule: str, before: tuple[float, ...], now: tuple[float, ...]
) -> None:
    """With the answers of the blamed conditions put back, the rule's answer is no longer what it became."""
    was, came = (one(**dict(zip(NAMES, values, strict=True))) for values in (before, now))
    changed = (answers([rule], was) == 1) != (answers([rule], came) == 1)
    reasons = blamed(rule, was, came)
    assert bool(reasons) == bool(changed[0, 0])
    if not reasons:
        return
    then = dict(zip(NAMES, before, strict=True)), dict(zip(NAMES, now, strict=True))
    mixed = {}
    for leaf in leaves(tree_of(rule)):
        source = then[0] if leaf.text in reasons else then[1]
        mixed[leaf.text] = _kleene(leaf.text, source)
    assert (_value(tree_of(rule), mixed) == 1) != bool(answers([rule], came)[0, 0] == 1)


def _kleene(text: str, values: dict[str, float]) -> float:
    name, sign, line = text.split()
    value = values[name]
    if np.isnan(value):
        return 0.5
    return float({">=": value >= float(line), "<": value < float(line), "=": value == float(line)}[sign])


def _value(tree: Junction | Condition, known: dict[str, float]) -> float:
    if isinstance(tree, Condition):
        return known[tree.text]
    parts = [_value(part, known) for part in tree.parts]
    return {"and": min(parts), "or": max(parts), "not": 1 - parts[0]}[tree.word]

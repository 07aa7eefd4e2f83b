"""Who moved between segments, from where to where, and why."""

from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.eligibility import check_rule, matches
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.signals.movements import find_moves
from kizuna.customers.signals.own_segments import read_own_segments
from kizuna.customers.signals.segments import (
    NOWHERE,
    Family,
    Segment,
    clustered_by,
    families,
    packaged_families,
    places,
)
from kizuna.customers.table import FeatureTable
from kizuna.domain.errors import FaultyFile

NAN = float("nan")
CYCLE = Family(
    "life_cycle",
    (
        Segment("lost", "not is_active", {}),
        Segment("slipping", "is_active and order_overdue_ratio >= 2", {}),
        Segment("loyal", "orders_365d >= 6", {}),
    ),
)


def table(units: str, **columns: list[float]) -> FeatureTable:
    base = {
        "is_active": [1.0] * len(units),
        "order_overdue_ratio": [1.0] * len(units),
        "orders_365d": [8.0] * len(units),
    }
    return FeatureTable(list(units), {name: np.array(values) for name, values in {**base, **columns}.items()})


def check(rule: str) -> list[str]:
    return check_rule(rule, [feature.name for feature in catalogue()])


def ways(before: FeatureTable, now: FeatureTable) -> dict[str, tuple[str | None, str | None, set[str]]]:
    (moves,) = find_moves([CYCLE], before, now)
    return {move.unit_id: (move.left, move.joined, set(move.why)) for move in moves}


def test_packaged_rules_are_sound_and_named_in_both_languages() -> None:
    names = [feature.name for feature in catalogue()]
    for family in packaged_families():
        for segment in family.segments:
            assert check_rule(segment.rule, names) == [], segment.name
            assert set(segment.meaning) == {"en", "ja"}
    assert set(clustered_by(subscriptions=False)) <= set(names)


def test_of_the_life_cycle_the_first_segment_that_fits_is_theirs() -> None:
    found = places([CYCLE], table("abcd", is_active=[0, 1, 1, NAN], order_overdue_ratio=[9, 9, 1, 9]))["life_cycle"]
    assert found.tolist() == [0, 1, 2, 2]


def test_whom_no_rule_fits_is_nowhere() -> None:
    assert places([CYCLE], table("a", orders_365d=[2]))["life_cycle"].tolist() == [NOWHERE]


def test_places_agree_with_each_rule_asked_alone() -> None:
    rng = np.random.default_rng(5)
    columns = {
        name: np.where(rng.random(500) < 0.2, NAN, rng.integers(0, 4, 500) * 100.0)
        for name in ("tenure_days", "orders_total", "days_since_last_order", "churn_risk", "orders_365d")
    }
    units = FeatureTable([str(n) for n in range(500)], {"is_active": rng.integers(0, 2, 500) * 1.0, **columns})
    everything = units.with_columns(**{f.name: np.full(500, NAN) for f in catalogue() if f.name not in units.columns})
    ours = families("churn_risk >= 100")
    found = places(ours, everything)
    for family in ours:
        for number, segment in enumerate(family.segments):
            fits = matches(segment.rule, everything)
            assert fits[found[family.name] == number].all()
            assert not fits[(found[family.name] > number) | (found[family.name] == NOWHERE)].any()


def test_a_move_tells_the_conditions_that_changed_with_their_figures() -> None:
    before, now = table("ab", order_overdue_ratio=[1.2, 1.0]), table("ba", order_overdue_ratio=[1.0, 2.5])
    (moves,) = find_moves([CYCLE], before, now)
    (move,) = moves
    assert (move.unit_id, move.left, move.joined) == ("a", "loyal", "slipping")
    assert move.why == {"order_overdue_ratio >= 2": {"order_overdue_ratio": [1.2, 2.5]}}


def test_the_rule_that_decided_is_that_of_the_first_of_both() -> None:
    """Back from slipping to loyal: its own rule held all along; what ended is the other one's."""
    found = ways(table("a", order_overdue_ratio=[3]), table("a", order_overdue_ratio=[1]))
    assert found == {"a": ("slipping", "loyal", {"order_overdue_ratio >= 2"})}


def test_who_came_into_the_data_or_went_out_of_them_moved_too() -> None:
    found = ways(table("ab"), table("bc"))
    assert found == {"a": ("loyal", None, {"gone"}), "c": (None, "loyal", {"appeared"})}


def test_who_stays_does_not_move() -> None:
    assert ways(table("ab"), table("ba", orders_365d=[20, 6])) == {}


def test_movements_lead_from_the_old_sizes_to_the_new() -> None:
    rng = np.random.default_rng(9)

    def some(units: list[str]) -> FeatureTable:
        n = len(units)
        columns = {
            "is_active": rng.integers(0, 2, n),
            "order_overdue_ratio": rng.random(n) * 4,
            "orders_365d": rng.random(n) * 9,
        }
        return FeatureTable(units, {name: values.astype(float) for name, values in columns.items()})

    before, now = some([f"u{n}" for n in range(300)]), some([f"u{n}" for n in range(50, 400)])
    (moves,) = find_moves([CYCLE], before, now)
    for number, segment in enumerate(CYCLE.segments):
        then, today = (int((places([CYCLE], each)["life_cycle"] == number).sum()) for each in (before, now))
        came = sum(move.joined == segment.name for move in moves)
        left = sum(move.left == segment.name for move in moves)
        assert then + came - left == today
    assert sum(flow.units for flow in moves.flows()) == len(moves) == len(list(moves))
    assert all(move.why for move in moves)


def test_a_flow_tells_what_changed_for_most() -> None:
    before = table("abcd")
    now = table("abcd", order_overdue_ratio=[3, 3, 3, 1], is_active=[1, 1, 1, 0])
    (moves,) = find_moves([CYCLE], before, now)
    first, second = moves.flows()
    assert (first.left, first.joined, first.units, first.why, first.holds, first.share) == (
        "loyal", "slipping", 3, "order_overdue_ratio >= 2", True, 1.0,
    )  # fmt: skip
    assert (second.joined, second.why, second.holds) == ("lost", "is_active", False)


def test_own_segments_add_to_the_packaged_ones_or_replace_them(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text(
        "segments:\n  loyal: {rule: orders_365d >= 12}\n  tea: {rule: views_30d >= 5, meaning: {ja: お茶好き}}\n",
        encoding="utf-8",
    )
    ours = families("is_active", read_own_segments(tmp_path, check))
    cycle = {segment.name: segment.rule for segment in ours[0].segments}
    assert cycle["loyal"] == "orders_365d >= 12" and len(cycle) == len(packaged_families()[0].segments)
    assert [family.name for family in ours[-2:]] == ["tea", "target"]
    assert read_own_segments(tmp_path / "elsewhere", check) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("segments: {tea: {rule: order_365d > 1}}", "unknown column `order_365d`; did you mean `orders_365d`"),
        ("segments: {target: {rule: is_active}}", "the name 'target' is taken"),
        ("segments: {tea: {rules: is_active}}", "rule"),
        ("segments: {}", "segments"),
    ],
)
def test_a_faulty_segment_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "segments.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFile) as raised:
        read_own_segments(tmp_path, check)
    assert any(fault in str(each) for each in raised.value.faults)

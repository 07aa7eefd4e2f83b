from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.signals.finding import Signal, count_signals, find_signals, signal_rules
from kizuna.customers.snapshot import load, publish
from kizuna.customers.table import FeatureTable
from kizuna.domain.errors import UserError

NAN = float("nan")


def table(units: str = "ab", **columns: list[object]) -> FeatureTable:
    base = FeatureTable(list(units), {"is_active": np.ones(len(units))})
    return base.with_columns(**columns)


def test_a_quota_nearly_used_up_is_a_signal_with_its_figures() -> None:
    now = table(quota_used_ratio=[0.96, 0.94], reports_used=[480.0, 470.0], reports_quota=[500.0, NAN])
    evidence = {"quota_used_ratio": 0.96, "reports_used": 480.0, "reports_quota": 500.0}
    assert find_signals(now, None) == [Signal("a", "quota_near_limit", evidence)]


def test_rising_risk_needs_both_snapshots_and_follows_the_unit_not_the_row() -> None:
    now = table("abc", churn_risk=[0.5, 0.5, 0.5])
    before = table("dba", churn_risk=[0.9, 0.45, 0.3])
    assert find_signals(now, None) == []
    assert find_signals(now, before) == [
        Signal("a", "churn_risk_rising", {"churn_risk": 0.5, "churn_risk_before": 0.3})
    ]


def test_who_is_not_active_raises_no_signal() -> None:
    now = table(is_active=[0.0, NAN], quota_used_ratio=[1.0, 1.0])
    assert find_signals(now, None) == []


def test_counts_agree_with_the_signals() -> None:
    now = table(
        open_unhappy_tickets=[1.0, 2.0],
        tenure_days=[30.0, 300.0],
        features_overlooked=[5.0, 5.0],
        overlooked_feature=["alerts", "api"],
        days_to_renewal=[5.0, -1.0],
        events_30d=[0.0, 0.0],
        events_prev_30d=[8.0, 1.0],
        activity_change_30d=[-1.0, -1.0],
    )
    found = [signal.name for signal in find_signals(now, None)]
    counts = count_signals(now, None)
    assert {name: found.count(name) for name in counts} == counts
    assert counts == {
        "quota_near_limit": 0, "activity_dropped": 1, "feature_overlooked": 1, "unhappy_contact": 2,
        "churn_risk_rising": 0, "renewal_near_and_quiet": 1, "contract_ending": 1, "went_silent": 0, "nps_low": 0,
        "upgrade_interest": 0, "replenishment_due": 0, "points_unused": 0,
    }  # fmt: skip
    assert find_signals(now, None)[1].evidence["overlooked_feature"] == "alerts"


SILENT = {"mails_sent_90d": 3.0, "days_since_last_open": 60.0, "days_since_last_visit": 45.0}


@pytest.mark.parametrize(
    "signal, raised, not_raised",
    [
        ("upgrade_interest", {"dear_views_30d": 5.0, "dear_days_30d": 2.0}, {"dear_views_30d": 9, "dear_days_30d": 1}),
        ("unhappy_contact", {"days_since_unhappy_contact": 30.0}, {"days_since_unhappy_contact": 31.0}),
        ("nps_low", {"last_nps": 6.0, "days_since_nps": 90.0}, {"last_nps": 7.0, "days_since_nps": 1.0}),
        ("went_silent", {"tenure_days": 365.0, **SILENT}, {"tenure_days": 364.0, **SILENT}),
        ("went_silent", {"days_since_joined": 365.0, **SILENT}, {"days_since_joined": 800.0, "mails_sent_90d": 3.0,
                                                                "days_since_last_open": 9.0}),
        ("went_silent", {"tenure_days": 500.0, "mails_sent_90d": 1.0}, {"tenure_days": 500.0, "mails_sent_90d": 0.0}),
        ("contract_ending", {"days_to_renewal": 45.0}, {"days_to_renewal": 46.0}),
        ("replenishment_due", {"replenish_due_days": -14.0}, {"replenish_due_days": 8.0}),
        ("points_unused", {"points_balance": 1000.0}, {"points_balance": 9000.0, "days_since_points_used": 179.0}),
    ],
)  # fmt: skip
def test_a_signal_is_raised_at_its_line_and_not_beyond(
    signal: str, raised: dict[str, float], not_raised: dict[str, float]
) -> None:
    names = raised.keys() | not_raised.keys()
    now = table(**{name: [raised.get(name, NAN), not_raised.get(name, NAN)] for name in names})
    found = [found for found in find_signals(now, None) if found.name == signal]
    assert [found.unit_id for found in found] == ["a"]
    shown = {rule.name: rule.evidence for rule in signal_rules()}[signal]
    assert set(shown) & {name for name, value in raised.items() if value == value} <= set(found[0].evidence)
    assert found[0].evidence


SNAPSHOT = table(
    churn_risk=[0.5, NAN], plan=["team", None], company_name=['株式会社\n"絆"', "O'Neil\0"], none=[None, None]
)


def test_a_snapshot_holds_what_was_published(tmp_path: Path) -> None:
    file = publish(SNAPSHOT, tmp_path / "o'snap*", "cycle-1")
    loaded = load(file.path, file.digest)
    assert file.rows == 2 and loaded.unit_ids == SNAPSHOT.unit_ids
    for name, values in SNAPSHOT.columns.items():
        assert loaded[name].dtype == values.dtype
        np.testing.assert_array_equal(loaded[name], values)


def test_the_same_table_is_the_same_file(tmp_path: Path) -> None:
    first = publish(SNAPSHOT, tmp_path, "cycle-1")
    assert publish(SNAPSHOT, tmp_path, "cycle-1") == first
    other = publish(SNAPSHOT.with_columns(churn_risk=[0.5, 0.1]), tmp_path, "cycle-1")
    assert other.path != first.path and load(first.path, first.digest)["churn_risk"][0] == 0.5
    assert sorted(tmp_path.iterdir()) == sorted([first.path, other.path])


def test_an_empty_table_can_be_published(tmp_path: Path) -> None:
    file = publish(SNAPSHOT.pick([False, False]), tmp_path, "empty")
    assert len(load(file.path)) == 0


def test_a_changed_or_missing_snapshot_is_refused(tmp_path: Path) -> None:
    file = publish(SNAPSHOT, tmp_path, "cycle-1")
    with pytest.raises(UserError, match="changed"):
        load(file.path, "0" * 64)
    file.path.unlink()
    with pytest.raises(UserError, match="gone"):
        load(file.path)


def test_a_name_can_not_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't name"):
        publish(SNAPSHOT, tmp_path, "../cycle")

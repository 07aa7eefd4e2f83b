"""Snapshots: what was published can be read again, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from kizuna.customers.snapshot import SnapshotFile, load, moves, publish
from kizuna.customers.table import FeatureTable
from kizuna.domain.errors import UserError

NAN = float("nan")
SNAPSHOT = FeatureTable(["a", "b"], {}).with_columns(
    churn_risk=[0.5, NAN], plan=["team", None], company_name=['株式会社\n"絆"', "O'Neil\0"], none=[None, None]
)


def test_a_snapshot_holds_what_was_published(tmp_path: Path) -> None:
    file = publish(SNAPSHOT, tmp_path / "o'snap*", "cycle-1")
    loaded = load(file.path, file.digest)
    assert file.rows == 2 and loaded.unit_ids == SNAPSHOT.unit_ids
    for name, values in SNAPSHOT.columns.items():
        assert loaded[name].dtype == values.dtype
        np.testing.assert_array_equal(loaded[name], values)


def test_some_columns_can_be_read_alone(tmp_path: Path) -> None:
    file = publish(SNAPSHOT, tmp_path, "cycle-1")
    loaded = load(file.path, file.digest, ("plan",))
    assert loaded.unit_ids == ["a", "b"] and {name: list(of) for name, of in loaded.columns.items()} == {
        "plan": ["team", None]
    }


def test_moves_count_units_by_what_they_had_and_have(tmp_path: Path) -> None:
    def taken(name: str, **plans: str | None) -> SnapshotFile:
        return publish(FeatureTable(list(plans), {}).with_columns(plan=list(plans.values())), tmp_path, name)

    before = taken("one", a="team", b="team", c=None, gone="solo")
    now = taken("two", a="team", b="solo", c="solo", new="solo")
    assert moves(before, now, "plan") == {
        ("team", "team"): 1, ("team", "solo"): 1, (None, "solo"): 2, ("solo", None): 1,
    }  # fmt: skip
    now.path.write_bytes(now.path.read_bytes() + b"x")
    with pytest.raises(UserError, match="was changed"):
        moves(before, now, "plan")


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

"""The parts of a feature table: of each unit the newest row, for all or for those asked for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from kizuna.customers.ingest.refresh import FeatureParts, read_features, refresh
from kizuna.customers.opening import Customers

OpenCompany = Callable[..., Customers]
TODAY = date(2026, 11, 21)
ACCOUNTS = [{"account_id": f"A{number}"} for number in range(1, 11)]


def used(account: str) -> dict[str, object]:
    return {"account_id": account, "feature": "alerts", "happened_at": "2026-11-19T01:00:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "features"


@pytest.fixture
def standing(open_company: OpenCompany, folder: Path) -> FeatureParts:
    """A base of ten units, of whom A1 used the app, and then A2 did, too."""
    told = {"as_of": TODAY, "folder": folder}
    with open_company(accounts=ACCOUNTS, app_events=[used("A1")]) as customers:
        base = refresh(customers, None, sources=1, touched=None, **told)
    with open_company(accounts=ACCOUNTS, app_events=[used("A1"), used("A2")]) as customers:
        return refresh(customers, base, sources=2, touched=["A2"], **told)


def test_a_touched_unit_has_its_newest_row_and_all_others_theirs(folder: Path, standing: FeatureParts) -> None:
    assert len(standing.deltas) == 1 and standing.deltas[0].rows == 1
    table = read_features(folder, standing)
    assert len(table) == 10
    assert [unit for unit, used in zip(table.unit_ids, table["features_used_90d"], strict=True) if used] == ["A1", "A2"]


def test_those_who_were_touched_are_read_without_the_base(folder: Path, standing: FeatureParts) -> None:
    (folder / standing.base.file).unlink()
    table = read_features(folder, standing, ["A2"])
    assert table.unit_ids == ["A2"] and table["features_used_90d"].tolist() == [1]


def test_others_asked_for_come_from_the_base(folder: Path, standing: FeatureParts) -> None:
    table = read_features(folder, standing, ["A2", "A1", "A1", "nobody"])
    assert table.unit_ids == ["A1", "A2"] and table["features_used_90d"].tolist() == [1, 1]
    assert read_features(folder, standing, ["A3"])["features_used_90d"].tolist() == [0]
    assert len(read_features(folder, standing, [])) == 0

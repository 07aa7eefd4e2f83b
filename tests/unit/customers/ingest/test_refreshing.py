"""The parts of a feature table: of each unit the newest row, for all or for those asked for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from kizuna.customers.identity.unify import Who
from kizuna.customers.ingest.refresh import FeatureParts, read_features, refresh
from kizuna.customers.opening import Customers, open_sources
from kizuna.domain.sources import Identity

from ..conftest import write_persons

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


def test_records_that_became_one_customer_make_a_new_base(tmp_path: Path, folder: Path) -> None:
    person = {"full_name": "木下 結", "email": "yui@mail.example", "created_on": "2025-01-10"}
    persons = [{"person_id": "P1", **person}, {"person_id": "P2", **person, "created_on": "2025-03-10"}]
    visit = {"person_id": "P2", "kind": "view", "happened_at": "2026-11-19T01:00:00Z", "product_id": ""}
    data = write_persons(tmp_path / "data", reps=[{}], persons=persons, subscriptions=[{}], web_events=[visit])
    standing: FeatureParts | None = None
    told = {"sources": 1, "as_of": TODAY, "folder": folder}
    tables = []
    for who in (None, Who(Identity()), Who(Identity()), None):
        with open_sources(data, unit="person", faulty_rows_allowed=0.0, who=who) as customers:
            standing = refresh(customers, standing, touched=None if standing is None else [], **told)
        tables.append((standing.base.file, read_features(folder, standing)))
    assert [table.unit_ids for _, table in tables] == [["P1", "P2"], ["P1"], ["P1"], ["P1", "P2"]]
    assert [table["web_events_90d"].tolist() for _, table in tables] == [[0, 1], [1], [1], [0, 1]]
    assert tables[1][0] == tables[2][0], "nothing changed in between"

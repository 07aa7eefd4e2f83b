"""Real data: the shop profile on CDNOW, by the mapping that docs/data.md shows."""

import gzip
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from kizuna.customers.features.building import build_features
from kizuna.customers.opening import Customers, open_sources
from kizuna.domain.brief import Brief
from kizuna.tools.brief_file import load_brief

from .conftest import kizuna

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared" / "data" / "CDNOW_master.txt.gz"
BLOCKS = re.findall(r"```yaml\n(sources:.*?)```", (ROOT / "docs" / "data.md").read_text(encoding="utf-8"), re.DOTALL)
SHOP = (ROOT / "examples" / "shop" / "brief.yaml").read_text(encoding="utf-8")


def with_sources(block: str) -> str:
    """The shop's brief with other sources."""
    return re.sub(r"^sources:\n(?: .*\n|\n)+", lambda _: block + "\n", SHOP, count=1, flags=re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=["shop", "cdnow"])
def test_the_sources_that_the_docs_show_load_in_a_brief(block: str, tmp_path: Path) -> None:
    (tmp_path / "brief.yaml").write_text(with_sources(block), encoding="utf-8")
    brief, _ = load_brief(tmp_path / "brief.yaml")
    assert set(brief.sources.feeds) == set(yaml.safe_load(block)["sources"]["feeds"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not FILE.exists():
        pytest.skip(f"no CDNOW data: {FILE.name} is not in ../shared/data")
    folder = tmp_path_factory.mktemp("cdnow")
    (folder / "data").mkdir()
    shutil.copy(FILE, folder / "data")
    (folder / "brief.yaml").write_text(with_sources(BLOCKS[1]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def customers(folder: Path) -> Iterator[Customers]:
    brief: Brief = load_brief(folder / "brief.yaml")[0]
    with open_sources(
        folder / brief.sources.folder,
        unit=brief.unit,
        model=brief.business.model,
        faulty_rows_allowed=0.0,
        feeds=brief.sources.feeds,
    ) as opened:
        yield opened


@pytest.mark.slow
def test_the_numbers_are_those_of_the_literature(customers: Customers) -> None:
    """Fader and Hardie's notes on the master data set: 23,570 customers, 69,659 transactions from January 1997 on."""
    [(persons, since, until)] = _query(customers, "SELECT count(*), min(created_on), max(created_on) FROM persons")
    assert (persons, since, until) == (23_570, date(1997, 1, 1), date(1997, 3, 25))
    [(orders, buyers, ids, revenue)] = _query(
        customers,
        "SELECT count(*), count(DISTINCT account_id), count(DISTINCT order_id), round(sum(amount_jpy), 2) FROM orders",
    )
    assert (orders, buyers, ids, revenue) == (69_659, 23_570, 69_659, 2_500_315.63)
    [(only_once,)] = _query(
        customers, "SELECT count(*) FROM (SELECT account_id FROM orders GROUP BY ALL HAVING count(*) = 1)"
    )
    assert only_once == _bought_once()


@pytest.mark.slow
def test_recency_frequency_and_money_are_those_of_the_file(customers: Customers) -> None:
    table = build_features(customers, date(1998, 7, 1))
    assert len(table) == 23_570
    place = table.unit_ids.index("00004")  # 1997-01-01, 01-18, 08-02, 12-12: 29.33, 29.73, 14.96, 26.48
    assert table["orders_total"][place] == 4
    assert table["days_since_last_order"][place] == (date(1998, 7, 1) - date(1997, 12, 12)).days
    assert table["days_since_first_order"][place] == (date(1998, 7, 1) - date(1997, 1, 1)).days
    assert table["mean_order_value_jpy"][place] == pytest.approx((14.96 + 26.48) / 2)  # within a year
    assert table["orders_total"].sum() == 69_659


@pytest.mark.slow
def test_the_command_reads_it_without_a_fault_and_only_once(folder: Path) -> None:
    ran = kizuna("data", "check", "--json", cwd=folder)
    assert ran.code == 0, ran.err
    found = {entity["entity"]: entity for entity in ran.json["entities"] if entity["is_there"]}
    assert {name: (entity["rows"], entity["refused"]) for name, entity in found.items()} == {
        "persons": (23_570, 0),
        "orders": (69_659, 0),
    }
    assert found["orders"]["match_rate"] == 1.0
    first, again = kizuna("data", "read", cwd=folder), kizuna("data", "read", cwd=folder)
    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert "69,659" in first.out
    assert again.out == "Nothing new in the sources.\n"


def _query(customers: Customers, query: str) -> list[tuple[object, ...]]:
    return customers.cursor().execute(query).fetchall()


def _bought_once() -> int:
    with gzip.open(FILE, "rt", encoding="ascii") as file:
        next(file)
        bought = Counter(line.split()[0] for line in file)
    return sum(count == 1 for count in bought.values())

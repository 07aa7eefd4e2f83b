"""The same features on a real cluster: a standalone master and two workers on the loopback."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from kizuna.customers.features.catalogue import build_features
from kizuna.customers.features.on_spark import features_on_spark
from kizuna.customers.opening import open_sources
from kizuna.domain.errors import UserError
from kizuna.examples.registry import EXAMPLES
from kizuna.tools.spark import open_spark

from .spark_cluster import WORKERS, a_cluster, wait_until
from .spark_session import odd_cells, quick_spark

pytestmark = [pytest.mark.spark, pytest.mark.slow]
AS_OF = date(2026, 10, 1)


@pytest.fixture(scope="module", autouse=True)
def spark_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with quick_spark(tmp_path_factory.mktemp("spark")):
        yield


def test_a_master_and_two_workers_give_the_features_of_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EXAMPLES["shop"]().write(tmp_path, units=80, seed=5, today=date(2026, 11, 21), no_effect=False)
    scratch = tmp_path / "scratch"
    opened = open_sources(
        tmp_path / "data", unit="person", model="transactions", faulty_rows_allowed=0.0, scratch=scratch
    )
    (tmp_path / "cluster").mkdir()
    with opened as customers, a_cluster(tmp_path / "cluster") as cluster:
        monkeypatch.setenv("SHOP_SPARK", cluster.address)
        with features_on_spark(customers, "SHOP_SPARK", scratch) as build:
            found = build(AS_OF)
            [application] = cluster.state()["activeapps"]
            assert application["cores"] == WORKERS  # one core each: both computed
        wait_until(lambda: [app["state"] for app in cluster.state()["completedapps"]] == ["FINISHED"])
        expected = build_features(customers, AS_OF)
    assert len(expected) > 40
    assert odd_cells(expected, found) == []
    assert list(scratch.iterdir()) == []
    assert all(list((tmp_path / "cluster" / f"worker{number}").glob("app-*/*/stderr")) for number in range(WORKERS))


def test_an_address_that_is_not_set_is_the_users_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_SPARK", raising=False)
    with pytest.raises(UserError, match="SHOP_SPARK"), open_spark("SHOP_SPARK", tmp_path):
        pass


def test_an_address_that_means_nothing_names_its_variable_and_not_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SPARK", "spork://user:secret@127.0.0.1")
    with pytest.raises(UserError, match="SHOP_SPARK") as refused, open_spark("SHOP_SPARK", tmp_path):
        pass
    assert "secret" not in str(refused.value)

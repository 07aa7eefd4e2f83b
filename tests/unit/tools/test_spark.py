"""What is missing for Spark is said in a sentence, before anything starts."""

import sys
from pathlib import Path

import pytest
from kizuna.domain.errors import UserError
from kizuna.tools.spark import open_spark


def test_without_pyspark_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UserError, match=r"pip install 'kizuna\[spark\]'"), open_spark(None, tmp_path):
        pass


def test_without_the_client_of_connect_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql.connect.session", None)
    monkeypatch.setenv("LAKE", "sc://user:secret@127.0.0.1")
    with pytest.raises(UserError, match="pyspark") as refused, open_spark("LAKE", tmp_path):
        pass
    assert "secret" not in str(refused.value)


def test_without_java_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match="openjdk-17"), open_spark(None, tmp_path):
        pass

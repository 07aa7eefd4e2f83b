"""`kizuna data map`: its lines, pasted into a brief, load."""

import json
import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from kizuna.cli.app import kizuna
from kizuna.domain.errors import UserError
from kizuna.domain.sources import Database, Sources
from kizuna.tools.brief_file import load_brief

from .conftest import kizuna as run_kizuna

SALES = "受注番号,会員ID,受注日時,区分,合計金額\n1,P1,2026/1/5,売上,1200\n2,P2,2026/1/6,贈与,500\n"
MEMBERS = 'お客様"番号",氏 名: #1,登録日,退会日,言語\n1,山田,2026/1/5,,日本語\n2,O\'Neil,2026/1/6,2026/2/1,英語\n'


def shown(*arguments: str) -> str:
    ran = CliRunner().invoke(kizuna, [*arguments], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop's brief, and data that a test puts there."""
    (tmp_path / "data").mkdir()
    brief = files("kizuna.examples.shop").joinpath("brief.yaml").read_text(encoding="utf-8")
    (tmp_path / "brief.yaml").write_text(brief, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pasted(company: Path, block: str) -> Sources:
    """What the brief says of its sources once the lines stand in it."""
    text = (company / "brief.yaml").read_text(encoding="utf-8")
    before, line, after = text.partition("sources:\n")
    lines = after.splitlines(keepends=True)
    end = next(i for i, written in enumerate(lines) if written.strip() and not written.startswith((" ", "#")))
    (company / "mapped.yaml").write_text(before + line + "".join(lines[:end]) + block + "".join(lines[end:]), "utf-8")
    return load_brief(company / "mapped.yaml")[0].sources


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_lines_load_in_the_brief_whatever_the_headers_hold(company: Path, language: str) -> None:
    (company / "data" / "crm.csv").write_bytes(MEMBERS.encode("cp932"))
    block = shown("--lang", language, "data", "map", "data/crm.csv", "persons")
    [feed] = pasted(company, block).feeds["persons"]
    assert (feed.file, feed.encoding) == ("crm.csv", "cp932")
    assert feed.columns["created_on"] == "登録日"
    assert feed.values == {"language": {"日本語": "ja", "英語": "en"}}
    assert ("確実：列名が一致" if language == "ja" else "sure: the name says so") in block


def test_without_an_entity_it_says_what_the_file_is(company: Path) -> None:
    (company / "data" / "x.csv").write_text(SALES, encoding="utf-8")
    told = json.loads(shown("data", "map", "data/x.csv", "--json"))
    assert told["entity"] == "orders"
    assert "# OPEN: `kind` has 贈与." in shown("data", "map", "data/x.csv")


@pytest.mark.parametrize("separator", ["\t", "|", " "])
def test_separators_load_too(company: Path, separator: str) -> None:
    (company / "data" / "x.csv").write_text(SALES.replace(",", separator), encoding="utf-8")
    [feed] = pasted(company, shown("data", "map", "data/x.csv")).feeds["orders"]
    assert feed.separator == separator.replace(" ", "spaces")


def test_a_table_of_a_database_is_proposed(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(company / "data" / "ec.db") as connection:
        connection.execute("CREATE TABLE juchu (受注番号 INTEGER, 会員ID TEXT, 受注日 TEXT, 合計金額 INTEGER)")
        connection.execute("INSERT INTO juchu VALUES (1, 'P1', '2026-01-05 10:00', 1200)")
    connection.close()
    monkeypatch.setenv("EC_DATABASE_URL", f"sqlite:///{company / 'data' / 'ec.db'}")
    by_file = shown("data", "map", "data/ec.db", "--table", "juchu")
    by_url = shown("data", "map", "--database", "EC_DATABASE_URL", "--table", "juchu", "orders")
    for block, database in ((by_file, Database(file="ec.db")), (by_url, Database(url_env="EC_DATABASE_URL"))):
        [feed] = pasted(company, block).feeds["orders"]
        assert feed.database == database
        assert feed.columns == {
            "order_id": "受注番号", "person_id": "会員ID", "ordered_at": "受注日", "amount_jpy": "合計金額",
        }  # fmt: skip
        assert feed.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.csv",), "there is no file nowhere.csv"),
        (("data/x.csv", "oders"), "did you mean `orders`?"),
        (("--database", "NOT_SET_URL", "--table", "x"), "NOT_SET_URL"),
        (("data/x.db",), "say --table"),
        ((), "name a FILE"),
    ],
)
def test_mistakes_are_told(company: Path, arguments: tuple[str, ...], words: str) -> None:
    (company / "data" / "x.csv").write_text(SALES, encoding="utf-8")
    ran = CliRunner().invoke(kizuna, ["data", "map", *arguments])
    assert ran.exit_code != 0
    assert words in ran.output + str(ran.exception)
    assert isinstance(ran.exception, SystemExit | UserError)


def test_the_command_itself_tells_a_mistake_without_a_traceback(company: Path) -> None:
    ran = run_kizuna("data", "map", "nowhere.csv", cwd=company)
    assert (ran.code, ran.err) == (1, "kizuna: there is no file nowhere.csv\n")

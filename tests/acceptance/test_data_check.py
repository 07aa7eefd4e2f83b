"""`kizuna data check` as people type it: on sound sources, on spoilt ones, and where files are missing."""

import csv
from pathlib import Path

import pytest

from .conftest import Ran, kizuna

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("check")
    made = kizuna("init", "--example", "shop", "shop", "--customers", "100", cwd=home)
    assert made.code == 0, made.err
    return home / "shop"


def check(folder: Path, *options: str, lang: str = "en") -> Ran:
    return kizuna("--lang", lang, "data", "check", *options, cwd=folder)


def spoil(folder: Path, name: str, column: str, value: str, every: int) -> int:
    """Write the value into every n-th row; returns how many rows that were."""
    path = folder / "data" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    spoilt = rows[::every]
    for row in spoilt:
        row[column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return len(spoilt)


def test_sound_then_spoilt_then_without_a_file(shop: Path) -> None:
    sound = check(shop, "--json")
    assert sound.code == 0, sound.err
    assert sound.json["ok"] is True
    assert [gap for gap in sound.json["gaps"] if gap["severity"] != "note"] == []

    strangers = spoil(shop, "web_events", "person_id", "<b>cookie</b>\x1b[31m", 4)
    page = shop / "diagnosis.html"
    spoilt = check(shop, "--html", str(page), lang="ja")
    assert spoilt.code == 0, "what they name may yet come"
    assert f"のうち{strangers:,}行" in spoilt.out
    assert "まず直すこと" in spoilt.out
    assert "\x1b" not in spoilt.out
    assert "<b>cookie</b>" not in page.read_text(encoding="utf-8")
    assert "Traceback" not in spoilt.err

    spoil(shop, "web_events", "happened_at", "<b>soon</b>\x1b[31m", 6)
    broken = check(shop, "--html", str(page), lang="ja")
    assert broken.code == 1
    assert "\x1b" not in broken.out
    assert "<b>soon</b>" not in page.read_text(encoding="utf-8")
    assert "Traceback" not in broken.err

    (shop / "data" / "orders.csv").unlink()
    without = check(shop)
    assert without.code == 1
    assert "orders.csv is missing, and a run can't go without it." in without.out


@pytest.mark.slow
@pytest.mark.parametrize("example", ["saas", "box", "service"])
def test_every_example_is_sound(example: str, tmp_path: Path) -> None:
    assert kizuna("init", "--example", example, "company", "--customers", "120", cwd=tmp_path).code == 0
    for lang in ("en", "ja"):
        checked = check(tmp_path / "company", "--html", "page.html", lang=lang)
        assert checked.code == 0, checked.out
        assert checked.out.startswith("✓")

"""Other policies on the terminal: how much more than nothing, never two figures that contradict each other."""

from io import StringIO
from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.inbox.evaluation import print_evaluation
from kizuna.inbox.words import LANGUAGES
from rich.cells import cell_len
from rich.console import Console


def estimate(value: float, half: float = 10_000.0) -> dict[str, Any]:
    return {"value": value, "low": value - half, "high": value + half, "ess": 23.4}


def printed(language: Language, nothing: dict[str, Any], *policies: dict[str, Any]) -> str:
    out = StringIO()
    found = {"cycles": [1, 2], "decisions": 299, "level": 0.95, "nothing": nothing, "policies": policies}
    print_evaluation(found, language, Console(file=out, width=100))
    return out.getvalue()


def policy(dr: dict[str, Any], action: str = "renewal_reminder") -> dict[str, Any]:
    return {
        "policy": "action",
        "action": action,
        "over_nothing": {"ips": estimate(3_000.0), "snips": {"refusal": "few"}, "dr": dr},
    }


def test_the_gain_over_nothing_stands_with_its_interval_beside_what_nothing_brings() -> None:
    shown = printed("en", estimate(186_758.0), policy(estimate(21_405.0)))
    assert "brings ¥186,758 [¥176,758, ¥196,758] a customer and cycle (95% interval)" in " ".join(shown.split())
    (row,) = (line for line in shown.splitlines() if "renewal_reminder" in line)
    assert "+¥21,405 [+¥11,405, +¥31,405]" in row and "23" in row and row.endswith("+¥3,000         –")


def test_where_the_log_cant_tell_there_is_a_word_and_not_one_figure() -> None:
    shown = printed("en", {"refusal": "thin"}, policy({"refusal": "thin"}))
    assert "can't be told: too thin to tell" in " ".join(shown.split())
    (row,) = (line for line in shown.splitlines() if "renewal_reminder" in line)
    assert "too thin to tell" in row and "¥" not in row


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_actions_stay_whole_and_the_table_fits(language: Language) -> None:
    names = ("survey_before_discount", "x")
    shown = printed(language, estimate(1e5), *(policy(estimate(-1e5), name) for name in names))
    assert "survey_before_discount" in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= 100


def test_japanese_lists_the_cycles_with_its_own_mark() -> None:
    assert "（第1、2サイクル）" in printed("ja", estimate(1.0))

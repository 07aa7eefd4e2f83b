"""Every reason has words in both languages and a row in the docs, and nothing else has."""

import re
from pathlib import Path

from kizuna.domain.decision import Reason
from kizuna.inbox.words import LANGUAGES, words

PAGE = (Path(__file__).resolve().parents[3] / "docs/receipts.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE.split("## Reason codes")[1], re.MULTILINE)


def test_every_reason_is_in_the_table_of_the_docs_once_and_nothing_else_is() -> None:
    assert sorted(code for code, _ in ROWS) == sorted(reason.value for reason in Reason)


def test_every_row_says_what_it_means_when_it_is_said_and_what_to_do() -> None:
    for code, rest in ROWS:
        meaning, when, what_to_do, _ = (cell.strip() for cell in rest.split(" | ") + [""] * (3 - rest.count(" | ")))
        assert meaning and when and what_to_do, code


def test_every_reason_has_words_of_its_own_in_each_language() -> None:
    for language in LANGUAGES:
        told = [words(language)[f"reason.{reason.value}"] for reason in Reason]
        assert len(set(told)) == len(told)

"""Why rows were set aside, in sentences of both languages."""

import pytest
from kizuna.customers.contract.cells import rules
from kizuna.customers.contract.model import contract
from kizuna.domain.brief import Language
from kizuna.domain.refusals import NEVER_CLOSED, NO_SUCH, RowFault, TooManyFaulty, code_of, rule_of
from kizuna.inbox.refusals import fault_in_words, rule_in_words, too_many_in_words
from kizuna.inbox.words import LANGUAGES, words

ZONES = (None, "Asia/Tokyo")
OF_CELLS = {rule.broken for source in contract() for column in source.columns for zone in ZONES
            for rule in rules(column, "raw", zone)}  # fmt: skip
OF_ROWS = {"twice", "too_few_columns", "too_many_columns", "misplaced_quote", "too_long", rule_of("no_row", "odd"),
           rule_of("wrong_encoding", "UTF-8"), rule_of(NO_SUCH, "persons.person_id"), rule_of(NEVER_CLOSED, "12"),
           rule_of("empty_without", "visitor_id")}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(OF_CELLS | OF_ROWS))
def test_every_rule_has_a_sentence(language: Language, rule: str) -> None:
    assert f"refusal.{code_of(rule)}" in words(language)
    assert rule_in_words(rule, language) != rule


def test_a_fault_is_told_in_the_readers_language() -> None:
    fault = RowFault("orders.csv", 7, "amount_jpy", "x", "not_number")
    assert fault_in_words(fault, "en") == "orders.csv: line 7: amount_jpy: 'x': is not a number"
    assert fault_in_words(fault, "ja") == "orders.csv 7行目 amount_jpy: 'x' 数値ではありません"


def test_a_rule_kept_by_an_older_version_stands_for_itself() -> None:
    assert rule_in_words("stands there twice\x1b[2J", "ja") == "stands there twice[2J"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["faulty", "overdue", "strangers"])
def test_what_stopped_a_reading_is_told_with_figures_rows_and_what_to_do(language: Language, kind: str) -> None:
    fault = RowFault("orders.csv", 7, "", "", "wrong_encoding UTF-8")
    error = TooManyFaulty(kind, "orders.csv", faulty=40, rows=1_000, allowed=0.02, faults=[fault])
    said = too_many_in_words(error, language).splitlines()
    assert "40" in said[0] and "1,000" in said[0] and len(said) == 5 and "39" in said[2] and "encoding" in said[3]

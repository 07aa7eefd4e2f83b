"""What is protected enters no rule and no message, however it is called by other features."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.customers.contract.model import contract
from kizuna.customers.features.protected import protected_features, protected_in

OWN = """\
entity: across
features:
  loyal_years: {formula: tenure_days / 365, meaning: {en: Years with us, ja: 利用年数}}
  is_old_friend: {formula: case when loyal_years >= 5 then 1 else 0 end, meaning: {en: Five years, ja: 5年以上}}
  visits_twice: {formula: events_30d * 2, meaning: {en: Twice the visits, ja: 訪問の2倍}}
  kept_apart: {formula: events_30d + 1, protected: true, meaning: {en: Kept apart, ja: 別扱い}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_nothing_of_the_package_is_protected_unless_it_is_marked() -> None:
    assert protected_features() == frozenset()
    assert protected_features(["industry"]) == {"industry"}


def test_what_is_made_of_something_protected_is_protected_through_any_number_of_steps(folder: Path) -> None:
    assert protected_features((), folder) == {"kept_apart"}
    found = protected_features(["tenure_days"], folder)
    assert {"tenure_days", "loyal_years", "is_old_friend", "kept_apart"} <= found and "visits_twice" not in found


def test_a_birth_date_is_protected_in_the_contract() -> None:
    protected = {(source.name, column.name) for source in contract() for column in source.columns if column.protected}
    assert ("contacts", "birth_date") in protected
    persons = {column.name for source in contract("person") for column in source.columns if column.protected}
    assert persons == {"birth_date"}


@pytest.mark.parametrize(
    "rule",
    ["age_years >= 60", '"age_years" < 30', "not (coalesce(age_years, 0) > 3)", "is_active and -age_years < 0"],
)  # fmt: skip
def test_a_rule_that_names_it_in_any_way_is_refused_and_told_what_to_do(rule: str) -> None:
    (problem,) = protected_in(rule, ["age_years"])
    assert "`age_years` is protected" in problem and "take it out of the rule" in problem


@given(st.text(max_size=60))
def test_whatever_is_written_is_looked_through_without_falling_over(text: str) -> None:
    assert protected_in(text, ["age_years"]) in ([], protected_in("age_years > 1", ["age_years"]))

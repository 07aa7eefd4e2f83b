from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizuna.customers.eligibility import check_rule, columns_of, matches, unknown_for
from kizuna.customers.features.catalogue import catalogue
from kizuna.customers.table import FeatureTable
from kizuna.domain.errors import UserError

KNOWN = {feature.name for feature in catalogue()}
NAN = float("nan")
TABLE = FeatureTable(
    ["a", "b", "c", "d"],
    {
        "is_active": np.array([1.0, 1.0, 0.0, NAN]),
        "churn_risk": np.array([0.8, 0.2, 0.9, NAN]),
        "tenure_days": np.array([100.0, 400.0, 0.0, 30.0]),
        "events_30d": np.array([0.0, 5.0, 2.0, NAN]),
        "plan": np.array(["team", "starter", None, "business"], dtype=object),
    },
)


def fits(rule: str) -> str:
    return "".join(unit for unit, fit in zip(TABLE.unit_ids, matches(rule, TABLE), strict=True) if fit)


@pytest.mark.parametrize(
    "rule, units",
    [
        ("is_active", "ab"),
        ("not is_active", "c"),
        ("is_active = true and churn_risk >= 0.5", "a"),
        ("plan in ('team', 'business')", "ad"),
        ("plan not in ('team', 'business')", "b"),
        ("plan <> 'team'", "bd"),
        ("lower(plan) = 'team' or tenure_days between 350 and 450", "ab"),
        ("churn_risk is null", "d"),
        ("churn_risk is not null and not (churn_risk > 0.5)", "b"),
        ("coalesce(churn_risk, 1) >= 0.9", "cd"),
        ("events_30d / tenure_days > 0.01", "b"),  # a division by zero is unknown, not endless
        ("1 / 3 > 0.3 and is_active", "ab"),
        ("abs(-tenure_days) + 1 * 2 - 2 = 100", "a"),
        ("null", ""),
        ("true", "abcd"),
    ],
)
def test_a_rule_fits_the_units_it_says(rule: str, units: str) -> None:
    assert check_rule(rule, KNOWN) == []
    assert fits(rule) == units


def test_unknown_makes_nobody_eligible_and_is_told() -> None:
    assert unknown_for("is_active and churn_risk > 0.5", TABLE).tolist() == [False, False, False, True]
    assert unknown_for("plan = 'team'", TABLE).tolist() == [False, False, True, False]
    assert unknown_for("churn_risk > 0.5 or tenure_days = 30", TABLE).tolist() == [False] * 4


def test_a_text_column_that_is_nearly_always_unknown_stays_text() -> None:
    answers = np.full(5000, None, dtype=object)
    answers[-1] = "fine"
    table = FeatureTable([str(n) for n in range(5000)], {"last_survey_answer": answers})
    assert matches("last_survey_answer = 'fine'", table).sum() == 1


def test_an_empty_table_fits_nobody() -> None:
    assert matches("is_active", TABLE.pick([False] * 4)).shape == (0,)


@pytest.mark.parametrize(
    "rule, problem",
    [
        ("churn_riks > 0.5", "unknown column `churn_riks`; did you mean `churn_risk`?"),
        ("churn_risk", "`churn_risk` is a number"),
        ("churn_risk + 1", "must be a question"),
        ("plan > 5", "can't compare: `plan` is text, '5' is a number"),
        ("ltv_rank = 'hihg'", "`ltv_rank` is never 'hihg'; did you mean 'high'?"),
        ("ltv_rank in ('high', 'gold')", "`ltv_rank` is never 'gold'"),
        ("'5' + churn_risk > 1", "only numbers"),
        ("is_active and tenure_days", "`tenure_days` is a number"),
        ("not tenure_days", "`not` needs a yes or no"),
        ("lower(tenure_days) = 'x'", "`lower` needs text"),
        ("churn_risk >", "can't be read at line 1, column"),
        ("plan = 'team", "can't be read"),
        ("", "between 1 and"),
        ("true and " * 400 + "true", "between 1 and"),
        ("is_active is true", "only `null`"),
        ("tenure_days < 1e400", "is no number"),
        ("plan like 't%'", "`like` is not allowed"),
        ("sleep(5) > 1", "the function `sleep` is not allowed"),
        ("upper(plan) = 'TEAM'", "the function `upper` is not allowed"),
        ("accounts.plan = 'team'", "is no column"),
        ("tenure_days in (select 1)", "needs a list"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_words(rule: str, problem: str) -> None:
    assert any(problem in found for found in check_rule(rule, KNOWN)), check_rule(rule, KNOWN)
    with pytest.raises(UserError):
        matches(rule, TABLE)


HOSTILE = [
    "(select count(*) from read_csv('{path}')) > 0",
    "exists (select 1 from '{path}')",
    "is_active; COPY (select 1) TO '{path}'",
    "COPY (select 1) TO '{path}'",
    "is_active -- and churn_risk > 1",
    "is_active /* hidden */",
    "ATTACH '{path}' AS x",
    "INSTALL httpfs",
    "PRAGMA database_list",
    "SET threads = 1",
    "is_active) or (true) union (select true",
    "tenure_days in (select 1 from '{path}')",
    "getenv('HOME') = 'x'",
    "read_text('{path}') is null",
    "$1 = 1",
    "? = 1",
    "* = 1",
    "is_active and [1][1] = 1",
    "{{'a': 1}}.a = 1",
    "cast(plan as boolean)",
    "plan::boolean",
    "case when is_active then true end",
    "is_active as x",
    "x -> x = 1",
    "row_number() over () = 1",
    "count(*) > 0",
    "interval 1 day > plan",
    "tenure_days between symmetric 1 and 2",
    '"churn_risk" > 0 or "a""b" > 0',
    "(" * 900 + "is_active" + ")" * 900,
    "not " * 480 + "is_active",
    "plan = 'a' 'b'",
    "plan = E'\\x41'",
    "tenure_days = 0x1F or @tenure_days > 1",
    "tenure_days ** 2 > 1",
    "create table x as select 1",
]


@pytest.mark.parametrize("rule", HOSTILE)
def test_a_hostile_rule_is_refused_and_does_nothing(rule: str, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    written = rule.format(path=path) if "{path}" in rule else rule
    if check_rule(written, KNOWN) == []:  # then it is harmless, such as a deep `not not`
        assert written.startswith(("not ", "((", "plan = 'a'"))
        matches(written, TABLE)
    else:
        with pytest.raises(UserError):
            matches(written, TABLE)
    assert list(tmp_path.iterdir()) == []


WORDS = st.sampled_from(
    (
        "is_active churn_risk plan and or not in ( ) , ; -- /* */ = <> >= < + - / * ' 0.5 1e400 'team' null is between "
        + "select from read_csv copy to attach coalesce abs lower union case when then end :: [ ] { } $1 ? . \0 絆"
    ).split(" ")
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_is_either_a_sound_rule_or_refused_in_words(rule: str) -> None:
    problems = check_rule(rule, KNOWN)
    if problems:
        assert all(problem and "Traceback" not in problem for problem in problems)
        return
    table = TABLE.with_columns(**{name: np.full(4, NAN) for name in KNOWN - set(TABLE.columns)})
    try:
        fit, unknown = matches(rule, table), unknown_for(rule, table)
    except UserError:
        return
    assert fit.dtype == unknown.dtype == np.bool_ and not (fit & unknown).any()


def test_the_columns_of_a_rule() -> None:
    assert columns_of("is_active and coalesce(churn_risk, 0) > tenure_days / 2") == {
        "is_active", "churn_risk", "tenure_days",
    }  # fmt: skip
    assert columns_of("churn_risk - churn_risk_before > 0.1") == {"churn_risk", "churn_risk_before"}


def test_a_column_name_can_not_break_out_of_its_quotes() -> None:
    name = 'a" , (select 1) as "b'
    table = FeatureTable(["u"], {name: np.array([1.0])})
    quoted = '"' + name.replace('"', '""') + '"'
    assert matches(f"{quoted} = 1", table).tolist() == [True]

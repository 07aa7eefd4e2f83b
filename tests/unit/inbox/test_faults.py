"""What is wrong in a person's file is said in the person's language: every sentence of the code, and whole briefs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from kizuna.customers.eligibility import check_rule
from kizuna.domain import plain_words, yaml_reader
from kizuna.domain.errors import Fault, FaultyFile, NotLoggedIn
from kizuna.domain.yaml_reader import read_yaml
from kizuna.inbox.faults import fault_in_words, in_language, mistake_in_words
from kizuna.inbox.words import words

ROOT = Path(__file__).resolve().parents[3]
#: Where the sentences of a brief's faults are written: in errors, and in what makes faults of them.
VALIDATORS = (
    "brief",
    "delivery_settings",
    "fairness",
    "guardrail",
    "language_model",
    "measurement",
    "quantity",
    "sources",
)
MAKERS = ("domain/yaml_reader.py", "domain/document.py", "domain/yaml_folder.py", "tools/brief_file.py")
TELLING = frozenset({"ValueError", "Fault", "_complain", "_stop"})


def filled(node: ast.expr) -> str | None:
    """The sentence of a literal or of an f-string, with something in its places."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "`x`" for part in node.values)
        return "".join(str(part) for part in parts)
    return None


def sentences(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLING:
            yield from (said for said in map(filled, node.args) if said and " " in said)


@pytest.mark.parametrize("module", [*(f"domain/{name}.py" for name in VALIDATORS), *MAKERS])
def test_every_sentence_that_a_brief_can_cause_is_said_in_japanese(module: str) -> None:
    assert [said for said in sentences(ROOT / module) if in_language(said, "ja") == said] == []


def test_the_sentences_are_found_where_they_are_looked_for() -> None:
    found = [said for module in MAKERS for said in sentences(ROOT / module)]
    assert len(found) > 20 and "write `key: value`, one to a line" in found


def test_every_plain_word_for_a_misfit_is_said_in_japanese() -> None:
    places = {"gt": 1.0, "ge": 1.0, "lt": 1.0, "le": 1.0, "min_length": 1, "max_length": 1}
    said = [phrase.format(**places) for phrase in plain_words._PROBLEMS.values()]
    said += yaml_reader._SYNTAX_HINTS.values()
    assert [problem for problem in said if in_language(problem, "ja") == problem] == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("churnrisk > 0.1", "列 `churnrisk` はありません。`churn_risk` のことですか"),
        ("churn_risk", "条件は「はい・いいえ」で答えられる式にしてください。`churn_risk` は数値です"),
        ("plan = 3", "比べられません。`plan` は文字列、'3' は数値です"),
        ("sin(churn_risk) > 0", "関数 `sin` は使えません。使えるのは abs、coalesce、lower です"),
        ("is_active; is_active", "条件は一つの式です。`;` は使えません"),
    ],
)
def test_what_is_wrong_with_a_rule_keeps_its_names_and_types(rule: str, told: str) -> None:
    (problem,) = check_rule(rule, ("churn_risk", "plan", "is_active"))
    assert in_language(problem, "ja") == told


def test_a_fault_stands_on_one_line_with_file_line_field_and_hint() -> None:
    fault = Fault("brief.yaml", 15, "goal.horizont", "is not known here", "did you mean `horizon`?")
    assert fault_in_words(fault, "en") == str(fault)
    assert fault_in_words(fault, "ja") == (
        "brief.yaml:15: goal.horizont: この項目はここでは使えません（`horizon` のことですか）"
    )


def test_all_faults_of_a_file_are_said_and_a_value_that_reads_like_a_sentence_stays() -> None:
    faults = read_yaml("a: 1\na: 2\nis empty: &x 3\n", "brief.yaml").faults
    told = mistake_in_words(FaultyFile(faults), "ja").splitlines()
    assert [line.split(": ", 2)[-1][:2] for line in told] == ["同じ", "アン"]
    assert "is empty" in told[1]


def test_a_mistake_is_said_and_what_nobody_translated_stays_as_it_is() -> None:
    assert mistake_in_words(NotLoggedIn(), "ja").startswith("ログインしていません")
    assert in_language("something new went wrong", "ja") == "something new went wrong"


def test_the_english_phrase_of_each_sentence_is_recognised_as_its_own() -> None:
    """No phrase hides another one: each finds its own way into Japanese."""
    for key, phrase in words("en").items():
        if key.startswith(("fault.", "hint.", "mistake.")) and "{" not in phrase:
            assert in_language(phrase, "ja") == words("ja")[key]

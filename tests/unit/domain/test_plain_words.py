"""What a person reads who made a mistake in a brief or a playbook."""

import re
from pathlib import Path

import pytest
from kizuna.domain.brief import Brief
from kizuna.domain.document import parse_document, read_model, validate
from kizuna.domain.errors import Fault, FaultyFile
from kizuna.domain.playbook import Action

ROOT = Path(__file__).parents[3]
BRIEF = (ROOT / "examples/saas/brief.yaml").read_text(encoding="utf-8")
#: What the files say here may be tuned; the tests change it whatever it is.
POLICY, RANDOM = (re.search(rf"  {group}: \d+ %", BRIEF)[0] for group in ("policy", "random_control"))  # type: ignore[index]
SURVEY = (ROOT / "playbooks/survey_before_discount.yaml").read_text(encoding="utf-8")


def change(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def faults_in(model: type[Brief] | type[Action], text: str) -> list[Fault]:
    with pytest.raises(FaultyFile) as caught:
        validate(model, parse_document(text, "f.yaml"))
    return caught.value.faults


def fault_in_brief(*changes: tuple[str, str]) -> Fault:
    faults = faults_in(Brief, change(BRIEF, *changes))
    assert len(faults) == 1, faults
    return faults[0]


def fault_in_action(*changes: tuple[str, str]) -> Fault:
    faults = faults_in(Action, change(SURVEY, *changes))
    assert len(faults) == 1, faults
    return faults[0]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_misspelt_lever_says_what_was_meant() -> None:
    fault = fault_in_action(("lever: retention", "lever: retension"))
    assert (fault.field, fault.hint) == ("lever", "did you mean `retention`?")
    assert fault.line == line_of(SURVEY, "lever:")


def test_value_far_from_all_choices_lists_them() -> None:
    assert fault_in_action(("lever: retention", "lever: xyz")).hint.startswith("possible: `order_value`, `frequency`")


def test_misspelt_key_says_what_was_meant_and_is_not_also_reported_as_missing() -> None:
    fault = fault_in_brief(("  horizon: 120d", "  horizn: 120d"))
    assert (fault.field, fault.problem, fault.hint) == ("goal.horizn", "is not known here", "did you mean `horizon`?")
    assert fault.line == line_of(BRIEF, "  horizon: 120d")


def test_misspelt_group_says_what_was_meant() -> None:
    fault = fault_in_brief((RANDOM, RANDOM.replace("random_control", "random")))
    assert (fault.field, fault.hint) == ("groups.random", "did you mean `random_control`?")


def test_yaml_key_is_named_and_not_the_python_name() -> None:
    faults = faults_in(Brief, change(BRIEF, ('    from: "20:00"', '    start: "20:00"')))
    assert {fault.field for fault in faults} == {"guardrails.quiet_hours.start", "guardrails.quiet_hours.from"}


@pytest.mark.parametrize(
    ("old", "field", "hint"),
    [
        ("  horizon: 120d\n", "goal.horizon", "write `horizon: 30d`"),
        ("budget:\n  total: 400000 JPY\n", "budget", "write `budget:`, and under it `total`"),
        ("cycle: 30d", "cycle", "write `cycle: 30d`"),
        ("  margin: 75 % ", "business.margin", "write `margin: 10 %`"),
        ("unit: account ", "unit", "write `unit: person`"),
        ("  expiry: 3 business days", "reviewers.expiry", "write `expiry: 3 business days`"),
        ("    time_zone: Asia/Tokyo", "guardrails.quiet_hours.time_zone", "write `time_zone: Asia/Tokyo`"),
    ],
)
def test_missing_key_says_what_to_write(old: str, field: str, hint: str) -> None:
    fault = fault_in_brief((old, ""))
    assert (fault.field, fault.problem, fault.hint) == (field, "is missing", hint)


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("lift: 10 %", "lift: 10", "goal.lift", "must be at most 1"),
        ("lift: 10 %", "lift: true", "goal.lift", "write a share as `10 %`"),
        ("lift: 10 %", "lift: ten", "goal.lift", "write a share as `10 %`"),
        ("messages: 4", "messages: 0", "guardrails.caps.1.messages", "must be at least 1"),
        ("messages: 4", 'messages: "4"', "guardrails.caps.1.messages", "must be a whole number"),
        ("messages: 4", "messages: true", "guardrails.caps.1.messages", "must be a whole number"),
        ("messages: 4", "messages: 4.5", "guardrails.caps.1.messages", "must be a whole number"),
        ('from: "20:00"', 'from: "25:00"', "guardrails.quiet_hours.from", "`25:00` is not written as it should be"),
        ("Asia/Tokyo", "Tokio", "guardrails.quiet_hours.time_zone", "'Tokio' is no time zone"),
        ("400000 JPY", "4,00 JPY", "budget.total", "write an amount as `200000 JPY`"),
        ("400000 JPY", "400000 EUR", "budget.total", "write an amount as `200000 JPY`"),
        ("gap: 24h", "gap: 0h", "guardrails.gap", "must be longer than nothing"),
        ("gap: 24h", "gap: 999999999999d", "guardrails.gap", "write a duration as `30d` or `24h`"),
        ("  email: success@nagare.example", "  email: success", "sender.email", "`success` is not written"),
        ("contact: privacy@nagare.example", "contact: 0312345678", "sender.contact", "must be text"),
        ("name: nagare-save", "name: [a]", "name", "must be text"),
        ("  folder: data", "  folder:", "sources.folder", "is empty"),
        ("supervisors: [sato]", "supervisors: sato", "reviewers.supervisors", "must be a list"),
        ("supervisors: [sato]", "supervisors: []", "reviewers.supervisors", "needs at least 1"),
        ("deputies: {sato: suzuki}", "deputies: {sato: sato}", "reviewers", "nobody can be their own deputy"),
        ("deputies: {sato: suzuki}", "deputies: {ito: suzuki}", "reviewers", "'ito', who is not among"),
        ("cycle: 30d", "cycle: 130d", "cycle", "longer than `goal.horizon`"),
        (POLICY, "  policy: 99 %", "groups", "add up to 1."),
        ("ja: ナガレ分析\n", "ja: ナガレ分析\n    fr: Nagare\n", "voice.company.fr", "is not known here"),
        ("  postal_address:\n    ja:", "  postal_address:\n    #", "sender", "`postal_address.ja`"),
        ("https://pages", "http://pages", "pages.base_url", "is not written as it should be"),
    ],
)  # fmt: skip
def test_wrong_value_is_explained_in_plain_words(old: str, new: str, field: str, words: str) -> None:
    fault = fault_in_brief((old, new))
    assert fault.field == field
    assert words in fault.problem
    assert fault.line > 1


def test_all_faults_are_reported_at_once_with_lines() -> None:
    text = change(
        BRIEF,
        ("metric: ltv", "metric: ltvv"),
        ("unit: account", "unit: acount"),
        ("  total: 400000 JPY", "  totl: 400000 JPY"),
        ("messages: 4", "messages: many"),
        ("cycle: 30d", "cycle: &c 30d"),
    )
    with pytest.raises(FaultyFile) as caught:
        read_model(Brief, text, "brief.yaml")
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [
        (line_of(text, "  metric: ltvv"), "goal.metric"),
        (line_of(text, "unit: acount"), "unit"),
        (line_of(text, "  totl:"), "budget.totl"),
        (line_of(text, "cycle: &c"), "cycle"),
        (line_of(text, "    - {messages: many"), "guardrails.caps.1.messages"),
    ]


def test_a_fault_reads_as_one_line() -> None:
    fault = fault_in_brief(("metric: ltv", "metric: ltvv"))
    line = line_of(BRIEF, "metric: ltv")
    assert str(fault) == f"f.yaml:{line}: goal.metric: `ltvv` is not possible here (did you mean `ltv`?)"


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("  - send: survey", "  - sned: survey", "steps.0", "must be a step: `send`, `wait` or `branch`"),
        ("  - send: survey", "  - survey", "steps.0", "must be a step: `send`, `wait` or `branch`"),
        ("up_to: 5d", "up_to: soon", "steps.1.wait.up_to", "write a duration as"),
        ("up_to: 5d", "upto: 5d", "steps.1.wait.upto", "is not known here"),
        ("answer = 'no_time'", "answer is 'no_time'", "steps.2.branch.2", "a condition reads `answer = 'value'`"),
        ("answer = 'no_time'", "answer = 'wrong_fit'", "steps.2", "two arms wait for the same answer"),
        ("{else: end}", "{else: stop}", "steps.2.branch.3.else", "`stop` is not possible here"),
        (
            "  - wait: {for: survey_answered, up_to: 5d}\n",
            "",
            "",
            "`branch` needs a `wait: {for: survey_answered}` before it",
        ),
        ("by: supervisor, scope: batch", "by: sales_rep, scope: each", "", "is for the channel `rep_draft` alone"),
        ("retained_30d", "retained", "value.outcome", "`retained` is not written as it should be"),
        ("sd: 0.0", "sd: -0.0", "value.prior_uplift.sd", "must be more than 0"),
        ("[email]", "[email, fax]", "channels.1", "`fax` is not possible here"),
    ],
)
def test_wrong_action_is_explained_in_plain_words(old: str, new: str, field: str, words: str) -> None:
    fault = fault_in_action((old, new))
    assert fault.field == field
    assert words in fault.problem


def test_misspelt_step_says_what_was_meant() -> None:
    assert fault_in_action(("  - send: survey", "  - sned: survey")).hint == "did you mean `send`?"

"""The surveys: what mails and playbooks promise is what the page asks."""

from pathlib import Path

import pytest
from kizuna.domain.errors import FaultyFile
from kizuna.prompts.catalogue import known_messages, needs
from kizuna.prompts.surveys import load_survey, survey_of_link

ASKING = [(action, message) for action, message in known_messages() if needs(action, message).survey]


def test_every_survey_that_a_message_names_is_there() -> None:
    assert ASKING
    assert [name for name in ASKING if load_survey(needs(*name).survey or "") is None] == []


@pytest.mark.parametrize(("action", "message"), ASKING)
def test_the_words_in_the_mail_are_the_words_on_the_page(action: str, message: str) -> None:
    declared = needs(action, message)
    for link, labels in declared.links.items():
        opened = survey_of_link(action, message, link)
        assert opened is not None, link
        survey, answer = opened
        if link != "survey":
            assert answer is not None, f"{link} points at no answer of {survey.survey}"
            assert survey.answers[answer] == labels


def test_numbers_run_from_nought_to_ten() -> None:
    survey = load_survey("nps")
    assert survey is not None and list(survey.answers) == [str(number) for number in range(11)]
    assert survey.scale is not None


def test_a_link_of_another_kind_opens_no_survey() -> None:
    assert survey_of_link("feature_tutorial", "tutorial", "tutorial") is None
    assert survey_of_link("survey_before_discount", "plan_change", "plans") is None


def test_an_own_survey_goes_before_the_packaged_one(tmp_path: Path) -> None:
    text = (
        "survey: save\nquestion: {ja: 何が, en: What}\nanswers:\n  a: {ja: あ, en: a}\n  b: {ja: い, en: b}\n"
        "words: {ja: 他, en: more}\n"
    )
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "save.yaml").write_text(text, encoding="utf-8")
    own = load_survey("save", tmp_path)
    assert own is not None and list(own.answers) == ["a", "b"]
    assert load_survey("no_such_survey", tmp_path) is None


def test_a_survey_in_one_language_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "surveys").mkdir()
    text = "survey: x\nquestion: {en: What}\nanswers: {a: {en: a}, b: {en: b}}\nwords: {en: more}\n"
    (tmp_path / "surveys" / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFile, match="each language"):
        load_survey("x", tmp_path)

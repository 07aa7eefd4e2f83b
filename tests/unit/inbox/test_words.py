"""Both languages say the same things, and everything that data can name has a word."""

from string import Formatter

import pytest
from kizuna.domain.brief import Language, Metric
from kizuna.domain.decision import Group, Reason
from kizuna.domain.delivery import DeliveryState
from kizuna.domain.playbook import Lever
from kizuna.domain.review import ReviewKind, ReviewState
from kizuna.inbox.words import LANGUAGES, clean, name, outcome, say, words

VOCABULARIES = {
    "verdict": ("collecting", "likely_better", "better", "worse", "no_difference"),
    "metric": tuple(Metric),
    "lever": tuple(Lever),
    "group": tuple(Group),
    "reason": tuple(Reason),
    "delivery": tuple(DeliveryState),
    "review_kind": tuple(ReviewKind),
    "review_state": tuple(ReviewState),
    "action_state": ("used", "dropped", "unused"),
}


def placeholders(phrase: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(phrase) if field is not None}


def test_languages_have_the_same_keys() -> None:
    assert words("ja").keys() == words("en").keys()


def test_no_key_was_read_as_a_truth_value() -> None:
    assert not {key for key in words("en") if key.split(".")[-1] in {"True", "False", "None"}}


@pytest.mark.parametrize("key", sorted(words("en")))
def test_a_phrase_has_the_same_places_in_each_language(key: str) -> None:
    assert placeholders(words("ja")[key]) == placeholders(words("en")[key])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", VOCABULARIES)
def test_every_code_has_a_word(language: Language, section: str) -> None:
    assert [code for code in VOCABULARIES[section] if f"{section}.{code}" not in words(language)] == []


def test_the_verdicts_are_the_agreed_words() -> None:
    assert [name("ja", "verdict", code) for code in VOCABULARIES["verdict"]] == [
        "データ収集中",
        "優勢",
        "改善",
        "悪化",
        "有意差なし",
    ]


def test_a_code_without_a_word_stands_for_itself_without_control_characters() -> None:
    assert name("en", "reason", "solar_flare\x1b[2J") == "solar_flare[2J"


def test_an_unknown_key_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match=r"no words for 'verdict\.great' in 'ja'"):
        say("ja", "verdict.great")


def test_values_are_never_read_as_places() -> None:
    assert say("en", "label.by", name="{secret}") == "by {secret}"


def test_an_outcome_names_its_days() -> None:
    assert outcome("en", "retained_90d") == "still a customer after 90 days"
    assert outcome("ja", "upgraded_60d") == "60日以内にアップグレード"
    assert outcome("en", "opened") == "opened"


def test_clean_text_is_one_line_in_one_direction() -> None:
    assert clean("a\n b\x1b[31m\u202ec\x07") == "a b[31mc"

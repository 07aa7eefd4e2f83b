"""Answers are read with care, and forms are told so that servers take them."""

from typing import Annotated, Literal

import pytest
from kizuna.tools.asking import LONGEST_ANSWER, estimate_tokens, form_in_words, read_answer, schema_of
from pydantic import BaseModel, ConfigDict, Field


class Reading(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(max_length=10)]
    mood: Literal["good", "bad"]
    points: Annotated[list[int], Field(max_length=2)]


GOOD = '{"title": "T", "mood": "good", "points": [1]}'


@pytest.mark.parametrize(
    "text", [GOOD, f"\n {GOOD} ", f"```json\n{GOOD}\n```", f"```\n{GOOD}\n```", f"<think>a</think>{GOOD}"]
)
def test_an_answer_is_read_with_or_without_its_dress(text: str) -> None:
    assert read_answer(text, Reading).points == [1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the answer"),
        ("fine", "the answer"),
        (GOOD[:-5], "the answer"),
        (GOOD.replace('"good"', '"great"'), "mood"),
        (GOOD.replace('"T"', '"far too long a title"'), "title"),
        (GOOD.replace("[1]", "[1, 2, 3]"), "points"),
        (GOOD.replace("{", '{"to": "x@evil.example", ', 1), "to"),
        ('{"title": "T"}', "mood"),
    ],
)
def test_what_does_not_fit_is_told_without_repeating_it(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        read_answer(text, Reading)
    assert "evil" not in str(caught.value)


def test_an_endless_answer_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="characters"):
        read_answer("[" * (LONGEST_ANSWER + 1), Reading)


def test_a_deeply_nested_answer_is_no_crash() -> None:
    with pytest.raises(ValueError, match="the answer"):
        read_answer("[" * 60_000, Reading)


def test_the_schema_that_is_sent_is_closed_and_has_no_text_lengths() -> None:
    schema = schema_of(Reading)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["title", "mood", "points"]
    assert "maxLength" not in str(schema) and schema["properties"]["points"]["maxItems"] == 2
    assert set(schema["properties"]) == {"title", "mood", "points"}


def test_the_form_in_words_names_json_which_some_servers_insist_on() -> None:
    assert "JSON" in form_in_words(Reading) and '"mood"' in form_in_words(Reading)


def test_tokens_are_estimated_rather_too_high() -> None:
    assert estimate_tokens("絆" * 100) >= 100
    assert estimate_tokens("word " * 100) >= 130

"""Tokens in links: opaque, bound to a purpose, the same on every run, and nobody else's."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.domain.token import make_token, open_token, read_token

SECRET = b"a workspace's own key, 32 bytes."
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
PURPOSE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\n"), max_size=20)


@given(PURPOSE, TEXT)
def test_a_token_reads_back_for_its_purpose(purpose: str, subject: str) -> None:
    token = make_token(SECRET, purpose, subject)
    assert read_token(SECRET, purpose, token) == subject
    assert open_token(SECRET, token) == (purpose, subject)
    assert token == make_token(SECRET, purpose, subject)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)


@given(PURPOSE, PURPOSE, TEXT)
def test_a_token_for_one_purpose_is_none_for_another(purpose: str, other: str, subject: str) -> None:
    if purpose != other:
        assert read_token(SECRET, other, make_token(SECRET, purpose, subject)) is None


@given(TEXT, st.data())
def test_a_tampered_token_is_none(subject: str, data: st.DataObject) -> None:
    token = make_token(SECRET, "unsubscribe", subject)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJabcdefghij0123456789-_").filter(lambda c: c != token[place]))
    assert open_token(SECRET, token[:place] + other + token[place + 1 :]) is None
    assert open_token(SECRET, token[:place]) is None
    assert open_token(SECRET, token + other) is None


@given(st.one_of(st.text(max_size=300), st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_whatever_else_comes_is_none(token: str) -> None:
    assert open_token(SECRET, token) is None


@given(TEXT)
def test_another_workspaces_token_is_none(subject: str) -> None:
    assert open_token(b"another key", make_token(SECRET, "go", subject)) is None


@pytest.mark.parametrize("purpose", ["unsubscribe", "answer_wrong_fit", "go"])
def test_without_the_key_nobody_reads_whom_or_what_it_is_about(purpose: str) -> None:
    token = make_token(SECRET, purpose, "C000123:nagare-save/1/A000123/survey")
    seen = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for told in (purpose, "C000123", "A000123", "survey", "nagare"):
        assert told.encode() not in seen
        assert told not in token


def test_the_length_does_not_tell_one_answer_from_another() -> None:
    links = ("answer_wrong_fit", "answer_too_expensive", "answer_no_time", "answer_fine")
    tokens = [make_token(SECRET, link, "C000123:nagare-save/1/A000123/survey") for link in links]
    assert len({len(token) for token in tokens}) == 1
    assert max(map(len, tokens)) < 200


def test_a_purpose_that_could_pass_for_a_subject_is_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        make_token(SECRET, "go\nC1", "x")

"""The inbox's small rules, one by one."""

from datetime import timedelta

import pytest
from kizuna.domain.brief import Language
from kizuna.inbox.web import limits
from kizuna.inbox.web.pages import address, shown, time_left
from kizuna.inbox.web.routes.log_in import local
from kizuna.inbox.web.security import host_name, is_from_our_page, told


@pytest.mark.parametrize(
    ("left", "en", "ja"),
    [
        (timedelta(days=4, hours=23), "4 days left", "残り4日"),
        (timedelta(hours=47, minutes=59), "47 h left", "残り47時間"),
        (timedelta(minutes=119), "119 min left", "残り119分"),
        (timedelta(seconds=-1), "time is up", "期限切れ"),
    ],
)
def test_the_time_left_is_as_coarse_as_it_may_be(left: timedelta, en: str, ja: str) -> None:
    said: dict[Language, str] = {"en": en, "ja": ja}
    assert {language: time_left(language, left) for language in said} == said


def test_an_address_is_encoded_and_leaves_out_what_is_empty() -> None:
    assert address("/why", unit="A&B 1", other="") == "/why?unit=A%26B+1"
    assert address("/r", without=["a", "b"]) == "/r?without=a&without=b"
    assert address("/", without=[]) == "/"


@pytest.mark.parametrize("then", ["/", "/why?unit=A1", "/reviews/a.1.plan.0"])
def test_a_path_of_ours_is_gone_to(then: str) -> None:
    assert local(then) == then


@pytest.mark.parametrize("then", ["", "//x.example", "/\\x.example", "https://x.example", "/a\nb", "javascript:1"])
def test_nothing_else_is(then: str) -> None:
    assert local(then) == "/"


def test_control_characters_are_taken_out_and_lines_stay() -> None:
    assert shown("a\x1b[31m\u202eb\nc\td") == "a[31mb\nc\td"
    assert shown(3) == 3


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1:8470", "127.0.0.1"), ("localhost", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]")],
)
def test_a_host_is_known_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


def test_without_any_word_of_the_browser_a_form_is_not_ours() -> None:
    assert not is_from_our_page({"host": "127.0.0.1"})
    assert not is_from_our_page({"host": "", "origin": "http://"})
    assert is_from_our_page({"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"})


def test_an_error_is_told_without_its_words() -> None:
    try:
        raise ValueError("Grace Lopez <grace@customer.example>")
    except ValueError as error:
        said = told(error)
    assert "ValueError" in said and __name__.rsplit(".", 1)[-1] in said
    assert "grace@" not in said.replace('raise ValueError("Grace Lopez <grace@customer.example>")', "")


def test_failures_are_forgotten_when_somebody_gets_in() -> None:
    attempts = limits.Attempts()
    for _ in range(limits.PER_LOGIN - 1):
        attempts.failed("sato", "::1")
    attempts.succeeded("sato", "::1")
    attempts.failed("sato", "::1")
    assert not attempts.are_too_many("sato", "::1")


def test_one_address_does_not_lock_out_another() -> None:
    attempts = limits.Attempts()
    for _ in range(limits.PER_LOGIN):
        attempts.failed("sato", "10.0.0.1")
    assert attempts.are_too_many("sato", "10.0.0.1")
    assert not attempts.are_too_many("sato", "10.0.0.2")

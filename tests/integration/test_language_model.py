"""A model's server may do anything: each way it misbehaves ends in an answer or in a typed failure, and is counted."""

import gzip
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kizuna.domain.language_model import LanguageModel
from kizuna.tools.asking import (
    Answer,
    CutOff,
    Declined,
    KeyRefused,
    LimitReached,
    ModelFailed,
    NotAnAnswer,
    NotReached,
    Question,
    QuestionRefused,
    ServerTrouble,
    TooBusy,
    TooLong,
    TooSlow,
    Usage,
)
from kizuna.tools.language_model import ServedModel, forget_habits
from pydantic import BaseModel, ConfigDict

from .misbehaving_server import (
    Behaviour,
    Misbehaving,
    completion,
    drips,
    drips_headers,
    floods,
    hangs_up,
    misbehaving,
    only_takes,
    page,
    raw,
    says,
    status,
)


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str
    score: int


GOOD = '{"word": "fine", "score": 3}'
FINE = Verdict(word="fine", score=3)
QUESTION = Question("analysis", "findings", "You judge.", "Judge this.", Verdict, max_tokens=50)


class Free:
    """No limits; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []

    def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
        self.asked.append((used.tokens, prompt_tokens, max_tokens))


@pytest.fixture(autouse=True)
def nobody_was_asked_before() -> Iterator[None]:
    forget_habits()
    yield
    forget_habits()


class Asked:
    """What came of one question to a server with these behaviours."""

    def __init__(self, *behaviours: Behaviour, **settings: Any) -> None:
        self.slept: list[float] = []
        self.answer: Answer[Verdict] | None = None
        self.failure: ModelFailed | None = None
        with misbehaving(*behaviours) as server:
            self.server: Misbehaving = server
            model = ServedModel(
                LanguageModel(**{"model": "m", "base_url": server.url, "timeout_seconds": 5, **settings}),
                sleep=self.slept.append,
            )
            started = time.monotonic()
            try:
                self.answer = model.ask(QUESTION, Free())
            except ModelFailed as failure:
                self.failure = failure
            finally:
                self.seconds = time.monotonic() - started
                model.close()

    @property
    def requests(self) -> int:
        return len(self.server.requests)

    def failed(self, kind: type[ModelFailed], requests: int) -> "Asked":
        assert type(self.failure) is kind, (self.failure, self.answer)
        assert self.requests == requests
        return self

    def answered(self, requests: int) -> "Asked":
        assert self.failure is None, self.failure
        assert self.answer is not None and self.answer.value == FINE
        assert (self.requests, self.answer.usage.attempts) == (requests, requests)
        return self


# how it should be


def test_a_good_answer_takes_one_request_and_its_tokens_are_counted() -> None:
    asked = Asked(says(GOOD)).answered(requests=1)
    assert asked.answer and (asked.answer.usage.input_tokens, asked.answer.usage.output_tokens) == (11, 7)
    assert asked.answer.way == "json_schema"
    assert asked.server.paths == ["/v1/chat/completions"]


def test_the_form_is_sent_as_a_strict_schema_with_fixed_chance() -> None:
    request = Asked(says(GOOD)).server.requests[0]
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert (request["temperature"], request["seed"], request["max_tokens"]) == (0.0, 20, 50)


# refusals with a status


def test_429_is_tried_again_after_what_the_server_asks_for() -> None:
    asked = Asked(status(429, retry_after="3"), status(429, retry_after_ms="250"), says(GOOD)).answered(requests=3)
    assert asked.slept == [3.0, 0.25]


def test_429_that_wants_too_long_a_wait_is_not_waited_for() -> None:
    assert Asked(status(429, retry_after="300"), timeout_seconds=600).failed(TooBusy, requests=1).slept == []


def test_429_because_the_money_is_gone_is_not_tried_again() -> None:
    Asked(status(429, "You exceeded your current quota: insufficient_quota")).failed(TooBusy, requests=1)


def test_500_passes() -> None:
    asked = Asked(status(500), status(500), says(GOOD)).answered(requests=3)
    assert asked.slept == sorted(asked.slept) and asked.slept[0] > 0


def test_503_for_ever_ends_after_four_requests() -> None:
    failure = Asked(status(503)).failed(ServerTrouble, requests=4).failure
    assert failure and failure.usage.attempts == 4 and failure.usage.tokens == 0


def test_a_server_that_says_do_not_retry_is_not_asked_again() -> None:
    Asked(status(503, x_should_retry="false")).failed(ServerTrouble, requests=1)


def test_400_is_not_tried_again_and_says_why() -> None:
    failure = Asked(status(400, "the context is longer\nthan 512 tokens")).failed(QuestionRefused, requests=1).failure
    assert "the context is longer" in str(failure) and "\n" not in str(failure)


def test_401_says_that_the_key_is_refused() -> None:
    Asked(status(401, "Incorrect API key provided: sk-abc")).failed(KeyRefused, requests=1)


def test_404_says_that_model_or_address_are_unknown() -> None:
    assert "no such model" in str(Asked(status(404)).failed(QuestionRefused, requests=1).failure)


def test_a_redirect_is_not_followed() -> None:
    asked = Asked(status(307, location="http://127.0.0.1:9/v1/chat/completions"))
    asked.failed(QuestionRefused, requests=1)


# what no answer is


def test_a_page_instead_of_json_asks_whether_the_address_is_right() -> None:
    assert "base_url" in str(Asked(page()).failed(QuestionRefused, requests=1).failure)


def test_truncated_json_around_the_answer_is_tried_again() -> None:
    Asked(raw(completion(GOOD)[:60]), says(GOOD)).answered(requests=2)


def test_truncated_json_for_ever_ends() -> None:
    Asked(raw(completion(GOOD)[:60])).failed(ServerTrouble, requests=4)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"choices": []}', b'{"choices": "x"}', b'{"choices": [{}]}'])
def test_no_choice_is_server_trouble(body: bytes) -> None:
    Asked(raw(body)).failed(ServerTrouble, requests=4)


def test_a_truncated_answer_is_asked_for_again_with_more_room() -> None:
    asked = Asked(says('{"word": "fi', finish="length"), says(GOOD)).answered(requests=2)
    assert [request["max_tokens"] for request in asked.server.requests] == [50, 100]


def test_an_answer_that_is_always_cut_off_ends() -> None:
    Asked(says('{"word": "fi', finish="length")).failed(CutOff, requests=2)


def test_a_refusal_is_no_error_to_repair() -> None:
    Asked(says(None, refusal="I can't help with that")).failed(Declined, requests=1)


def test_a_content_filter_counts_as_declined() -> None:
    Asked(says("", finish="content_filter")).failed(Declined, requests=1)


def test_a_wrong_form_is_repaired_once() -> None:
    asked = Asked(says('{"word": "fine", "score": "many"}'), says(GOOD)).answered(requests=2)
    first, second = asked.server.requests
    assert len(first["messages"]) == 2 and len(second["messages"]) == 4
    assert "score" in second["messages"][3]["content"] and "JSON Schema" in second["messages"][3]["content"]


@pytest.mark.parametrize("content", ["", None, "I think it is fine.", "[1, 2]", '{"word": "fine"}', GOOD + GOOD])
def test_a_wrong_form_twice_ends(content: str | None) -> None:
    Asked(says(content)).failed(NotAnAnswer, requests=2)


@pytest.mark.parametrize("dressed", [f"```json\n{GOOD}\n```", f"  {GOOD}\n", f"<think>hm, {{}}</think>\n{GOOD}"])
def test_the_usual_dress_of_an_answer_is_taken_off(dressed: str) -> None:
    Asked(says(dressed)).answered(requests=1)


def test_an_answer_of_50_megabytes_is_not_read() -> None:
    asked = Asked(floods(50)).failed(TooLong, requests=1)
    assert asked.seconds < 4


def test_an_error_of_50_megabytes_is_not_read() -> None:
    Asked(floods(50, status_code=400)).failed(TooLong, requests=1)


def test_a_compressed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"[" * 10_000_000)
    asked = Asked(raw(bomb, Content_Encoding="gzip")).failed(TooLong, requests=1)
    assert asked.server.headers[0]["accept-encoding"] == "identity"


# time and connections


def test_a_slow_drip_ends_with_the_deadline() -> None:
    asked = Asked(drips(completion(GOOD), seconds_each=0.1), timeout_seconds=1).failed(TooSlow, requests=1)
    assert asked.seconds < 2


def test_dripping_headers_end_with_the_deadline() -> None:
    assert Asked(drips_headers(seconds_each=0.1), timeout_seconds=1).failed(TooSlow, requests=1).seconds < 2


def test_silence_ends_with_the_deadline() -> None:
    assert Asked(lambda handler: time.sleep(3), timeout_seconds=1).failed(TooSlow, requests=1).seconds < 2


def test_what_a_broken_answer_may_have_cost_is_counted_in_full() -> None:
    failure = Asked(drips(completion(GOOD), seconds_each=0.1), timeout_seconds=1).failure
    assert failure and failure.usage.output_tokens == QUESTION.max_tokens and failure.usage.input_tokens > 0


def test_a_connection_dropped_in_the_middle_is_tried_again() -> None:
    asked = Asked(hangs_up(), says(GOOD)).answered(requests=2)
    assert asked.answer and asked.answer.usage.output_tokens == QUESTION.max_tokens + 7


def test_a_connection_dropped_for_ever_ends() -> None:
    Asked(hangs_up()).failed(NotReached, requests=4)


def test_a_server_that_is_not_there_costs_nothing() -> None:
    slept: list[float] = []
    model = ServedModel(LanguageModel(model="m", base_url="http://127.0.0.1:1/v1"), sleep=slept.append)
    with pytest.raises(NotReached) as caught:
        model.ask(QUESTION, Free())
    assert len(slept) == 3 and caught.value.usage.tokens == 0


def test_a_server_that_is_still_not_there_when_time_is_over_costs_nothing() -> None:
    model = ServedModel(LanguageModel(model="m", base_url="http://127.0.0.1:1/v1", timeout_seconds=0.8))
    with pytest.raises(NotReached) as caught:
        model.ask(QUESTION, Free())
    assert caught.value.usage.tokens == 0


# what a server can do is found out once


def test_a_server_without_json_schema_is_held_by_a_json_object_from_then_on() -> None:
    with misbehaving(only_takes("json_object", GOOD)) as server:
        model = ServedModel(LanguageModel(model="m", base_url=server.url))
        ways = [model.ask(QUESTION, Free()).way for _ in range(2)]
        again = ServedModel(LanguageModel(model="m", base_url=server.url))
        ways.append(again.ask(QUESTION, Free()).way)
        model.close()
        again.close()
    kinds = [request["response_format"]["type"] for request in server.requests]
    assert (kinds, ways) == (["json_schema", "json_object", "json_object", "json_object"], ["json_object"] * 3)
    assert "JSON Schema" in server.requests[1]["messages"][0]["content"]


def test_a_server_without_any_form_is_asked_in_words() -> None:
    asked = Asked(only_takes("prompt", GOOD)).answered(requests=3)
    assert "response_format" not in asked.server.requests[2] and asked.answer and asked.answer.way == "prompt"


def test_a_500_about_the_form_steps_down_at_once() -> None:
    Asked(only_takes("json_object", GOOD, code=500)).answered(requests=2)


def test_a_fixed_form_is_kept_to() -> None:
    Asked(only_takes("prompt", GOOD), structured_output="json_schema").failed(QuestionRefused, requests=1)
    Asked(only_takes("prompt", GOOD), structured_output="prompt").answered(requests=1)


def test_settings_that_a_model_does_not_take_are_left_out() -> None:
    def picky(handler: Any) -> None:
        request = handler.server.requests[-1]
        for name in ("temperature", "seed", "max_tokens"):
            if name in request:
                status(400, f"Unsupported parameter: '{name}'. Use 'max_completion_tokens' instead.")(handler)
                return
        handler.reply(200, completion(GOOD))

    assert "max_completion_tokens" in Asked(picky).answered(requests=4).server.requests[-1]


def test_a_server_that_refuses_everything_is_soon_left_alone() -> None:
    message = "temperature, seed, max_tokens, max_completion_tokens, response_format: no"
    Asked(status(400, message)).failed(QuestionRefused, requests=6)


# limits, keys, logs


def test_the_limit_is_asked_before_each_attempt_with_what_was_used() -> None:
    class Tight(Free):
        def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
            super().check(used, prompt_tokens, max_tokens)
            if used.tokens:
                raise LimitReached()

    tight = Tight()
    with misbehaving(says("nonsense")) as server:
        model = ServedModel(LanguageModel(model="m", base_url=server.url))
        with pytest.raises(LimitReached) as caught:
            model.ask(QUESTION, tight)
        model.close()
    assert len(server.requests) == 1 and caught.value.usage.tokens == 18
    assert [used for used, _, _ in tight.asked] == [0, 18]


@pytest.mark.parametrize("usage", [None, {}, "many", {"prompt_tokens": -5, "completion_tokens": 1}])
def test_tokens_that_nobody_told_are_estimated(usage: Any) -> None:
    answer = Asked(says(GOOD, usage=usage)).answered(requests=1).answer
    assert answer and answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_the_key_comes_from_the_named_variable_and_reaches_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OUR_KEY", "sk-canary-4711")
    with caplog.at_level(logging.DEBUG):
        asked = Asked(status(500), says(GOOD), api_key_env="OUR_KEY").answered(requests=2)
        failure = Asked(status(401, "bad key"), api_key_env="OUR_KEY").failure
    assert asked.server.headers[0]["authorization"] == "Bearer sk-canary-4711"
    assert "sk-canary" not in caplog.text and "sk-canary" not in str(failure)
    assert "127.0.0.1" in caplog.text


def test_a_key_for_openai_is_sent_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-4711")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    asked = Asked(says(GOOD)).answered(requests=1)
    assert "canary" not in json.dumps(asked.server.headers)


def test_a_missing_key_is_said_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUR_KEY", raising=False)
    failure = Asked(says(GOOD), api_key_env="OUR_KEY").failed(KeyRefused, requests=0).failure
    assert "OUR_KEY" in str(failure)

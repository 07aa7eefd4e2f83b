"""Asks a language model over the OpenAI chat API, whoever serves it. The only file that knows the package `openai`.

Retries have one owner, here (tenacity); the package's own are off. What a server can do is found out once and
remembered: how it is held to a form (JSON Schema, then a JSON object, then words), which settings it takes.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpx2
import openai
import tenacity
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, SecretStr, ValidationError

from ..domain.errors import UserError
from ..domain.language_model import LanguageModel
from .asking import (
    Allowance,
    Answer,
    CutOff,
    Declined,
    KeyRefused,
    ModelFailed,
    NotAnAnswer,
    Question,
    QuestionRefused,
    ServerTrouble,
    Usage,
    estimate_tokens,
    form_in_words,
    read_answer,
)
from .guarded_http import CONNECT_SECONDS, Deadline, GuardedTransport
from .model_habits import Habits
from .model_replies import Choice, Completion, NotTaken, TryAgain, broken, meaning_of
from .secret import secret_from

M = TypeVar("M", bound=BaseModel)
ATTEMPTS = 4
MOST_BYTES = 2_000_000
#: A server that wants us to wait longer is not waited for.
LONGEST_WAIT_SECONDS = 20.0
_log = logging.getLogger(__name__)


_OPENAI_HOST = "api.openai.com"
#: (address, model, form) -> what it takes; kept for as long as the process lives.
_HABITS: dict[tuple[str, str, str], Habits] = {}


def forget_habits() -> None:
    """As if no server had been asked before."""
    _HABITS.clear()


class ServedModel:
    """A model behind an address. For one thread at a time; it keeps no event loop and may outlive any."""

    def __init__(self, settings: LanguageModel, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = settings.model
        self.settings = settings
        self.sleep = sleep
        self.deadline = Deadline()
        way, is_openai = settings.structured_output, settings.host == _OPENAI_HOST
        self.habits = _HABITS.setdefault(
            (settings.base_url, settings.model, way),
            Habits(
                way="json_schema" if way == "auto" else way,
                may_step_down=way == "auto",
                token_word="max_completion_tokens" if is_openai else "max_tokens",
            ),
        )
        self._client: openai.OpenAI | None = None

    def ask(self, question: Question[M], allowance: Allowance) -> Answer[M]:
        """One question, with at most one repair of its answer. Raises ModelFailed, with what was used."""
        started, talk = time.monotonic(), _Talk(self, question, allowance)
        state = "answered"
        try:
            return talk.run()
        except ModelFailed as failure:
            failure.usage, state = talk.usage, failure.code
            raise
        finally:
            _log.info(
                "asked %s at %s for %s: %s after %d requests, %d tokens, %.1f s",
                self.name,
                self.settings.host,
                question.name,
                state,
                talk.usage.attempts,
                talk.usage.tokens,
                time.monotonic() - started,
            )

    def client(self) -> openai.OpenAI:
        """The package's client, made when first needed."""
        if self._client is None:
            key = self._key()
            ours: dict[str, Any] = {"Accept-Encoding": "identity"}
            if self.settings.host != _OPENAI_HOST:  # the package would send these to any server
                ours |= {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}
            self._client = openai.OpenAI(
                base_url=self.settings.base_url,
                api_key=key.get_secret_value(),
                max_retries=0,
                timeout=httpx2.Timeout(self.settings.timeout_seconds, connect=CONNECT_SECONDS),
                default_headers=ours,
                http_client=httpx2.Client(
                    transport=GuardedTransport(self.settings.base_url, self.deadline), follow_redirects=False
                ),
            )
        return self._client

    def _key(self) -> SecretStr:
        name = self.settings.key_name
        if name is None:
            return SecretStr("none")
        try:
            key = secret_from(name)
        except UserError as error:
            raise KeyRefused(str(error)) from None
        if not (key.get_secret_value().isascii() and key.get_secret_value().isprintable()):
            raise KeyRefused(f"the environment variable {name} holds something that can't be a key")
        return key

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class _Talk(Generic[M]):
    """One question on its way to an answer."""

    def __init__(self, server: ServedModel, question: Question[M], allowance: Allowance) -> None:
        self.server, self.question, self.allowance = server, question, allowance
        self.usage = Usage()
        self.max_tokens = question.max_tokens
        self.more: list[ChatCompletionMessageParam] = []
        self.until = time.monotonic() + server.settings.timeout_seconds

    def run(self) -> Answer[M]:
        failure: ModelFailed = NotAnAnswer()
        for _ in range(2):
            choice = self._reply()
            if choice.message.refusal is not None or choice.finish_reason == "content_filter":
                raise Declined()
            if choice.finish_reason == "length":
                failure = CutOff(f"the answer was cut off at {self.max_tokens} tokens, twice")
                self.max_tokens *= 2
                continue
            try:
                value = read_answer(choice.message.content or "", self.question.form)
            except ValueError as error:
                failure = NotAnAnswer(f"what came back has not the form that was asked for, twice ({error})")
                self._ask_for_repair(choice.message.content or "", str(error))
                continue
            return Answer(value, self.usage, self.server.habits.way)
        raise failure

    def _ask_for_repair(self, answer: str, problem: str) -> None:
        self.more = [
            {"role": "assistant", "content": answer[:4_000] or "(nothing)"},
            {"role": "user", "content": f"That does not fit: {problem}\n\n{form_in_words(self.question.form)}"},
        ]

    def _reply(self) -> Choice:
        while True:
            try:
                return self._with_retries()
            except NotTaken as reason:
                if not self.server.habits.adapt(str(reason)):
                    raise QuestionRefused(f"the model's server does not take the question: {reason}") from None

    def _with_retries(self) -> Choice:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            wait=_wait,
            stop=tenacity.stop_after_attempt(ATTEMPTS) | _OutOfTime(self.until),
            sleep=self.server.sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt)
        except TryAgain as last:
            raise last.failure from None

    def _attempt(self) -> Choice:
        request = self._request()
        prompt_tokens = sum(estimate_tokens(str(message.get("content"))) for message in request["messages"])
        self.allowance.check(self.usage, prompt_tokens, self.max_tokens)
        client = self.server.client()
        self.usage.attempts += 1
        self.server.deadline.start(self.until - time.monotonic(), MOST_BYTES)
        try:
            raw = client.chat.completions.with_raw_response.create(**request)
        except openai.APIStatusError as error:
            raise meaning_of(error.response) from None
        except (openai.OpenAIError, httpx2.HTTPError, OSError) as error:
            failure, may_have_cost = broken(error, self.server.settings.host, self.server.settings.timeout_seconds)
            if may_have_cost:
                self._count(prompt_tokens, self.max_tokens)
            raise failure from None
        return self._read(raw.http_response, prompt_tokens)

    def _request(self) -> dict[str, Any]:
        habits, question = self.server.habits, self.question
        system = question.system
        if habits.way != "json_schema":
            system += "\n\n" + form_in_words(question.form)
        request: dict[str, Any] = {
            "model": self.server.settings.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": question.user}, *self.more],
            habits.token_word: self.max_tokens,
            **habits.settings,
        }
        response_format = habits.response_format(question.form)
        return request if response_format is None else {**request, "response_format": response_format}

    def _read(self, response: httpx2.Response, prompt_tokens: int) -> Choice:
        kind = response.headers.get("content-type", "")
        if "json" not in kind:
            self._count(prompt_tokens, 0)
            raise QuestionRefused(
                f"{self.server.settings.host} answered with {kind or 'nothing that says what it is'} instead of JSON; "
                "is `base_url` right?"
            )
        try:
            completion = Completion.model_validate_json(response.content)
        except ValidationError:
            self._count(prompt_tokens, self.max_tokens)
            raise TryAgain(ServerTrouble("the model's server sent something that is no chat completion")) from None
        choice = completion.choices[0]
        told = completion.tokens
        if told is None:
            self._count(prompt_tokens, estimate_tokens(choice.message.content or ""))
        else:
            self._count(told.prompt_tokens, told.completion_tokens)
        return choice

    def _count(self, input_tokens: int, output_tokens: int) -> None:
        """Add what was used; what nobody told is counted as the most it can have been."""
        self.usage.input_tokens += input_tokens
        self.usage.output_tokens += output_tokens


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as the server says; else longer each time, with chance so that many do not come back at once."""
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, TryAgain) and error.after_seconds is not None:
        return error.after_seconds
    return tenacity.wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.25)(state)


class _OutOfTime(tenacity.stop.stop_base):
    """Stop where the next attempt would come after the deadline, or the server wants too long a wait."""

    def __init__(self, until: float) -> None:
        self.until = until

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        wait = retry_state.upcoming_sleep
        return wait > LONGEST_WAIT_SECONDS or time.monotonic() + wait >= self.until

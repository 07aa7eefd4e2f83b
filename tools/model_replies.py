"""What a model's server sends, read with care: chat completions, refusals with a status, broken connections."""

from typing import Any

import httpx2
from pydantic import BaseModel, Field, ValidationError

from .asking import KeyRefused, ModelFailed, NotReached, QuestionRefused, ServerTrouble, TooBusy, TooLong, TooSlow
from .guarded_http import TooMuch
from .model_habits import speaks_of_form


class Message(BaseModel):
    """What the model said, or that it declined."""

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    """One answer; `finish_reason` says why it ends."""

    message: Message
    finish_reason: str | None = None


class Tokens(BaseModel):
    """What the server says was used; nonsense is not believed."""

    prompt_tokens: int = Field(ge=0, le=10_000_000)
    completion_tokens: int = Field(ge=0, le=10_000_000)


class Completion(BaseModel):
    """A chat completion, as far as we need it."""

    choices: list[Choice] = Field(min_length=1)
    usage: Any = None

    @property
    def tokens(self) -> Tokens | None:
        try:
            return Tokens.model_validate(self.usage)
        except ValidationError:
            return None


class TryAgain(Exception):
    """An attempt failed in a way that may pass; `failure` is what it was."""

    def __init__(self, failure: ModelFailed, after_seconds: float | None = None) -> None:
        self.failure, self.after_seconds = failure, after_seconds
        super().__init__(str(failure))


class NotTaken(Exception):
    """The server does not take the request as it was written; the text is its reason."""


def meaning_of(response: httpx2.Response) -> Exception:
    """What a status other than success says, for us."""
    status, text = response.status_code, response.text[:2_000]
    if status in (401, 403):
        return KeyRefused(f"the model's server does not accept the key (HTTP {status})")
    if status == 404:
        return QuestionRefused("the model's server knows no such model or address (HTTP 404)")
    if status in (400, 413, 415, 422) or (status >= 500 and speaks_of_form(text)):
        return NotTaken(f"HTTP {status}: {_told(text)}")
    if status == 429:
        failure: ModelFailed = TooBusy("the model's server asks us to come back later (HTTP 429)")
    elif status in (408, 409) or status >= 500:
        failure = ServerTrouble(f"the model's server has trouble of its own (HTTP {status})")
    else:
        return QuestionRefused(f"the model's server answered with HTTP {status}")
    final = response.headers.get("x-should-retry") == "false" or "insufficient_quota" in text
    return failure if final else TryAgain(failure, _retry_after(response))


def _told(text: str) -> str:
    """The start of what a server says, on one line."""
    line = " ".join(text.split())
    return "".join(char for char in line if char.isprintable())[:200]


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that the server wants us to wait (RFC 9110 10.2.3, and OpenAI's own header in milliseconds)."""
    for header, unit in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
        try:
            seconds = float(response.headers.get(header, "")) / unit
        except ValueError:
            continue
        if 0 <= seconds < 1e6:
            return seconds
    return None


def broken(error: Exception, host: str, timeout_seconds: float) -> tuple[Exception, bool]:
    """What a broken connection means, and whether the question may have been answered, and so cost, nevertheless."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    if any(isinstance(cause, TooMuch) for cause in causes):
        return TooLong(), True
    if any(isinstance(cause, httpx2.ConnectError) for cause in causes):
        return TryAgain(NotReached(f"{host} can't be reached")), False
    if any(isinstance(cause, httpx2.TimeoutException) for cause in causes):
        return TooSlow(f"no answer within {timeout_seconds:g} s"), True
    return TryAgain(NotReached(f"the connection to {host} broke")), True

"""How a language model is asked and how it answers, whoever it is; and all that can go wrong, in plain words."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ..domain.errors import KizunaError

M = TypeVar("M", bound=BaseModel)
#: More than any honest answer of ours has.
LONGEST_ANSWER = 64_000
_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)
#: Reasoning models of several open families think aloud first.
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True)
class Question(Generic[M]):
    """What is asked, by whom and what for, and the form that the answer must have."""

    agent: str
    purpose: str
    system: str
    user: str
    form: type[M]
    max_tokens: int = 1_500

    @property
    def name(self) -> str:
        return f"{self.agent}/{self.purpose}"


@dataclass
class Usage:
    """What a question has used so far: requests sent, tokens in and out."""

    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class Answer(Generic[M]):
    """An answer that has its form, and how it was got."""

    value: M
    usage: Usage
    way: str


class Allowance(Protocol):
    """Says before each attempt whether it may still be made. Raises LimitReached where not."""

    def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
        """`used` so far for this question; then what the next attempt may take at most."""


class Model(Protocol):
    """Somebody who answers questions: a server, or a script."""

    name: str

    def ask(self, question: Question[M], allowance: Allowance) -> Answer[M]:
        """Raises ModelFailed, with what was used."""


class ModelFailed(KizunaError):
    """The language model gave no usable answer."""

    code: ClassVar[str] = "failed"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.usage = Usage()


class NotReached(ModelFailed):
    """The model's server can't be reached, or the connection broke."""

    code = "not_reached"


class TooSlow(ModelFailed):
    """The model did not answer within the time that the brief allows (`timeout_seconds`)."""

    code = "too_slow"


class TooBusy(ModelFailed):
    """The model's server has no capacity for us right now."""

    code = "too_busy"


class ServerTrouble(ModelFailed):
    """The model's server has trouble of its own."""

    code = "server_trouble"


class KeyRefused(ModelFailed):
    """The model's server does not accept the key."""

    code = "key_refused"


class QuestionRefused(ModelFailed):
    """The model's server does not accept the question as it was asked."""

    code = "question_refused"


class Declined(ModelFailed):
    """The model declined to answer."""

    code = "declined"


class CutOff(ModelFailed):
    """The answer was cut off before its end, twice."""

    code = "cut_off"


class NotAnAnswer(ModelFailed):
    """What came back has not the form that was asked for, twice."""

    code = "not_an_answer"


class TooLong(ModelFailed):
    """What came back is far longer than any answer should be."""

    code = "too_long"


class LimitReached(ModelFailed):
    """The brief's limit on what the model may use in a cycle is reached."""

    code = "limit_reached"


class Resting(ModelFailed):
    """The model failed several times in a row, so that it is not asked again in this cycle."""

    code = "resting"


def estimate_tokens(text: str) -> int:
    """Tokens of a text, rather too many than too few: a token for each three bytes, so one for a kanji."""
    return math.ceil(len(text.encode()) / 3) + 8


def read_answer(text: str, form: type[M]) -> M:
    """The JSON answer in a text, with or without a fence around it. Raises ValueError that says what is wrong."""
    if len(text) > LONGEST_ANSWER:
        raise ValueError(f"the answer has {len(text):,} characters")
    text = _THOUGHT.sub("", text)
    fenced = _FENCED.fullmatch(text)
    try:
        return form.model_validate_json(fenced[1] if fenced else text.strip())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[:3]
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the answer'}: {e['msg']}" for e in first)
        raise ValueError(places) from None


def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema that is sent. Lengths of texts are checked here instead: grammars of them are huge."""
    schema: dict[str, Any] = _without_lengths(form.model_json_schema())
    return schema


def form_in_words(form: type[BaseModel]) -> str:
    """What stands in the prompt where the server can't be held to a form."""
    schema = json.dumps(schema_of(form), ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one JSON object and nothing else. It must fit this JSON Schema:\n{schema}"


def _without_lengths(node: Any) -> Any:
    if isinstance(node, dict):
        left_out = {"minLength", "maxLength"} | ({"title"} if isinstance(node.get("title"), str) else set())
        return {key: _without_lengths(value) for key, value in node.items() if key not in left_out}
    return [_without_lengths(item) for item in node] if isinstance(node, list) else node

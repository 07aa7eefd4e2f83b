"""A model that answers from a script: to try the way through a model with no network, and for tests.

A script is a YAML file beside the brief (`base_url: script:answers.yaml`):

    answers:
      - for: analysis/findings         # who asks and what for
        when: renewal                  # only where the question holds this text; may be left out
        answer: {observations: []}     # or `text: …` as it is, or `fail: declined`

The first entry that fits is used; an entry with `once: true` is used once. What fits nothing is declined, and the
rules take over, as with any model that declines.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, model_validator

from ..domain.document import decode, read_model
from ..domain.errors import UserError
from ..domain.model import Frozen
from .asking import (
    Allowance,
    Answer,
    CutOff,
    Declined,
    KeyRefused,
    ModelFailed,
    NotAnAnswer,
    NotReached,
    Question,
    QuestionRefused,
    ServerTrouble,
    TooBusy,
    TooSlow,
    Usage,
    estimate_tokens,
    read_answer,
)

M = TypeVar("M", bound=BaseModel)
_FAILURES: dict[str, type[ModelFailed]] = {
    failure.code: failure
    for failure in (
        *(Declined, CutOff, KeyRefused, NotAnAnswer, NotReached, QuestionRefused, ServerTrouble, TooBusy, TooSlow),
    )
}


class Line(Frozen):
    """One scripted answer: a value, a text as it is, or a failure by its code."""

    purpose: Annotated[str, Field(alias="for", pattern=r"^[a-z]+/[a-z_]+$", examples=["content/wording"])]
    when: str = ""
    answer: dict[str, Any] | None = None
    text: str | None = None
    fail: str | None = None
    once: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Line":
        if sum(part is not None for part in (self.answer, self.text, self.fail)) != 1:
            raise ValueError("an entry has one of `answer`, `text` and `fail`")
        if self.fail is not None and self.fail not in _FAILURES:
            raise ValueError("`fail` is one of " + ", ".join(f"`{code}`" for code in _FAILURES))
        return self


class Script(Frozen):
    """The file's form: `answers:` and a list."""

    answers: tuple[Line, ...]


#: What a script can be in code: a function of the question. It gives a value or a text, or raises ModelFailed.
Speak = Callable[[Question[Any]], Any]


class ScriptedModel:
    """Answers from a script and remembers what it was asked."""

    def __init__(self, script: Speak | Sequence[Line], name: str = "scripted") -> None:
        self.name = name
        self._speak = script if callable(script) else _Reader(script)
        self.questions: list[Question[Any]] = []

    def ask(self, question: Question[M], allowance: Allowance) -> Answer[M]:
        """Like a served model: checked against the limits, one repair, tokens counted (estimated)."""
        usage = Usage()
        try:
            return self._ask(question, allowance, usage)
        except ModelFailed as failure:
            failure.usage = usage
            raise

    def _ask(self, question: Question[M], allowance: Allowance, usage: Usage) -> Answer[M]:
        prompt_tokens = estimate_tokens(question.system + question.user)
        for _ in range(2):
            allowance.check(usage, prompt_tokens, question.max_tokens)
            self.questions.append(question)
            usage.attempts += 1
            usage.input_tokens += prompt_tokens
            said = self._speak(question)
            text = said if isinstance(said, str) else _json(said)
            usage.output_tokens += estimate_tokens(text)
            try:
                return Answer(read_answer(text, question.form), usage, "script")
            except ValueError:
                continue
        raise NotAnAnswer()

    def close(self) -> None:
        """Nothing is open."""


class _Reader:
    """Finds the line for a question."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = list(lines)

    def __call__(self, question: Question[Any]) -> Any:
        for line in self._lines:
            if line.purpose == question.name and line.when in question.user:
                if line.once:
                    self._lines.remove(line)
                if line.fail is not None:
                    raise _FAILURES[line.fail]()
                return line.text if line.text is not None else _json(line.answer)
        raise Declined(f"the script has no answer for {question.name}")


def _json(answer: Any) -> str:
    value = answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer
    return json.dumps(value, ensure_ascii=False)


def read_script(path: Path) -> ScriptedModel:
    """The model of a script's file. Raises UserError or FaultyFile that says what is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"the script of answers {path} can't be read: {error.strerror}") from error
    script = read_model(Script, decode(raw, str(path)), str(path))
    return ScriptedModel(script.answers, name=f"script {path.name}")

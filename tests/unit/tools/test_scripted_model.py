"""The scripted model behaves like a served one: it counts, keeps to limits, and fails in the same ways."""

from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.errors import FaultyFile, UserError
from kizuna.tools.asking import Declined, LimitReached, NotAnAnswer, Question, TooBusy, Usage
from kizuna.tools.scripted_model import Line, ScriptedModel, read_script
from pydantic import BaseModel


class Reply(BaseModel):
    word: str


QUESTION = Question("content", "wording", "system", "about the survey", Reply)


class Free:
    def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
        """No limits."""


def lines(*entries: dict[str, Any]) -> ScriptedModel:
    return ScriptedModel([Line.model_validate({"for": "content/wording", **entry}) for entry in entries])


def test_the_first_line_that_fits_answers_and_the_question_is_remembered() -> None:
    model = lines({"when": "digest", "answer": {"word": "a"}}, {"when": "survey", "answer": {"word": "b"}})
    answer = model.ask(QUESTION, Free())
    assert (answer.value.word, answer.way, model.questions) == ("b", "script", [QUESTION])
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_a_line_for_once_is_used_once() -> None:
    model = lines({"answer": {"word": "a"}, "once": True}, {"answer": {"word": "b"}})
    assert [model.ask(QUESTION, Free()).value.word for _ in range(3)] == ["a", "b", "b"]


def test_a_wrong_answer_gets_one_repair() -> None:
    assert lines({"text": "no JSON", "once": True}, {"answer": {"word": "b"}}).ask(QUESTION, Free()).usage.attempts == 2
    with pytest.raises(NotAnAnswer) as caught:
        lines({"text": "no JSON"}).ask(QUESTION, Free())
    assert caught.value.usage.attempts == 2 and caught.value.usage.tokens > 0


def test_a_failure_is_the_one_that_the_script_names() -> None:
    with pytest.raises(TooBusy):
        lines({"fail": "too_busy"}).ask(QUESTION, Free())


def test_what_no_line_fits_is_declined() -> None:
    with pytest.raises(Declined):
        lines({"when": "nothing of the kind", "answer": {"word": "a"}}).ask(QUESTION, Free())


def test_limits_are_asked_before_each_try() -> None:
    class Tight(Free):
        def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
            if used.tokens:
                raise LimitReached()

    with pytest.raises(LimitReached) as caught:
        lines({"text": "no JSON"}).ask(QUESTION, Tight())
    assert caught.value.usage.attempts == 1


def test_a_script_can_be_a_function() -> None:
    assert ScriptedModel(lambda question: {"word": question.purpose}).ask(QUESTION, Free()).value.word == "wording"


def test_a_script_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("answers:\n  - for: content/wording\n    answer: {word: はい}\n", encoding="utf-8")
    model = read_script(path)
    assert (model.name, model.ask(QUESTION, Free()).value.word) == ("script answers.yaml", "はい")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("answers:\n  - for: content/wording\n", "one of `answer`, `text` and `fail`"),
        ("answers:\n  - {for: content/wording, fail: boom}\n", "`fail` is one of"),
        ("answers:\n  - {fro: content/wording, fail: declined}\n", "did you mean `for`"),
        ("- a\n", "answers.yaml"),
    ],
)
def test_a_faulty_script_is_explained(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyFile, match=told):
        read_script(path)


def test_a_script_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be read"):
        read_script(tmp_path / "none.yaml")

"""The surveys that mails lead to: a question, its answers and the words around them, in both languages.

One YAML file each in `surveys/`; a user's own folder is looked up before the packaged one.
"""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from ..domain.brief import Language
from ..domain.errors import Fault, FaultyFile
from ..domain.model import Frozen
from .catalogue import LANGUAGES, needs, survey_source

_ANSWER = "answer_"
_WHOLE = "survey"


class Scale(Frozen):
    """Numbers in a row, and what their two ends mean."""

    low: dict[Language, str]
    high: dict[Language, str]


class Survey(Frozen):
    """One question. `answers` are the names that playbooks branch by, with what the customer reads."""

    survey: str
    question: dict[Language, str]
    answers: dict[str, dict[Language, str]] = Field(min_length=2)
    scale: Scale | None = None
    words: dict[Language, str]

    @model_validator(mode="after")
    def _in_each_language(self) -> "Survey":
        texts = [self.question, self.words, *self.answers.values()]
        texts += [self.scale.low, self.scale.high] if self.scale is not None else []
        if any(not text.get(language) for text in texts for language in LANGUAGES):
            raise ValueError("every text needs words in each language: {ja: …, en: …}")
        return self


def load_survey(name: str, user_folder: Path | None = None) -> Survey | None:
    """The survey of this name; None where there is none. Raises FaultyFile with what is wrong in it."""
    text = survey_source(name, user_folder)
    return _parse(text, f"prompts/surveys/{name}.yaml") if text is not None else None


def survey_of_link(
    action: str, message: str, link: str, user_folder: Path | None = None
) -> tuple[Survey, str | None] | None:
    """The survey that a link of a message opens, and the answer that it points at; None where it opens something else.

    Raises WordsMissing where the message does not exist any more.
    """
    declared = needs(action, message, user_folder)
    if declared.survey is None or not (link == _WHOLE or link.startswith(_ANSWER)):
        return None
    survey = load_survey(declared.survey, user_folder)
    if survey is None:
        return None
    answer = link.removeprefix(_ANSWER) if link != _WHOLE else None
    return survey, answer if answer in survey.answers else None


@lru_cache(maxsize=64)
def _parse(text: str, name: str) -> Survey:
    try:
        return Survey.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        hint = "survey: name, question: {..}, answers: {name: {ja: .., en: ..}}, words: {..}"
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise FaultyFile([Fault(name, 0, "", told, hint)]) from error

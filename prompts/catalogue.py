"""Finds the words: which messages exist, what each needs, and the source of a template.

A user's own folder is looked up before the packaged one, file by file.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from ..domain.brief import Language
from ..domain.errors import Fault, FaultyFile, UserError
from ..domain.model import Frozen
from ..domain.playbook import Channel

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,47}")
LANGUAGES: tuple[Language, ...] = ("ja", "en")
STANDARD = "standard"
#: The name of the wording that a language model writes; it has no file.
BY_MODEL = "model"


class WordsMissing(UserError):
    """There is no such message; the text says which there are."""


class Needs(Frozen):
    """What a message needs: facts it can't do without, facts it uses when there, links with their labels.

    `survey` names the survey (surveys/<name>.yaml) that the links `survey` and `answer_<answer>` lead to.
    """

    facts: tuple[str, ...]
    optional: tuple[str, ...] = ()
    links: dict[str, dict[Language, str]] = Field(default_factory=dict)
    survey: str | None = None


def known_messages(user_folder: Path | None = None) -> list[tuple[str, str]]:
    """Every (action, message) with words, sorted."""
    return sorted(
        {
            (folder.name, message)
            for root in _roots(user_folder)
            for folder in _listed(root.joinpath("messages"))
            if folder.is_dir() and _NAME.fullmatch(folder.name)
            for message in _needs_file(root, folder.name)
        }
    )


def wordings(action: str, message: str, language: str, user_folder: Path | None = None) -> list[str]:
    """Every template of a message in a language: its variants, and the words of single channels, `standard` first."""
    _check_names(action, message, language)
    found = {
        entry.name[len(message) + 1 : -len(".j2")]
        for root in _roots(user_folder)
        for entry in _listed(root.joinpath("messages", action, language))
        if entry.name.startswith(f"{message}.") and entry.name.endswith(".j2")
    }
    return sorted(found, key=lambda name: (name != STANDARD, name))


def variants(action: str, message: str, language: str, user_folder: Path | None = None) -> list[str]:
    """The ways to put a message in a language, `standard` first; words of single channels are no variants."""
    return [name for name in wordings(action, message, language, user_folder) if channel_of(name) is None]


def channel_of(wording: str) -> Channel | None:
    """The channel that a template is kept for (`survey.letter.j2`, `survey.letter-short.j2`); None for a variant."""
    stem = wording.partition("-")[0]
    return Channel(stem) if stem in set(Channel) else None


def wording(
    action: str, message: str, variant: str, language: str, channel: Channel, user_folder: Path | None = None
) -> str:
    """The template for a channel: `letter-short`, else `letter`, else the variant `short` itself."""
    have = wordings(action, message, language, user_folder)
    wanted = (f"{channel.value}-{variant}", channel.value)
    return next((name for name in wanted if name in have), variant)


def needs(action: str, message: str, user_folder: Path | None = None) -> Needs:
    """What the message needs to be written."""
    _check_names(action, message)
    for root in _roots(user_folder):
        declared = _needs_file(root, action)
        if message in declared:
            return declared[message]
    raise WordsMissing(f"No message `{action}/{message}`. {_known(user_folder)}")


def source(action: str, message: str, variant: str, language: str, user_folder: Path | None = None) -> str:
    """The template's text."""
    _check_names(action, message, variant, language)
    path = f"messages/{action}/{language}/{message}.{variant}.j2"
    for root in _roots(user_folder):
        text = _read(root, path)
        if text is not None:
            return text
    have = ", ".join(variants(action, message, language, user_folder)) or "none"
    raise WordsMissing(f"No words at prompts/{path}. Variants in {language}: {have}")


def answers_of(survey: str, user_folder: Path | None = None) -> tuple[str, ...] | None:
    """The answers that a survey (surveys/<name>.yaml) offers, in its order; None where there is no such survey."""
    text = survey_source(survey, user_folder)
    if text is None:
        return None
    return tuple(str(answer) for answer in (yaml.safe_load(text) or {}).get("answers", ()))


def survey_source(survey: str, user_folder: Path | None = None) -> str | None:
    """The text of surveys/<name>.yaml; None where there is no such survey."""
    _check_names(survey)
    found = (_read(root, f"surveys/{survey}.yaml") for root in _roots(user_folder))
    return next((text for text in found if text is not None), None)


@cache
def footer_source(language: str) -> str:
    """The footer's template; the law wants it in every mail, so no folder replaces it."""
    _check_names(language)
    return _packaged().joinpath("footer", f"{language}.j2").read_text(encoding="utf-8")


@cache
def _packaged() -> Traversable:
    return files("kizuna.prompts")


def _roots(user_folder: Path | None) -> Iterator[Traversable]:
    if user_folder is not None:
        yield user_folder
    yield _packaged()


def _listed(folder: Traversable) -> list[Traversable]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _read(root: Traversable, path: str) -> str | None:
    """A file's text. The package's own files never change while it runs; a user's may."""
    return _read_packaged(path) if root is _packaged() else _read_now(root, path)


@cache
def _read_packaged(path: str) -> str | None:
    return _read_now(_packaged(), path)


def _read_now(root: Traversable, path: str) -> str | None:
    try:
        return root.joinpath(*path.split("/")).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _needs_file(root: Traversable, action: str) -> dict[str, Needs]:
    text = _read(root, f"messages/{action}/facts.yaml")
    return {} if text is None else _parse_needs(text, f"prompts/messages/{action}/facts.yaml")


@lru_cache(maxsize=256)
def _parse_needs(text: str, name: str) -> dict[str, Needs]:
    try:
        loaded: Any = yaml.safe_load(text)
        return {message: Needs.model_validate(value) for message, value in (loaded or {}).items()}
    except (yaml.YAMLError, ValidationError, AttributeError) as error:
        fault = Fault(name, 0, *_where(error), "message: {facts: [..], links: {..}}")
        raise FaultyFile([fault]) from error


def _where(error: Exception) -> tuple[str, str]:
    """The field that is wrong, where it is known, and what is wrong with it."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ".".join(str(part) for part in first["loc"]), first["msg"]
    return "", str(error).splitlines()[0]


def _check_names(*names: str) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise WordsMissing(f"{name!r} can't be the name of words: small letters, digits, `_` and `-`")


def _known(user_folder: Path | None) -> str:
    return "There are: " + ", ".join(f"{a}/{m}" for a, m in known_messages(user_folder))

"""Looks through the words of an action before anybody gets them: whole, in each language, and true to the facts.

Every template is written three times for a made-up customer: with all facts, with only those it can't do without,
and with figures of nought, so that each of its branches is read.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..domain.brief import Language
from ..domain.errors import Fault, FaultyFile, UserError
from ..domain.playbook import Action, Branch, Channel
from .catalogue import (
    BY_MODEL,
    LANGUAGES,
    STANDARD,
    Needs,
    answers_of,
    channel_of,
    needs,
    source,
    variants,
    wording,
    wordings,
)
from .claims import offer_terms
from .grounding import PEOPLE_AND_PLACES, check_words
from .rendering import Fact, Footer, Link, Rendered, render_message
from .templating import names_in

#: Subjects longer than this are cut off in the lists of common mail programs; full-width characters count as two.
LONGEST_SUBJECT: dict[Language, int] = {"ja": 60, "en": 60}
_OFFER = ("offer_price_jpy", "offer_discount_percent", "offer_points")
_PAGE = "https://pages.company.example"
_FOOTER = Footer(
    "Company (fictional)", "Somewhere", "hello@company.example", f"{_PAGE}/unsubscribe", f"{_PAGE}/preferences"
)
Samples = Mapping[Language, Mapping[str, Fact]]


def lint_words(
    action: Action, samples: Samples, user_folder: Path | None = None, languages: Sequence[Language] = LANGUAGES
) -> list[Fault]:
    """What is wrong with the words of an action. `samples` holds a plausible value for every fact that can be known."""
    faults: list[Fault] = []
    for message in action.messages:
        declared = _declared(action, message, user_folder)
        if isinstance(declared, Fault):
            faults.append(declared)
        else:
            faults += _Message(action, message, declared, samples, user_folder, tuple(languages)).faults()
    return [*faults, *_answers(action, user_folder), *_variants(action, user_folder, languages)]


def _declared(action: Action, message: str, user_folder: Path | None) -> Needs | Fault:
    try:
        return needs(action.action, message, user_folder)
    except FaultyFile as error:
        return error.faults[0]
    except UserError:
        hint = f"add `{message}:` with its `facts:` to {_facts_file(action)}"
        return Fault(_facts_file(action), 0, message, "the message declares no facts", hint)


def _variants(action: Action, user_folder: Path | None, languages: Sequence[Language]) -> Iterator[Fault]:
    """Wordings can only be tried against one another where they are written."""
    message = action.messages[0]
    for language in languages:
        have = variants(action.action, message, language, user_folder)
        for name in action.variants:
            if name not in (*have, BY_MODEL):
                path = f"prompts/messages/{action.action}/{language}/{message}.{name}.j2"
                hint = f"write it, or name one of: {', '.join(have)}"
                yield Fault(path, 0, "variants", f"`variants` names {name!r}, and there are no such words", hint)


def _answers(action: Action, user_folder: Path | None) -> Iterator[Fault]:
    """A branch can only go by answers that the survey offers."""
    arms = [arm for step in action.steps if isinstance(step, Branch) for arm in step.branch]
    wanted = [arm.answer for arm in arms if arm.answer is not None]
    asked = [_declared(action, message, user_folder) for message in action.messages]
    surveys = [found.survey for found in asked if isinstance(found, Needs) and found.survey]
    if wanted and not surveys:
        yield Fault(_facts_file(action), 0, "survey", "the action branches by an answer, but no message asks a survey")
    for survey in surveys[:1]:
        offered = answers_of(survey, user_folder)
        for answer in wanted:
            if offered is not None and answer not in offered:
                yield Fault(action.action, 0, "steps", f"the survey `{survey}` has no answer {answer!r}")


def _facts_file(action: Action) -> str:
    return f"prompts/messages/{action.action}/facts.yaml"


def write_sample(
    action: Action,
    message: str,
    name: str,
    language: Language,
    facts: Mapping[str, Fact],
    user_folder: Path | None = None,
) -> Rendered:
    """The message in one of its wordings, over the channel that this wording is for, with links that lead nowhere."""
    own = channel_of(name)
    variant = (name.partition("-")[2] or STANDARD) if own else name
    ways = [own] if own else [action.channel_of(message, channel) for channel in action.channels]
    fits = (way for way in ways if wording(action.action, message, variant, language, way, user_folder) == name)
    declared = needs(action.action, message, user_folder)
    links = {link: Link("", f"{_PAGE}/go/{link}") for link in declared.links}
    return render_message(
        action.action,
        message,
        variant,
        language,
        facts,
        links,
        footer=_FOOTER,
        channel=next(fits, ways[0]),
        user_folder=user_folder,
    )


class _Message:
    """One message in all its wordings."""

    def __init__(
        self,
        action: Action,
        message: str,
        declared: Needs,
        samples: Samples,
        folder: Path | None,
        languages: tuple[Language, ...],
    ) -> None:
        self.action, self.message, self.declared = action, message, declared
        self.samples, self.folder, self.languages = samples, folder, languages
        self.fault = partial(Fault, _facts_file(action), 0, message)

    def faults(self) -> list[Fault]:
        found = list(self._declaration())
        is_sound = not found  # words are read against a sound declaration only
        have = {at: wordings(self.action.action, self.message, at, self.folder) for at in self.languages}
        for language, names in have.items():
            found += self._missing(language, names)
            for name in names if is_sound else ():
                found += self._template(language, name)
            found += self._unused(language, names)
        return found + list(self._differences(have))

    def _declaration(self) -> Iterator[Fault]:
        known = set(next(iter(self.samples.values())))
        for name in self._facts():
            if name not in known:
                yield self.fault(f"nothing is known by the name `{name}`", "`kizuna playbooks --facts` lists all facts")
        for name, labels in self.declared.links.items():
            for language in self.languages:
                if not labels.get(language):
                    yield self.fault(f"the link `{name}` has no label in {language!r}")
        answers = answers_of(self.declared.survey, self.folder) if self.declared.survey else None
        if self.declared.survey and answers is None:
            hint = f"add prompts/surveys/{self.declared.survey}.yaml"
            yield self.fault(f"there is no survey `{self.declared.survey}`", hint)
        for link in self.declared.links:
            code = link.removeprefix("answer_")
            if code != link and self.declared.survey is None:
                yield self.fault(
                    f"the link `{link}` is an answer to a survey that is not named", "add `survey: <name>`"
                )
            elif code != link and answers is not None and code not in answers:
                yield self.fault(f"the survey `{self.declared.survey}` has no answer {code!r}")

    def _facts(self) -> tuple[str, ...]:
        return self.declared.facts + self.declared.optional

    def _missing(self, language: Language, names: Collection[str]) -> Iterator[Fault]:
        if STANDARD not in names:
            hint = f"add {self._file(language, STANDARD)}"
            yield self.fault(f"the message has no words in {language!r}", hint)
        used = {self.action.channel_of(self.message, channel) for channel in self.action.channels}
        for channel in sorted(used) if len(used) > 1 else ():
            if channel in _OWN_FORM and channel.value not in names:
                hint = f"add {self._file(language, channel.value)}"
                yield self.fault(f"over `{channel.value}` it would be the words of a mail, in {language!r}", hint)

    def _file(self, language: Language, name: str) -> str:
        return f"prompts/messages/{self.action.action}/{language}/{self.message}.{name}.j2"

    def _template(self, language: Language, name: str) -> Iterator[Fault]:
        fault = partial(Fault, self._file(language, name), 0, "")
        try:
            used, links = self._used(language, name)
            for unknown in sorted(used - set(self._facts())):
                yield fault(f"the fact `{unknown}` is not declared", f"add it to {_facts_file(self.action)}")
            if used <= set(self._facts()) and links <= set(self.declared.links):
                problems = [p for facts in self._cases(language) for p in self._problems(language, name, facts)]
                yield from (fault(problem) for problem in dict.fromkeys(problems))
        except UserError as error:
            yield fault(str(error).removeprefix(f"{self._file(language, name)}: "))

    def _used(self, language: Language, name: str) -> tuple[set[str], set[str]]:
        text = source(self.action.action, self.message, name, language, self.folder)
        return names_in(text, language, self._file(language, name))

    def _cases(self, language: Language) -> Iterator[dict[str, Fact]]:
        sample = {name: value for name, value in self.samples[language].items() if name in self._facts()}
        own = offer_terms(self.action.offer)
        yield sample
        yield {name: value for name, value in sample.items() if name in self.declared.facts} | own
        nought = {
            name: 0 for name, value in sample.items() if isinstance(value, (int, float)) and name not in _PROMISED
        }
        yield {**{k: v for k, v in sample.items() if k not in _OFFER}, **nought, "fitting_size": "larger", **own}

    def _problems(self, language: Language, name: str, facts: Mapping[str, Fact]) -> Iterator[str]:
        mail = write_sample(self.action, self.message, name, language, facts, self.folder)
        yield from check_words(mail.text, mail.subject, mail.facts, mail.links_used, language="en")
        if (width := _width(mail.subject)) > LONGEST_SUBJECT[language]:
            yield f"the subject is too long: {width} of {LONGEST_SUBJECT[language]} columns ({mail.subject})"

    def _unused(self, language: Language, names: Collection[str]) -> Iterator[Fault]:
        try:
            used = [self._used(language, name) for name in names]
        except UserError:
            return  # the template's own fault says so
        facts = set().union(*(facts for facts, _ in used))
        links = set().union(*(links for _, links in used))
        unused = [name for name in self._facts() if name not in facts and name not in PEOPLE_AND_PLACES]
        for name in unused if names else ():
            yield self.fault(f"the fact `{name}` is declared, but no words in {language!r} use it")
        for name in [name for name in self.declared.links if name not in links] if names else ():
            yield self.fault(f"the link `{name}` is declared, but no words in {language!r} use it")

    def _differences(self, have: Mapping[Language, Collection[str]]) -> Iterator[Fault]:
        """The languages say the same: the same wordings, with the same figures and links."""
        first, *others = self.languages
        for other in others:
            for name in sorted((set(have[first]) ^ set(have[other])) - {STANDARD}):
                lacking = other if name in have[first] else first
                yield self.fault(f"the words `{name}` are missing in {lacking!r}", f"add {self._file(lacking, name)}")
            for name in sorted(set(have[first]) & set(have[other])):
                yield from self._difference(name, first, other)

    def _difference(self, name: str, one: Language, other: Language) -> Iterator[Fault]:
        try:
            (facts, links), (other_facts, other_links) = self._used(one, name), self._used(other, name)
        except UserError:
            return
        odd = sorted(((facts ^ other_facts) - set(PEOPLE_AND_PLACES)) | (links ^ other_links))
        if odd:
            yield self.fault(f"`{name}` does not say the same in {one!r} and {other!r}: {', '.join(odd)}")


#: Channels whose words take another form than a mail's.
_OWN_FORM = frozenset({Channel.LETTER, Channel.STAFF_TASK, Channel.AUDIENCE})
#: What the action promises is never nought.
_PROMISED = frozenset({*_OFFER, "discretion_jpy"})


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)

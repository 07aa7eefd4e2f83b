"""A language model as a reasoner. What it says is checked; where that fails, the rules stand in and it is said why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ...domain.brief import Language
from ...domain.playbook import Lever
from ...prompts.claims import unbacked_claims
from ...prompts.figures import normal
from ...prompts.grounding import check_words
from ...prompts.masking import StrangeToken
from ...prompts.questions import Prompt, fill_prompt
from ...prompts.slots import SlotWords, problems
from ...tools.asking import Answer, Model, ModelFailed, Question
from .protocol import (
    Aggregates,
    Observation,
    Plain,
    Proposal,
    Proposed,
    Reasoner,
    Record,
    Said,
    Task,
    Worded,
)
from .showing import facts_in, shown_findings
from .tasks import draft_prompt, wording_prompt

M = TypeVar("M", bound=BaseModel)
_MOST_OBSERVATIONS = 4
_SENTENCES = 600
NOT_GROUNDED = "not_grounded"


class _Form(BaseModel):
    """An answer's form: nothing beyond its fields."""

    model_config = ConfigDict(extra="forbid")


class ObservationForm(_Form):
    """One observation as a model writes it."""

    cites: list[str]
    en: Annotated[str, Field(max_length=_SENTENCES)]
    ja: Annotated[str, Field(max_length=_SENTENCES)]


class Observations(_Form):
    """What a model says about findings."""

    observations: Annotated[list[ObservationForm], Field(max_length=_MOST_OBSERVATIONS)]


class ProposalForm(_Form):
    """What a model proposes."""

    leave_out: list[str]
    levers: list[str]
    explore: list[str]
    rationale_en: Annotated[str, Field(max_length=2 * _SENTENCES)]
    rationale_ja: Annotated[str, Field(max_length=2 * _SENTENCES)]


class WordsForm(_Form):
    """A message as a model words it."""

    subject: Annotated[str, Field(max_length=300)]
    body: Annotated[str, Field(max_length=8_000)]


class Asks(Protocol):
    """Puts a question to a model within the brief's limits."""

    model: Model

    def ask(self, question: Question[M]) -> Answer[M]:
        """Raises ModelFailed."""


@dataclass
class ByModel:
    """Asks the model behind the meter; `rules` answer where it can't."""

    meter: Asks
    rules: Reasoner
    prompts: Path | None = None

    def say_findings(self, goal: str, findings: Sequence[Plain]) -> Said:
        shown = shown_findings(findings)
        prompt = fill_prompt("analysis", "findings", {"findings": shown}, {"goal": goal}, folder=self.prompts)
        try:
            answer = self._ask(prompt, "analysis", "findings", Observations)
        except ModelFailed as failure:
            return replace(self.rules.say_findings(goal, findings), record=self._stood_in(prompt, failure))
        by_id: dict[str, Plain] = {finding["id"]: finding for finding in shown}
        kept, notes = [], []
        for said in answer.value.observations:
            wrong = _wrong_with(said, by_id)
            if wrong:
                notes.append(wrong)
            else:
                kept.append(Observation(cites=tuple(said.cites), text={"en": said.en, "ja": said.ja}))
        return Said(tuple(kept), self._record(prompt, answer, notes))

    def propose(self, aggregates: Aggregates) -> Proposed:
        prompt = fill_prompt("strategy", "proposal", aggregates.data, {"goal": aggregates.goal}, folder=self.prompts)
        try:
            answer = self._ask(prompt, "strategy", "proposal", ProposalForm)
        except ModelFailed as failure:
            return replace(self.rules.propose(aggregates), record=self._stood_in(prompt, failure))
        proposal, notes = _bounded(answer.value, aggregates)
        return Proposed(proposal, self._record(prompt, answer, notes))

    def write_words(self, task: Task) -> Worded:
        """Asked twice at most: the second time with what was wrong with the first."""
        purpose = "wording" if task.customer is None else "draft"
        prompt = (wording_prompt if task.customer is None else draft_prompt)(task, self.prompts)
        wrong: Sequence[str] = ()
        tokens = 0
        for _ in range(2):
            try:
                answer = self._ask(_told_again(prompt, wrong), "content", purpose, WordsForm)
            except ModelFailed as failure:
                record = self._stood_in(prompt, failure)
                return Worded(None, replace(record, tokens=record.tokens + tokens))
            tokens += answer.usage.tokens
            words, wrong = _checked(answer.value, task)
            record = replace(self._record(prompt, answer, ()), tokens=tokens)
            if words is not None:
                return Worded(words, record)
        # Of a customer's own draft nothing is put on record: what is wrong with it may name them.
        told = "; ".join(wrong[:3]) if task.customer is None else ""
        return Worded(None, replace(record, by="rules", why=NOT_GROUNDED, told=told))

    def _ask(self, prompt: Prompt, agent: str, purpose: str, form: type[M]) -> Answer[M]:
        return self.meter.ask(Question(agent, purpose, prompt.system, prompt.user, form))

    def _record(self, prompt: Prompt, answer: Answer[M], notes: Sequence[str]) -> Record:
        return Record(
            by="model",
            model=self.meter.model.name,
            prompt=prompt.version,
            way=answer.way,
            tokens=answer.usage.tokens,
            notes=tuple(notes),
        )

    def _stood_in(self, prompt: Prompt, failure: ModelFailed) -> Record:
        return Record(
            by="rules",
            model=self.meter.model.name,
            prompt=prompt.version,
            tokens=failure.usage.tokens,
            why=failure.code,
            told=str(failure),
        )


def _wrong_with(said: ObservationForm, findings: Mapping[str, Plain]) -> str:
    """Why an observation is dropped; '' where it holds."""
    if not said.cites or any(ident not in findings for ident in said.cites):
        return "an observation cites no finding, or one that is not there"
    facts = facts_in(findings[ident] for ident in said.cites)
    texts: dict[Language, str] = {"en": said.en, "ja": said.ja}
    for language, text in texts.items():
        wrong = _ungrounded(text, facts, language)
        if wrong:
            return wrong
    return ""


def _ungrounded(text: str, facts: Plain, language: Language) -> str:
    if not text.strip() or "\n\n\n" in text:
        return "a text is empty"
    promises = unbacked_claims(normal(text), facts, language)  # our own people read this: they may talk of discounts
    wrong = check_words(text, "", facts, (), language=language)
    return next((problem for problem in wrong if problem not in promises), "")


def _bounded(said: ProposalForm, aggregates: Aggregates) -> tuple[Proposal, list[str]]:
    """The proposal as far as the brief knows its names, and what was left aside. Something must be left to do."""
    notes = [
        f"left aside, since it is not allowed here: {name[:60]}"
        for name in (*said.leave_out, *said.explore)
        if name not in aggregates.actions
    ]
    known = {lever.value: lever for lever in aggregates.levers}
    notes += [f"left aside, since it is no lever here: {name[:60]}" for name in said.levers if name not in known]
    leave_out = tuple(name for name in aggregates.actions if name in said.leave_out)
    if leave_out and len(leave_out) == len(aggregates.actions):
        leave_out, notes = (), [*notes, "left aside: it would leave out every action"]
    levers: tuple[Lever, ...] = tuple(known[name] for name in dict.fromkeys(said.levers) if name in known)
    explore = tuple(n for n in aggregates.actions if n in said.explore and n not in leave_out)
    texts: dict[Language, str] = {"en": said.rationale_en, "ja": said.rationale_ja}
    facts = facts_in([aggregates.data])
    wrong = next((why for language, text in texts.items() if (why := _ungrounded(text, facts, language))), "")
    rationale = {} if wrong else texts
    return (
        Proposal(leave_out=leave_out, levers=levers, explore=explore, rationale=rationale),
        [*notes, *([f"the rationale is not shown: {wrong}"] if wrong else [])],
    )


def _checked(said: WordsForm, task: Task) -> tuple[SlotWords | None, Sequence[str]]:
    """The words where nothing is wrong with them, with a customer's own values back in place; else what is wrong."""
    words = SlotWords(subject=said.subject.strip(), body=said.body.strip())
    is_draft = task.customer is not None
    wrong: Sequence[str] = problems(words, task.slots, task.language, own_figures=is_draft)
    if wrong:
        return None, wrong
    if task.customer is not None:
        masker = task.customer.masker
        try:
            restored = SlotWords(subject=masker.restore(words.subject), body=masker.restore(words.body))
        except StrangeToken as error:
            return None, [str(error)]
        if restored.named() != words.named():
            return None, ["a value on the customer's record looks like a slot"]
        words = restored
    wrong = task.check(words)
    return (None, wrong) if wrong else (words, ())


def _told_again(prompt: Prompt, wrong: Sequence[str]) -> Prompt:
    if not wrong:
        return prompt
    listed = "\n".join(f"- {problem}" for problem in wrong[:8])
    return replace(prompt, user=f"{prompt.user}\n\nYour last text could not be used:\n{listed}\nWrite it again.")

"""Counts what a model uses against the brief's limits: in the store, so that a restart forgets nothing."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from ...domain.language_model import LanguageModel
from ...store import model_calls
from ...store.model_calls import Used
from ...tools.asking import (
    Answer,
    Declined,
    LimitReached,
    Model,
    ModelFailed,
    Question,
    Resting,
    Usage,
    estimate_tokens,
)
from ..workspace import Workspace

M = TypeVar("M", bound=BaseModel)
#: So many failures one after another, and the model is left alone for the rest of the cycle. To decline is no failure.
FAILURES_TO_REST = 3
ANSWERED = "answered"


@dataclass
class _Allowance:
    """What is left of a cycle's limits for one question."""

    settings: LanguageModel
    before: Used

    def check(self, used: Usage, prompt_tokens: int, max_tokens: int) -> None:
        limits = self.settings.limits
        tokens = self.before.tokens + used.tokens + prompt_tokens + max_tokens
        if tokens > limits.tokens_per_cycle:
            raise LimitReached(f"the limit of {limits.tokens_per_cycle:,} tokens a cycle is reached")
        cost = self.before.cost_jpy + self.settings.cost_jpy(
            used.input_tokens + prompt_tokens, used.output_tokens + max_tokens
        )
        if limits.cost_per_cycle is not None and cost > limits.cost_per_cycle:
            raise LimitReached(f"the limit of {limits.cost_per_cycle:,.0f} JPY a cycle is reached")


@dataclass
class Meter:
    """Asks a model within the limits of one campaign's cycle."""

    workspace: Workspace
    cycle: int
    settings: LanguageModel
    model: Model
    may_rest: bool = True

    def ask(self, question: Question[M]) -> Answer[M]:
        """Raises ModelFailed; what was used is on record either way."""
        prompt_tokens = estimate_tokens(question.system + question.user)
        allowance, call = self._begin(question, prompt_tokens)
        try:
            answer = self.model.ask(question, allowance)
        except ModelFailed as failure:
            self._end(call, failure.code, failure.usage)
            raise
        self._end(call, ANSWERED, answer.usage)
        return answer

    def _begin(self, question: Question[M], prompt_tokens: int) -> tuple[_Allowance, int]:
        """Check and set aside in one transaction, so that two processes can't both take the last tokens."""
        name = self.workspace.brief.name
        with self.workspace.store.write() as session:
            lately = model_calls.last_states(session, name, self.cycle, FAILURES_TO_REST, besides=Declined.code)
            if self.may_rest and len(lately) == FAILURES_TO_REST and ANSWERED not in lately:
                raise Resting()
            allowance = _Allowance(self.settings, model_calls.used(session, name, self.cycle))
            allowance.check(Usage(), prompt_tokens, question.max_tokens)
            values = {
                "campaign": name,
                "cycle": self.cycle,
                "agent": question.agent,
                "purpose": question.purpose,
                "model": self.model.name,
                "prompt_tokens": prompt_tokens,
                "completion_tokens": question.max_tokens,
                "cost_jpy": self.settings.cost_jpy(prompt_tokens, question.max_tokens),
                "called_at": self.workspace.clock.now(),
            }
            return allowance, model_calls.begin_call(session, values)

    def _end(self, call: int, state: str, usage: Usage) -> None:
        with self.workspace.store.write() as session:
            model_calls.end_call(
                session,
                call,
                state,
                attempts=usage.attempts,
                prompt_tokens=usage.input_tokens,
                completion_tokens=usage.output_tokens,
                cost_jpy=self.settings.cost_jpy(usage.input_tokens, usage.output_tokens),
            )

"""The use case behind `kizuna model check`: one small question to the brief's model, within its limits."""

import time
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ..agents.reasoning.meter import Meter
from ..agents.reasoning.opening import open_model
from ..agents.workspace import Workspace
from ..domain.language_model import LanguageModel
from ..prompts.questions import fill_prompt
from ..store import campaigns, model_calls
from ..store.model_calls import Used
from ..tools.asking import ModelFailed, Question, Usage


class Readiness(BaseModel):
    """The answer's form: one word and one number."""

    model_config = ConfigDict(extra="forbid")

    word: Literal["ready", "busy"]
    number: int


@dataclass(frozen=True)
class Checked:
    """What came of the question; `used` is what this cycle has used with it."""

    settings: LanguageModel
    ok: bool
    seconds: float
    usage: Usage
    used: Used
    way: str = ""
    why: str = ""
    told: str = ""

    @property
    def cost_jpy(self) -> float:
        return self.settings.cost_jpy(self.usage.input_tokens, self.usage.output_tokens)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "model": self.settings.model,
            "host": self.settings.host,
            "is_local": self.settings.is_local,
            "way": self.way,
            "why": self.why,
            "told": self.told,
            "seconds": round(self.seconds, 2),
            "requests": self.usage.attempts,
            "tokens": self.usage.tokens,
            "cost_jpy": self.cost_jpy,
            "cycle": vars(self.used),
        }


def check_model(workspace: Workspace, settings: LanguageModel) -> Checked:
    """Ask the model. Never raises for what the model or its server does; the call counts against the limits."""
    cycle = _cycle(workspace)
    meter = Meter(workspace, cycle, settings, open_model(workspace, settings), may_rest=False)
    prompt = fill_prompt("model", "check", {})
    started = time.monotonic()
    way = why = told = ""
    try:
        answer = meter.ask(Question("model", "check", prompt.system, prompt.user, Readiness, max_tokens=200))
        way, usage = answer.way, answer.usage
    except ModelFailed as failure:
        why, told, usage = failure.code, str(failure), failure.usage
    seconds = time.monotonic() - started
    with workspace.store.read() as session:
        used = model_calls.used(session, workspace.brief.name, cycle)
    return Checked(settings, not why, seconds, usage, used, way, why, told)


def _cycle(workspace: Workspace) -> int:
    """The campaign's cycle now; before it starts, 0."""
    with workspace.store.read() as session:
        row = campaigns.campaign(session, workspace.brief.name)
    return row.cycle if row is not None else 0

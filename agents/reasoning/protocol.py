"""What a reasoner can be asked for, and how it answers: findings said, a plan proposed, words written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import Field

from ...domain.brief import Language
from ...domain.model import Frozen
from ...domain.playbook import Action, Lever
from ...prompts.masking import Masker
from ...prompts.rendering import Fact
from ...prompts.slots import Slots, SlotWords

#: A figure's name and value, or plain data made of them; never an object that can do something.
Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """Who reasoned, and why not the other one. `why` is a code (`too_slow`, `not_grounded` …), `told` its sentence."""

    by: Literal["rules", "model"]
    model: str = ""
    prompt: str = ""
    way: str = ""
    tokens: int = 0
    why: str = ""
    told: str = ""
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it is stored; what says nothing is left out."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {name: value for name, value in plain.items() if value}


class Observation(Frozen):
    """What stands out, in both languages, with the ids of the findings it rests on."""

    cites: tuple[str, ...]
    text: dict[Language, str]


@dataclass(frozen=True)
class Said:
    """What a reasoner says about findings; by rules nothing, since each finding has its own words already."""

    observations: tuple[Observation, ...]
    record: Record


class Proposal(Frozen):
    """How the engine should plan: within the brief, since it names allowed actions and known levers only."""

    leave_out: tuple[str, ...] = ()
    levers: tuple[Lever, ...] = ()
    explore: tuple[str, ...] = ()
    rationale: dict[Language, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Proposed:
    """A proposal and who made it; by rules an empty one, since the engine's plan is theirs."""

    proposal: Proposal
    record: Record


@dataclass(frozen=True)
class Aggregates:
    """What may be shown of a plan: totals only. `actions` and `levers` are the names that a proposal may use."""

    goal: str
    data: Plain
    actions: tuple[str, ...]
    levers: tuple[Lever, ...]


@dataclass(frozen=True)
class Customer:
    """One customer's facts, for one draft of their own. `free_text` is masked already, and empty unless allowed."""

    facts: Mapping[str, Fact]
    masker: Masker
    free_text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A message to be worded: for many customers with slots, or for one (`customer`) as a draft."""

    action: Action
    message: str
    language: Language
    reference: str
    slots: Slots
    company: str
    #: What is wrong with the words once they are rendered; nothing wrong gives an empty list.
    check: Callable[[SlotWords], Sequence[str]] = field(default=lambda _words: ())
    customer: Customer | None = None


@dataclass(frozen=True)
class Worded:
    """Words for a message; None means: the template's own."""

    words: SlotWords | None
    record: Record


class Reasoner(Protocol):
    """Reasons for one agent in one cycle. Never raises for a model's failure: the rules stand in, and it says so."""

    def say_findings(self, goal: str, findings: Sequence[Plain]) -> Said:
        """What stands out in the findings."""

    def propose(self, aggregates: Aggregates) -> Proposed:
        """What to try in this cycle."""

    def write_words(self, task: Task) -> Worded:
        """The words of one message."""

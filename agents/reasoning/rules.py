"""The rules as a reasoner: no network, no key, the same answer every time."""

from collections.abc import Sequence

from .protocol import Aggregates, Plain, Proposal, Proposed, Record, Said, Task, Worded

BY_RULES = Record(by="rules")


class Rules:
    """Findings speak for themselves, the engine's plan is the plan, and the templates hold the words."""

    def say_findings(self, goal: str, findings: Sequence[Plain]) -> Said:
        return Said((), BY_RULES)

    def propose(self, aggregates: Aggregates) -> Proposed:
        return Proposed(Proposal(), BY_RULES)

    def write_words(self, task: Task) -> Worded:
        return Worded(None, BY_RULES)

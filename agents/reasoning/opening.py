"""Which reasoner an agent has in a cycle, as the brief says."""

from typing import Any

from ...domain.errors import UserError
from ...domain.language_model import LanguageModel, ReasoningAgent
from ...store import campaigns
from ...tools.asking import Model, Question, QuestionRefused
from ..workspace import Workspace
from .by_model import ByModel
from .meter import Meter
from .protocol import Reasoner, Record
from .rules import Rules


def reasoner_for(workspace: Workspace, agent: ReasoningAgent, cycle: int) -> Reasoner:
    """The model where the brief gives this agent one, with the rules behind it; else the rules."""
    settings = workspace.brief.reasoner
    if isinstance(settings, str) or agent not in settings.agents:
        return Rules()
    return ByModel(Meter(workspace, cycle, settings, open_model(workspace, settings)), Rules(), workspace.own_words)


def open_model(workspace: Workspace, settings: LanguageModel) -> Model:
    """The model of a brief: a server's, or a script beside the brief. Nothing is asked yet."""
    if settings.script is None:
        from ...tools.language_model import ServedModel  # loaded where a model is used at all

        return ServedModel(settings)
    from ...tools.scripted_model import ScriptedModel, read_script

    try:
        return read_script(workspace.folder / settings.script)
    except UserError as error:  # the campaign goes on by rules, and says why
        refusal = QuestionRefused(str(error))

        def refuse(_question: Question[Any]) -> Any:
            raise refusal

        return ScriptedModel(refuse, name=settings.base_url)


def tell(workspace: Workspace, agent: ReasoningAgent, record: Record) -> None:
    """Say who reasoned, where a model was meant to."""
    if record.by == "model":
        workspace.tell("reasoned_by_model", agent=agent, model=record.model, tokens=record.tokens)
    elif record.why:
        workspace.tell("rules_stood_in", agent=agent, model=record.model, model_failure=record.why)


def keep_reasoning(workspace: Workspace, cycle: int, agent: ReasoningAgent, value: dict[str, Any]) -> None:
    """Put an agent's reasoning on record with its cycle; a node that runs again replaces what it kept."""
    with workspace.store.write() as session:
        row = campaigns.cycle(session, workspace.brief.name, cycle)
        assert row is not None, "the cycle is opened before anybody reasons in it"
        row.reasoning = {**row.reasoning, agent: value}
        session.add(row)

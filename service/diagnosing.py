"""The diagnosis of a workspace's sources, with what its pages say besides the figures."""

from dataclasses import dataclass, field

from ..agents.diagnosing import diagnose_workspace
from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..domain.diagnosis import Diagnosis


@dataclass(frozen=True)
class Told:
    """Whose diagnosis it is."""

    campaign: str
    unit: str  #: `account` or `person`
    company: dict[Language, str] = field(default_factory=dict)
    fictional: bool = False


def diagnose_sources(workspace: Workspace) -> tuple[Diagnosis, Told]:
    """What is in the sources today, and what they lack for the brief's actions. Reads only."""
    brief = workspace.brief
    is_example = (workspace.folder / "world").is_dir()
    return diagnose_workspace(workspace), Told(brief.name, brief.unit, brief.voice.company, is_example)

"""The campaign's graph as it is wired, and where its thread stands: for the inbox to draw."""

from dataclasses import dataclass
from functools import cache

from ..agents import graph
from ..agents.workspace import Workspace
from ..store import campaigns
from .threads import open_threads

_ENDS = ("__start__", "__end__")


@dataclass(frozen=True)
class Way:
    """From one node to another; `is_choice` where what was decided chooses the way."""

    start: str
    end: str
    is_choice: bool


@dataclass(frozen=True)
class Picture:
    """Nodes in the order in which they are wired, the ways between them, and those where the campaign stands."""

    nodes: tuple[str, ...]
    ways: tuple[Way, ...]
    stands_at: frozenset[str]


def picture_of(workspace: Workspace) -> Picture:
    """Read from the compiled graph and from the thread's checkpoint."""
    nodes, ways = _wiring()
    with workspace.store.read() as session:
        has_begun = campaigns.campaign(session, workspace.brief.name) is not None
    if not has_begun:
        return Picture(nodes, ways, frozenset())
    with open_threads(workspace) as threads:
        return Picture(nodes, ways, frozenset(threads.stands_at(workspace.brief.name)))


@cache
def _wiring() -> tuple[tuple[str, ...], tuple[Way, ...]]:
    drawn = graph.campaign().compile().get_graph()
    nodes = tuple(node for node in drawn.nodes if node not in _ENDS)
    ways = tuple(
        Way(edge.source, edge.target, edge.conditional)
        for edge in drawn.edges
        if edge.source not in _ENDS and edge.target not in _ENDS
    )
    return nodes, ways

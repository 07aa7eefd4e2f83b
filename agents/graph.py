"""The wiring, and nothing else: how the agents follow one another, and where the graphs wait for people.

Named by module in langgraph.json; both graphs come uncompiled, so that a server can bring its own checkpointer.
"""

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from . import analysis, approval, content, execution, strategy
from . import measure as measuring
from .state import CampaignState, ReviewThreadState
from .workspace import Context


def park(state: CampaignState) -> CampaignState:
    """Wait here while reviews are open or nothing is due; `tick` wakes the campaign."""
    interrupt(state["ask"])
    return {}


def campaign() -> StateGraph[CampaignState, Context, CampaignState, CampaignState]:
    """One thread per campaign: once round per cycle."""
    graph = StateGraph(CampaignState, context_schema=Context)
    graph.add_node("analyse", analysis.analyse)
    graph.add_node("strategise", strategy.strategise)
    graph.add_node("ask_for_plan", approval.open_plan_review)
    graph.add_node("plan_gate", approval.plan_gate)
    graph.add_node("settle_plan", approval.settle_plan)
    graph.add_node("write", content.write)
    graph.add_node("advance", execution.advance)
    graph.add_node("park", park)
    graph.add_node("renew", content.renew)
    graph.add_node("measure", measuring.measure)
    graph.add_edge(START, "analyse")
    graph.add_edge("analyse", "strategise")
    graph.add_edge("strategise", "ask_for_plan")
    graph.add_edge("ask_for_plan", "plan_gate")
    graph.add_edge("plan_gate", "settle_plan")
    graph.add_edge("write", "advance")
    graph.add_edge("park", "renew")
    graph.add_edge("renew", "advance")
    return graph


def review() -> StateGraph[ReviewThreadState, Context, ReviewThreadState, ReviewThreadState]:
    """One thread per content review: gate, then release, revise or drop."""
    graph = StateGraph(ReviewThreadState, context_schema=Context)
    graph.add_node("content_gate", approval.content_gate)
    graph.add_node("settle_content", approval.settle_content)
    graph.add_node("release", execution.release)
    graph.add_node("revise", content.revise)
    graph.add_node("drop", execution.drop)
    graph.add_edge(START, "content_gate")
    graph.add_edge("content_gate", "settle_content")
    for last in ("release", "revise", "drop"):
        graph.add_edge(last, END)
    return graph

"""What a LangGraph server finds: both graphs, named by module, ready for its own checkpointer."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph

CONFIG = json.loads((Path(__file__).resolve().parents[2] / "langgraph.json").read_text(encoding="utf-8"))
GATES = {"campaign": {"plan_gate", "park"}, "review": {"content_gate"}}


@pytest.mark.parametrize("name", CONFIG["graphs"])
def test_a_graph_named_in_langgraph_json_can_be_built(name: str) -> None:
    module, _, function = CONFIG["graphs"][name].partition(":")
    graph = getattr(import_module(module), function)()
    assert isinstance(graph, StateGraph), "uncompiled: the server brings its checkpointer"
    compiled = graph.compile(checkpointer=InMemorySaver())
    assert GATES[name] <= set(compiled.nodes)


def test_both_graphs_are_named() -> None:
    assert set(CONFIG["graphs"]) == set(GATES)


def test_graphs_are_named_by_module_since_the_package_has_no_folder_of_its_own() -> None:
    assert all(place.startswith("kizuna.") for place in CONFIG["graphs"].values())

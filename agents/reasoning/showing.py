"""What a model is shown: figures under names that say their unit, rounded as people would write them. Totals only."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .protocol import Plain

#: Figures between 0 and 1 that people read as percentages.
_SHARES = frozenset(
    {"ltv_share", "segment_churn", "active_churn", "lift", "floor", "expected_lift_mean", "best_reachable_lift"}
    | {"target_lift", "detectable_lift", "reachable_change", "needed_change", "unhappy_share"}
)


def shown_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Shares as `…_percent`, yen without decimals, other numbers short; texts and nested data as they are."""
    shown: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            shown[name] = value
        elif name in _SHARES:
            shown[f"{name}_percent"] = _short(value * 100, 1)
        else:
            shown[name] = _short(value, 0 if name.endswith("_jpy") else 3)
    return shown


def shown_findings(findings: Sequence[Plain]) -> list[dict[str, Any]]:
    """Each finding with an id that can be cited: its place among them."""
    return [
        {"id": f"f{place}", "kind": finding["kind"], **shown_figures(finding["figures"])}
        for place, finding in enumerate(findings, 1)
    ]


def facts_in(shown: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All figures and texts in plain data, under names that keep their ends (`_percent`, `_jpy`, `_90d`)."""
    facts: dict[str, Any] = {}
    for place, node in enumerate(shown):
        _collect(node, f"n{place}", facts)
    return facts


def _collect(node: Any, name: str, facts: dict[str, Any]) -> None:
    if isinstance(node, Mapping):
        for key, value in node.items():
            _collect(value, f"{name}_{key}", facts)
    elif isinstance(node, list | tuple):
        for place, value in enumerate(node):
            _collect(value, f"{place}_{name}", facts)
    elif node is not None:
        facts[name] = node


def _short(value: float, digits: int) -> int | float:
    rounded = round(float(value), digits)
    return int(rounded) if rounded.is_integer() else rounded

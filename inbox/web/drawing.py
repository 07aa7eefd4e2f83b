"""The campaign's graph as a picture: nodes in a column, what usually follows straight down, the rest in bows."""

from markupsafe import Markup

from ...domain.brief import Language
from ...service.picture import Picture, Way
from ...service.standing import Status
from ..report.drawing import element, label, picture
from ..words import name, say

_WIDTH = 400.0
_LEFT, _NODE_WIDTH, _NODE_HEIGHT, _STEP, _TOP = 84.0, 232.0, 40.0, 62.0, 12.0
_BOW = 17.0
#: Ways leave a node on one side of its middle and arrive on the other.
_APART = -9.0


def draw(graph: Picture, stands: Status, language: Language) -> Markup:
    """The picture; what it shows is also told in words beside it."""
    rows = {node: index for index, node in enumerate(graph.nodes)}
    parts = [_way(way, rows) for way in _bows(graph.ways, rows)]
    parts += [_straight(rows[way.start], way.is_choice) for way in graph.ways if rows[way.end] == rows[way.start] + 1]
    parts += [_node(node, rows[node], node in graph.stands_at, _count(node, stands), language) for node in graph.nodes]
    height = _TOP * 2 + _STEP * len(graph.nodes) - (_STEP - _NODE_HEIGHT)
    standing = ", ".join(name(language, "web.node", node) for node in graph.nodes if node in graph.stands_at)
    told = say(
        language, "web.stands_at", where=standing or say(language, f"web.state_{stands.state.replace(' ', '_')}")
    )
    return picture("graph", _WIDTH, height, say(language, "web.graph"), told, [_arrow(), *parts])


def _bows(ways: tuple[Way, ...], rows: dict[str, int]) -> list[Way]:
    return [way for way in ways if rows[way.end] != rows[way.start] + 1]


def _middle(row: int) -> float:
    return _TOP + row * _STEP + _NODE_HEIGHT / 2


def _straight(row: int, is_choice: bool) -> Markup:
    x, start = _LEFT + _NODE_WIDTH / 2, _middle(row) + _NODE_HEIGHT / 2
    return _path(f"M {x} {start} V {start + _STEP - _NODE_HEIGHT - 5}", is_choice)


def _way(way: Way, rows: dict[str, int]) -> Markup:
    """Back on the left, ahead on the right; longer bows reach further out."""
    start, end = rows[way.start], rows[way.end]
    is_back = end < start
    reach = min(24 + _BOW * (abs(end - start) - 1) * 0.55, 74.0)
    edge, side = (_LEFT, -1) if is_back else (_LEFT + _NODE_WIDTH, 1)
    y1, y2 = _middle(start) - side * _APART, _middle(end) + side * _APART
    out = edge + side * reach
    return _path(f"M {edge} {y1} C {out} {y1}, {out} {y2}, {edge + side * 6} {y2}", way.is_choice)


def _path(way: str, is_choice: bool) -> Markup:
    return element("path", d=way, class_="way choice" if is_choice else "way", marker_end="url(#tip)", fill="none")


def _node(node: str, row: int, stands_here: bool, count: int, language: Language) -> Markup:
    kind = "node here" if stands_here else "gate" if node.endswith("_gate") or node == "park" else "node"
    top = _TOP + row * _STEP
    box = element(
        "rect", x=_LEFT, y=top, width=_NODE_WIDTH, height=_NODE_HEIGHT, rx=20 if "gate" in kind else 6, class_=kind
    )
    words = name(language, "web.node", node)
    mark = say(language, "web.here") if stands_here else ""
    text = label(_LEFT + _NODE_WIDTH / 2, top + (17 if mark else 25), words, f"title {kind}", "middle")
    under = label(_LEFT + _NODE_WIDTH / 2, top + 32, mark, f"mark {kind}", "middle") if mark else Markup("")
    number = label(_LEFT + _NODE_WIDTH - 12, top + 25, str(count), f"count {kind}", "end") if count else Markup("")
    return box + text + under + number


def _count(node: str, stands: Status) -> int:
    """What waits at a node: plans, contents, messages on their way."""
    if node == "plan_gate":
        return sum(row.kind == "plan" for row in stands.waiting)
    if node == "park":
        return sum(row.kind != "plan" for row in stands.waiting)
    if node == "advance":
        return sum(stands.deliveries.get(state, 0) for state in ("queued", "leased", "intent"))
    return 0


def _arrow() -> Markup:
    tip = element("path", d="M 0 0 L 8 4 L 0 8 z", class_="tip")
    return element(
        "defs",
        element(
            "marker",
            tip,
            id="tip",
            markerWidth=8,
            markerHeight=8,
            refX=6,
            refY=4,
            orient="auto",
            markerUnits="userSpaceOnUse",
        ),
    )

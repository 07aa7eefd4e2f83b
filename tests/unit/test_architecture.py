"""The house and its rules, held by reading the sources. Each rule is also shown a breach that it must find."""

import ast
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Folder -> the folders whose code it may import. Imports point one way; what is not named here is not allowed.
MAY_IMPORT = {
    "domain": frozenset[str](),
    "decisioning": {"domain"},
    "playbooks": {"domain"},
    "prompts": {"domain"},
    "store": {"domain"},
    "tools": {"domain"},
    "customers": {"domain", "tools", "store"},
    "delivery": {"domain", "tools", "store"},
    "agents": {"customers", "decisioning", "delivery", "domain", "playbooks", "prompts", "store", "tools"},
    "service": {"agents", "customers", "decisioning", "delivery", "domain", "playbooks", "prompts", "store", "tools"},
    "inbox": {"domain", "service"},
    "cli": {"agents", "domain", "examples", "inbox", "service", "store", "tools"},
    "examples": frozenset[str](),
}
AGENTS = {"analysis", "strategy", "content", "approval", "execution", "measure"}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "imaplib", "requests", "smtplib", "socket", "ssl", "urllib"}
#: A long list of columns is no long thought.
MIGRATIONS = "store/migrations/versions/"
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


@dataclass(eq=False)
class Source:
    """One module of the package, parsed. `path` is relative to the root, with slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def all_nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def folder(self) -> str:
        return self.path.split("/")[0] if "/" in self.path else ""

    @property
    def is_product(self) -> bool:
        return self.folder in MAY_IMPORT

    def nodes(self, kind: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in self.all_nodes if isinstance(node, kind))

    def imports(self, *, running: bool = False) -> Iterator[str]:
        """Dotted names: `kizuna.store.reviews` for ours, the name itself for others. `running`: not for types only."""
        for node in _running_nodes(self.tree) if running else self.all_nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                yield from (f"{base}.{alias.name}" for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = ["kizuna", *self.path.split("/")[:-1]]
        above = package[: len(package) - node.level + 1]
        return ".".join([*above, *([node.module] if node.module else [])])

    def imported_folders(self) -> set[str]:
        ours = (name.split(".") for name in self.imports() if name.startswith("kizuna."))
        return {parts[1] for parts in ours} - {self.folder}


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _running_nodes(node)


@cache
def _project() -> list[Source]:
    folders = [*MAY_IMPORT, "tests", "benchmarks"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]


def layers(source: Source) -> Iterator[str]:
    """cli, inbox -> service -> agents -> customers, delivery -> tools, store -> domain."""
    if source.is_product:
        for folder in source.imported_folders() - set(MAY_IMPORT[source.folder]):
            yield f"imports {folder}"


def agents_never_import_each_other(source: Source) -> Iterator[str]:
    """Only the wiring knows the agents; they meet in the store."""
    if source.folder != "agents" or source.path == "agents/graph.py":
        return
    for name in source.imports(running=True):
        parts = name.split(".")
        if parts[:2] == ["kizuna", "agents"] and parts[2] in AGENTS:
            yield f"imports the agent {parts[2]}"


def only_the_command_line_reaches_the_example(source: Source) -> Iterator[str]:
    """Nobody who decides can look up the hidden truth, neither by import nor in the example's files."""
    if not source.is_product or source.folder in ("cli", "examples"):
        return
    for node in source.nodes(ast.Constant):
        value = getattr(node, "value", None)
        if isinstance(value, str) and (value.startswith(("world/", "kizuna.examples")) or value.endswith(".npz")):
            yield f"names {value!r}"
    if "examples" in source.imported_folders():
        yield "imports examples"


def langgraph_is_wiring(source: Source) -> Iterator[str]:
    if source.is_product and source.folder not in ("agents", "service"):
        yield from _foreign(source, {"langgraph"})


def openai_stands_in_one_file(source: Source) -> Iterator[str]:
    if source.path != "tools/language_model.py":
        yield from _foreign(source, {"openai"})


def tables_live_in_the_store(source: Source) -> Iterator[str]:
    """Others take rows and a session; SQL and table definitions are the store's. A company's own databases are read
    in one tool."""
    if not source.is_product or source.folder == "store" or source.path == "tools/source_database.py":
        return
    yield from _foreign(source, {"sqlalchemy", "alembic"})
    yield from (f"imports {name}" for name in source.imports() if name.startswith("sqlmodel") and name != _SESSION)


def only_tools_reach_the_network(source: Source) -> Iterator[str]:
    """The demo runs with the cable out. The lease asks for the host's own name, no more."""
    if source.is_product and source.folder != "tools" and source.path != "store/leases.py":
        yield from _foreign(source, NETWORK - {"urllib", "http"})
        yield from (f"imports {name}" for name in source.imports() if name.startswith(("urllib.request", "http.")))


def only_the_worker_sends(source: Source) -> Iterator[str]:
    """One place lets something out to customers; the gate stands in front of it. The tools below it carry it out."""
    if source.is_product and source.folder != "tools" and source.path != "delivery/worker.py":
        used = {name for name in ("send", "submit") if name in _methods(source) or name in _asked_of_a_way(source)}
        yield from (f"uses .{name}" for name in sorted(used))


def only_notices_tell_our_own_people(source: Source) -> Iterator[str]:
    """Notices are no customer mail: they have a door of their own, and one user."""
    if source.is_product and source.path not in ("service/notices.py", "tools/outward.py"):
        used = {"notify_by_mail", "notify_by_webhook"} & _attributes(source)
        yield from (f"uses .{name}" for name in sorted(used))


def ways_out_are_opened_in_one_place(source: Source) -> Iterator[str]:
    """Who holds a relay or a webhook could send past the gate. The workspace opens them, all together."""
    if source.is_product and source.folder != "tools" and source.path != "agents/workspace.py":
        ways = {"SmtpRelay", "RepMailboxes", "WebhookWay", "FolderOutbox", "webhook_way"}
        names = {name.rsplit(".", 1)[-1] for name in source.imports()}
        yield from (f"imports {name}" for name in sorted(ways & names))


def only_execution_releases(source: Source) -> Iterator[str]:
    """Journeys are the execution agent's own, and nobody else sets them going."""
    if source.is_product and source.path != "agents/journeys.py" and "enqueue" in _called(source):
        yield "calls .enqueue()"
    if source.is_product and source.path != "agents/execution.py" and "advance_journeys" in _called(source):
        yield "calls .advance_journeys()"


def imports_inside_are_relative(source: Source) -> Iterator[str]:
    if source.is_product:
        for node in source.nodes(ast.ImportFrom):
            assert isinstance(node, ast.ImportFrom)
            if not node.level and (node.module or "").split(".")[0] == "kizuna":
                yield f"imports {node.module} by its full name"


def modules_are_loaded_by_name_only_for_speed(source: Source) -> Iterator[str]:
    """An import that no reader of the code can see would get round every rule here."""
    if source.is_product and source.path != "cli/lazy.py":
        found = {"import_module", "__import__", "exec_module"} & _called(source)
        yield from (f"calls {name}" for name in sorted(found))


def files_stay_short(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > LONGEST_FILE and not source.path.startswith(MIGRATIONS):
        yield f"{lines} lines, over {LONGEST_FILE}"


def functions_stay_short(source: Source) -> Iterator[str]:
    if source.path.startswith(MIGRATIONS):
        return
    for node in source.nodes(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        lines = (node.end_lineno or 0) - node.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{node.name}: {lines} lines, over {LONGEST_FUNCTION}"


def every_module_says_what_it_is(source: Source) -> Iterator[str]:
    if source.is_product and not source.path.startswith(MIGRATIONS) and not ast.get_docstring(source.tree):
        yield "has no docstring"


_SESSION = "sqlmodel.Session"


def _foreign(source: Source, packages: set[str]) -> Iterator[str]:
    return (f"imports {name}" for name in source.imports() if name.split(".")[0] in packages)


def _methods(source: Source) -> set[str]:
    """The last part of every called name with a dot in it."""
    calls = (node.func for node in source.nodes(ast.Call) if isinstance(node, ast.Call))
    return {called.attr for called in calls if isinstance(called, ast.Attribute)}


def _called(source: Source) -> set[str]:
    """The last part of every called name."""
    names = set()
    for node in source.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Attribute):
            names.add(node.func.attr)
        elif isinstance(node.func, ast.Name):
            names.add(node.func.id)
    return names


def _asked_of_a_way(source: Source) -> set[str]:
    """Names that are asked of something called a transport, relay or way: called, or only passed on."""
    return {
        node.attr
        for node in source.nodes(ast.Attribute)
        if isinstance(node, ast.Attribute) and _own_name(node.value) in ("transport", "relay", "way", "outward")
    }


def _own_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _attributes(source: Source) -> set[str]:
    """Every name that is asked of something, called or only passed on."""
    return {node.attr for node in source.nodes(ast.Attribute) if isinstance(node, ast.Attribute)}


Rule = Callable[[Source], Iterator[str]]

#: Each rule with breaches that it must find: (path, code).
RULES: list[tuple[Rule, list[tuple[str, str]]]] = [
    (
        layers,
        [
            ("store/reviews.py", "from ..agents import graph"),
            ("domain/brief.py", "from kizuna.store import tables"),
            ("decisioning/risk/churn.py", "from ...store.tables import ReviewRow"),
            ("prompts/rendering.py", "def f():\n    from ..tools import folder_outbox"),
            ("examples/saas/world.py", "from ...store import reviews"),
            ("agents/strategy.py", "from .. import cli"),
        ],
    ),
    (
        agents_never_import_each_other,
        [("agents/content.py", "from .strategy import choose"), ("agents/facts.py", "from . import execution")],
    ),
    (
        only_the_command_line_reaches_the_example,
        [
            ("agents/strategy.py", "from ..examples.saas.truth import true_effect"),
            ("customers/load.py", "from kizuna.examples.saas import truth"),
            ("agents/strategy.py", "import numpy\nnumpy.load(folder / 'world/truth.npz')"),
        ],
    ),
    (langgraph_is_wiring, [("delivery/worker.py", "import langgraph.graph"), ("cli/app.py", "import langgraph")]),
    (openai_stands_in_one_file, [("agents/content.py", "import openai"), ("tools/mail.py", "from openai import X")]),
    (
        tables_live_in_the_store,
        [("agents/content.py", "from sqlmodel import select"), ("service/people.py", "import sqlalchemy.orm")],
    ),
    (
        only_tools_reach_the_network,
        [("delivery/worker.py", "import smtplib"), ("prompts/layout.py", "from urllib.request import urlopen")],
    ),
    (
        only_the_worker_sends,
        [
            ("agents/execution.py", "workspace.transport.send(b'')"),
            ("service/x.py", "partial(transport.send, b'')"),
            ("service/x.py", "transport.relay.submit(b'')"),
        ],
    ),
    (only_notices_tell_our_own_people, [("agents/content.py", "transport.notify_by_mail(b'')")]),
    (
        ways_out_are_opened_in_one_place,
        [
            ("service/x.py", "from ..tools.smtp import SmtpRelay"),
            ("delivery/x.py", "from ..tools import folder_outbox as f\nfrom ..tools.folder_outbox import FolderOutbox"),
        ],
    ),
    (
        only_execution_releases,
        [
            ("agents/content.py", "deliveries.enqueue(session, [])"),
            ("service/running.py", "advance_journeys(workspace, cycle, now)"),
        ],
    ),
    (imports_inside_are_relative, [("agents/content.py", "from kizuna.domain.draft import Draft")]),
    (
        modules_are_loaded_by_name_only_for_speed,
        [("agents/content.py", "import importlib\nimportlib.import_module('x')"), ("store/x.py", "__import__('x')")],
    ),
    (files_stay_short, [("agents/content.py", "x = 1\n" * (LONGEST_FILE + 1))]),
    (functions_stay_short, [("agents/content.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)]),
    (every_module_says_what_it_is, [("agents/content.py", "x = 1")]),
]
BREACHES = [(rule, path, code) for rule, breaches in RULES for path, code in breaches]


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert [f"{source.path}: {breach}" for source in _project() for breach in rule(source)] == []


@pytest.mark.parametrize(("rule", "path", "code"), BREACHES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_finds_a_breach(rule: Rule, path: str, code: str) -> None:
    assert list(rule(Source(path, code)))


def test_every_folder_with_code_has_its_place_among_the_layers() -> None:
    with_code = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/*.py")}
    assert with_code - {"tests", "benchmarks", "build", ".types"} == set(MAY_IMPORT)


def test_the_one_way_out_is_there_to_be_guarded() -> None:
    worker = Source("delivery/worker.py", (ROOT / "delivery/worker.py").read_text(encoding="utf-8"))
    execution = Source("agents/journeys.py", (ROOT / "agents/journeys.py").read_text(encoding="utf-8"))
    notices = Source("service/notices.py", (ROOT / "service/notices.py").read_text(encoding="utf-8"))
    assert "send" in _attributes(worker) and "notify_by_mail" in _attributes(notices)
    assert "approved_bytes" in _called(worker)
    assert "enqueue" in _called(execution)


def test_the_root_package_does_nothing() -> None:
    assert (ROOT / "__init__.py").read_text(encoding="utf-8").strip() == ""


def test_the_wheel_names_every_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    packages = [path.parent for folder in MAY_IMPORT for path in (ROOT / folder).rglob("__init__.py")]
    found = ["kizuna", *(".".join(["kizuna", *path.relative_to(ROOT).parts]) for path in packages)]
    assert sorted(declared) == sorted(found)


def test_no_folder_with_code_is_left_out_of_a_package() -> None:
    code = {path.parent for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")}
    assert [folder.name for folder in sorted(code) if not (folder / "__init__.py").exists()] == []

"""The docs say what is true: commands, files, tests, dependencies and the brief's lines are looked up."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from kizuna.cli.app import COMMANDS, kizuna

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: Pages that exist in both languages.
TWINS = (("README.md", "README.ja.md"), ("docs/tutorial.md", "docs/tutorial.ja.md"))
#: Words of the design that everything is named by.
VOCABULARY = {
    "brief",
    "goal",
    "segment",
    "audience",
    "signal",
    "lever",
    "playbook",
    "action",
    "step",
    "offer",
    "channel",
    "variant",
    "group",
    "decision",
    "receipt",
    "draft",
    "review",
    "approval",
    "delivery",
    "outcome",
    "guardrail",
    "cycle",
}


def page_name(page: object) -> str:
    return page.relative_to(ROOT).as_posix() if isinstance(page, Path) else str(page)


def commands_in(text: str) -> Iterator[list[str]]:
    """What readers are told to type: after a prompt, or as a whole in backticks."""
    typed = re.findall(r"^(?:\w*\$ |\*/5 .*&& )(kizuna .+)$", text, re.MULTILINE)
    quoted = re.findall(r"`(kizuna [^`\n]+)`", text)
    for line in [*typed, *quoted]:
        yield shlex.split(line.split("  #")[0].replace("...", ""))[1:]


def complaint(words: list[str]) -> str:
    """What the command line would say to these words; '' if it knows the command and all its options."""
    try:
        words = _after_global_options(words)
        if not words or words[0].startswith("-"):
            return ""
        if words[0] not in COMMANDS:
            return f"no command {words[0]!r}"
        command = _command(words[0])
        options = {name for option in command.params for name in option.opts} | {"--help", "-h"}
        return ", ".join(f"no option {word}" for word in words[1:] if word.startswith("--") and word not in options)
    except click.ClickException as error:
        return error.message


def _after_global_options(words: list[str]) -> list[str]:
    return kizuna.make_parser(click.Context(kizuna)).parse_args(args=list(words))[1]


@cache
def _command(name: str) -> click.Command:
    found = getattr(import_module(f"kizuna.cli.{COMMANDS[name][0]}"), name.replace("-", "_"))
    assert isinstance(found, click.Command)
    return found


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_in_the_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [f"{words}: {wrong}" for words in commands_in(text) if (wrong := complaint(words))] == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert [complaint(words) for words in commands_in("$ kizuna fly --high\n`kizuna run --quickly`")] == [
        "no command 'fly'",
        "no option --quickly",
    ]


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_in_the_docs_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    assert [t for t in targets if not t.startswith("https://") and not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_files_named_in_the_docs_exist(page: Path) -> None:
    folders = (
        "agents|cli|customers|decisioning|delivery|domain|examples|inbox|playbooks|prompts|service|store|tests|tools"
    )
    named = re.findall(rf"`((?:{folders})/[\w./-]+)(?:: \w+)?`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_tests_named_in_the_docs_exist(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
    assert named - _tests() == set()


@cache
def _tests() -> frozenset[str]:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return frozenset(name for source in sources for name in re.findall(r"def (test_\w+)", source))


def test_the_readme_has_its_two_commands() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^\$ make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert {"demo", "test"} <= set(re.findall(r"^\$ make (\w+)", README, re.MULTILINE))


@pytest.mark.parametrize(("english", "japanese"), TWINS)
def test_both_languages_show_the_same_commands_and_blocks(english: str, japanese: str) -> None:
    one, other = ((ROOT / page).read_text(encoding="utf-8") for page in (english, japanese))
    assert what_is_typed(one) == what_is_typed(other)
    assert len(what_is_typed(one)) > 5
    assert what_is_drawn_or_written(one) == what_is_drawn_or_written(other)


@pytest.mark.parametrize(("english", "japanese"), TWINS)
def test_both_languages_lead_to_each_other(english: str, japanese: str) -> None:
    for page, twin in ((english, japanese), (japanese, english)):
        assert f"]({Path(twin).name})" in (ROOT / page).read_text(encoding="utf-8").split("##")[0]


def test_another_option_in_the_other_language_is_noticed() -> None:
    assert what_is_typed("$ kizuna run  # go") == what_is_typed("$ kizuna run     # 始める") == ["$ kizuna run"]
    assert what_is_typed("mori$ kizuna why A1") != what_is_typed("mori$ kizuna why A2")


def what_is_typed(text: str) -> list[str]:
    """Lines after a prompt, without comments; each language says by itself that it is the one."""
    typed = re.findall(r"^(\w*\$ .+?)(?:\s+#.*)?$", text, re.MULTILINE)
    return [line for line in typed if "KIZUNA_LANG" not in line]


def what_is_drawn_or_written(text: str) -> list[Any]:
    """Diagrams as they stand, YAML as it is read: comments are in the page's language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [yaml.safe_load(body) if kind == "yaml" else body for kind, body in blocks if kind != "console"]


def test_the_readme_shows_lines_of_the_examples_brief() -> None:
    shown = yaml.safe_load(_block("yaml"))
    brief = yaml.safe_load((ROOT / "examples/saas/brief.yaml").read_text(encoding="utf-8"))
    assert _what_differs(shown, brief) == []
    assert len(shown) > 5


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def _what_differs(shown: Any, real: Any, place: str = "") -> list[str]:
    if isinstance(shown, dict):
        return [line for key, value in shown.items() for line in _what_differs(value, real.get(key), f"{place}.{key}")]
    return [] if shown == real else [f"{place}: {shown!r} instead of {real!r}"]


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    wanted = {re.split(r"[\[<>=!~ ]", name)[0] for name in [*project["dependencies"], *extras]}
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)) == wanted


def test_every_word_of_the_design_is_in_the_glossary() -> None:
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    assert VOCABULARY - set(re.findall(r"^\| \*\*([\w ]+)\*\*", page, re.MULTILINE)) == set()


def test_every_setting_is_explained() -> None:
    sources = [
        path
        for folder in ROOT.glob("[a-z]*/")
        if folder.name not in ("tests", "build")
        for path in folder.rglob("*.py")
    ]
    used = {name for path in sources for name in re.findall(r"\bKIZUNA_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(KIZUNA_[A-Z_]+)`", page)) == used


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs/decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(path for path in folder.glob("0*.md"))
    assert [path.name for path in pages if f"({path.name})" not in listed] == []
    for path in pages:
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {path.name[:4]} ")


def test_the_changelog_is_open_at_the_top() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"

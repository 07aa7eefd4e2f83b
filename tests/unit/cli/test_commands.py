"""Every command can be learned from its help: one line, what it does, examples that work."""

import json
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from kizuna.agents.replaying import Difference, Replayed
from kizuna.cli import replay as replay_command
from kizuna.cli.app import COMMANDS, kizuna, main
from kizuna.inbox.words import LANGUAGES, words

#: What `--help` must not wait for.
HEAVY = {
    "alembic",
    "duckdb",
    "jinja2",
    "langgraph",
    "numpy",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "sqlglot",
    "yaml",
}


def command(name: str) -> click.Command:
    found = kizuna.get_command(click.Context(kizuna), name)
    assert found is not None
    return found


def example_lines(name: str) -> list[str]:
    epilog = command(name).epilog or ""
    return [line.strip() for line in epilog.splitlines() if "kizuna" in line]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_does_and_shows_examples(name: str) -> None:
    shown = CliRunner().invoke(kizuna, [name, "--help"])
    assert shown.exit_code == 0
    assert "Examples:" in shown.output
    assert (command(name).help or "").strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_in_the_help_are_understood(name: str) -> None:
    lines = example_lines(name)
    assert lines
    for line in lines:
        typed = shlex.split(line.split("&& ")[-1], comments=True)
        typed = typed[: next((i for i, word in enumerate(typed) if word in "<>"), len(typed))]
        assert typed[0] == "kizuna"
        words_of = [word for word in typed[1:] if word not in ("--lang", "ja")]
        assert words_of[0] == name
        command(name).make_context(name, words_of[1:], resilient_parsing=False).close()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    for option in command(name).params:
        if isinstance(option, click.Option):
            assert option.help or option.show_default, f"{name} {option.opts}"


def test_a_command_is_where_the_table_says_it_is() -> None:
    for name, (module, line) in COMMANDS.items():
        assert line.endswith(".")
        assert getattr(import_module(f"kizuna.cli.{module}"), name.replace("-", "_")).name == name


def test_an_unknown_command_names_the_nearest() -> None:
    shown = CliRunner().invoke(kizuna, ["aprove", "x"])
    assert shown.exit_code == 2
    assert "Did you mean `approve`?" in shown.output


def test_a_command_like_no_other_suggests_nothing() -> None:
    shown = CliRunner().invoke(kizuna, ["xyzzy"])
    assert shown.exit_code == 2
    assert "Did you mean" not in shown.output


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, kizuna.cli.app; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stdout
    assert HEAVY & {name.split(".")[0] for name in loaded.split()} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_of_the_commands_is_in_the_words_file(lang: str) -> None:
    folder = Path(import_module("kizuna.cli.app").__file__ or "").parent
    said = {
        key
        for source in folder.glob("*.py")
        for key in _said(source.read_text(encoding="utf-8"))
        if not key.endswith(("_", "."))
    }
    known = {key.removeprefix("cli.") for key in words(lang)}  # type: ignore[arg-type]
    assert said
    assert said - known == set()


def _said(source: str) -> set[str]:
    """Keys given literally: say(lang, "key"), self.tell("key")."""
    import re

    direct = re.findall(r"say\(\s*(?:self\.)?lang(?:uage)?,\s*\"(\w+)\"", source)
    return {*direct, *re.findall(r"self\.tell\(\"(\w+)\"", source)}


def test_the_schema_is_printed_without_a_brief() -> None:
    shown = CliRunner().invoke(kizuna, ["schema"])
    assert json.loads(shown.output)["title"] == "Brief"


@pytest.mark.parametrize(("differences", "code"), [((), 0), ((Difference("A1", "", "action", "tips", None),), 1)])
def test_a_replay_that_differs_ends_the_program_with_1(
    monkeypatch: pytest.MonkeyPatch, differences: tuple[Difference, ...], code: int
) -> None:
    """By the entry point itself: a test runner of click takes other ways out than the program."""
    from kizuna.service import replaying

    monkeypatch.setattr(replay_command, "open_brief", lambda *_args, **_more: None)
    monkeypatch.setattr(replaying, "replay_campaign", lambda *_: [Replayed(1, 3, 0, differences, ())])
    monkeypatch.setattr(sys, "argv", ["kizuna", "replay"])
    ended = 0
    try:
        main()
    except SystemExit as end:
        ended = end.code
    assert ended == code


def test_a_mistake_is_told_in_the_language_of_whoever_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    brief = tmp_path / "brief.yaml"
    brief.write_text("brief: 1\nbudget:\n  total: 250000 yen\n", encoding="utf-8")
    for command_line in (["value"], ["check"]):
        monkeypatch.setattr(sys, "argv", ["kizuna", "--lang", "ja", *command_line, str(brief)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr().err
        assert end.value.code == 1 and "brief.yaml:3: budget.total: 金額は `200000 JPY` のように書いてください" in told

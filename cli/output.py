"""What the commands share: the brief's option, opening the workspace, printing."""

import functools
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from ..agents.workspace import Progress, Workspace
    from ..domain.brief import Language
    from ..domain.errors import FaultyFile

Command = Callable[..., Any]

brief_argument = click.argument("brief", type=click.Path(path_type=Path, dir_okay=False), default="brief.yaml")
brief_option = click.option(
    "--brief",
    type=click.Path(path_type=Path, dir_okay=False),
    default="brief.yaml",
    envvar="KIZUNA_BRIEF",
    show_default=True,
    help="The brief of the campaign.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def examples(*lines: str) -> Callable[[click.Command], click.Command]:
    """Put worked examples under a command's help."""

    def add(command: click.Command) -> click.Command:
        command.epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
        return command

    return add


def open_brief(path: Path, language: "Language", *, quiet: bool = False) -> "Workspace":
    """The workspace of a brief; what its agents do is told on standard error."""
    from ..agents.workspace import open_workspace

    if not path.exists():
        raise click.UsageError(f"there is no {path}; name the brief, or go to its folder")
    return open_workspace(path, progress=(lambda _key, _values: None) if quiet else tell_on(language))


def refuse(error: "FaultyFile", language: "Language", *, as_json: bool) -> NoReturn:
    """Every fault of a file on a line of its own and how many there are, or as data; ends with 1."""
    from ..inbox.faults import fault_in_words

    if as_json:
        print_json({"ok": False, "faults": [vars(fault) for fault in error.faults]})
    else:
        for fault in error.faults:
            click.echo(fault_in_words(fault, language), err=True)
        click.echo(say(language, "faults", count=len(error.faults)), err=True)
    raise SystemExit(1) from None


def tell_on(language: "Language") -> "Progress":
    """Tells on standard error what agents do."""
    return functools.partial(_tell, language)


def _tell(language: "Language", key: str, values: dict[str, Any]) -> None:
    from ..inbox.findings import finding
    from ..inbox.words import clean, name, say

    if key.startswith("finding."):
        click.echo(click.style(finding(key.removeprefix("finding."), values, language), dim=True), err=True)
        return
    shown = {place: clean(value) if isinstance(value, str) else value for place, value in values.items()}
    for place in ("state", "reason", "verdict", "lever", "agent", "model_failure"):
        if shown.get(place):
            section = "delivery" if place == "state" else place
            shown[place] = name(language, section, str(shown[place]))
    if shown.get("world"):
        shown["world"] = name(language, "simulation", f"world_{shown['world']}")
    full = key if "." in key else f"progress.{key}"
    click.echo(say(language, full, **shown), err=True)


def console() -> "Console":
    """Colours on a terminal only; 80 columns where there is none."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    return Console(width=None if is_terminal else 100, highlight=False, no_color=not is_terminal, soft_wrap=False)


def zone_of(workspace: "Workspace") -> "ZoneInfo":
    """The time zone that the brief's people work in; every time they read is in it."""
    return workspace.brief.guardrails.quiet_hours.zone


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def say(language: "Language", key: str, **values: Any) -> str:
    from ..inbox.words import say as words

    return words(language, f"cli.{key}", **values)

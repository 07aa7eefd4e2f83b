"""Commands before and around a campaign: examples, checks, the playbook, an example's passing days."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..examples.registry import EXAMPLES, example_in
from ..inbox.words import say as words
from .group_sizes import group_lines, groups_as_data
from .output import brief_argument, brief_option, examples, json_option, open_brief, print_json, refuse, say

if TYPE_CHECKING:
    from ..agents.workspace import Workspace
    from ..domain.brief import Language

#: The example's people work in this office; a day in fast-forward is looked at when they are in it.
_OFFICE_HOUR = 10


@examples("kizuna init --example shop my-shop", "kizuna init --example saas big --customers 100000 --seed 7")
@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--example", type=click.Choice(list(EXAMPLES)), default="saas", show_default=True, help="Which company.")
@click.option(
    "--customers",
    type=click.IntRange(100, 2_000_000),
    default=2_000,
    show_default=True,
    help="How many customers: accounts (saas) or persons (the others).",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same company.")
@click.option("--no-effect", is_flag=True, help="A company on which no action has any effect.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), default="2026-04-01", show_default=True)
@click.pass_obj
def init(
    lang: "Language", folder: Path, example: str, customers: int, seed: int, no_effect: bool, today: datetime
) -> None:
    """Write an example company to FOLDER: a brief, a year of data, and a clock that starts on --today.

    Company, customers and people are fictional.
    """
    from ..agents.workspace import SIMULATED_NOW, open_workspace
    from ..store import campaigns

    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    EXAMPLES[example]().write(folder, units=customers, seed=seed, today=today.date(), no_effect=no_effect)
    workspace = open_workspace(folder / "brief.yaml")
    with workspace.store.write() as session:
        campaigns.keep_setting(session, SIMULATED_NOW, _office(workspace, today.date()).isoformat())
    click.echo(say(lang, "initialised", folder=folder, customers=customers))


@examples("kizuna check brief.yaml", "kizuna check brief.yaml --groups", "kizuna check brief.yaml --json")
@click.command()
@brief_argument
@click.option("--groups", "with_groups", is_flag=True, help="Read the data, and say how large the groups should be.")
@json_option
@click.pass_obj
def check(lang: "Language", brief: Path, with_groups: bool, as_json: bool) -> None:
    """Check a brief, its segment and its playbook. Every fault is listed with file, line and field.

    With --groups the data are read too, into a folder that vanishes afterwards: which lift the groups of the brief can
    show for the goal's metric, and which groups would do better.
    """
    from ..domain.errors import FaultyFile
    from ..service.checking import check_brief

    if not brief.exists():
        raise click.UsageError(f"there is no {brief}")
    try:
        checked = check_brief(brief)
    except FaultyFile as error:
        refuse(error, lang, as_json=as_json)
    if as_json:
        found = {"ok": True, "name": checked.name, "cycles": checked.cycles, "actions": list(checked.playbooks)}
        print_json(found | ({"groups": groups_as_data(brief)} if with_groups else {}))
        return
    click.echo(say(lang, "brief_fine", name=checked.name, cycles=checked.cycles, actions=len(checked.playbooks)))
    for line in group_lines(brief, checked, lang) if with_groups else [words(lang, "sizing.hint")]:
        click.echo(line)


@examples("kizuna schema > brief.schema.json")
@click.command()
def schema() -> None:
    """Print the JSON Schema of a brief; editors use it to complete and check while you type."""
    from ..tools.brief_file import brief_schema

    print_json(brief_schema())


@examples("kizuna fast-forward --days 7", "kizuna fast-forward --until-asked")
@click.command("fast-forward")
@brief_option
@click.option("--days", type=click.IntRange(1, 400), default=1, show_default=True, help="How many days to live on.")
@click.option("--until-asked", is_flag=True, help="Stop as soon as something waits for a person.")
@click.pass_obj
def fast_forward(lang: "Language", brief: Path, days: int, until_asked: bool) -> None:
    """Let an example company's world live on: customers answer, buy, leave; `tick` runs when something is due.

    Works on companies made by `kizuna init` only.
    """
    from ..service.running import tick
    from ..service.standing import is_anything_due, status

    workspace = open_brief(brief, lang)
    if not (workspace.folder / "world").is_dir():
        raise click.UsageError(f"{workspace.folder} is no example company: its time can't be moved")
    for _ in range(days):
        _live_one_day(workspace)
        if not is_anything_due(workspace):
            continue
        now = tick(workspace)
        if now.state == "finished" or (until_asked and now.waiting):
            break
    stopped = status(workspace)
    click.echo(
        say(
            lang,
            "forwarded",
            day=stopped.now.date(),
            state=say(lang, f"word_{stopped.state.replace(' ', '_')}"),
            waiting=len(stopped.waiting),
        )
    )


def _live_one_day(workspace: "Workspace") -> None:
    """The customers live through the day that the clock shows, then the clock goes to the next one."""
    from ..agents.workspace import SIMULATED_NOW
    from ..store import campaigns

    zone = workspace.brief.guardrails.quiet_hours.zone
    today = workspace.clock.now().astimezone(zone).date()
    example_in(workspace.folder).live_one_day(workspace.folder, today, workspace.folder / workspace.brief.delivery.path)
    with workspace.store.write() as session:
        campaigns.keep_setting(session, SIMULATED_NOW, _office(workspace, today + timedelta(days=1)).isoformat())


def _office(workspace: "Workspace", day: date) -> datetime:
    zone = workspace.brief.guardrails.quiet_hours.zone
    return datetime.combine(day, time(_OFFICE_HOUR), tzinfo=zone).astimezone(UTC)

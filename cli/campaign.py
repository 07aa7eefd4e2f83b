"""Commands that make a campaign move, and those that show what it did."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_argument, brief_option, console, examples, json_option, open_brief, print_json, say

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.standing import Status


@examples("kizuna run brief.yaml", "kizuna --lang ja run brief.yaml")
@click.command()
@brief_argument
@json_option
@click.pass_obj
def run(lang: "Language", brief: Path, as_json: bool) -> None:
    """Start the campaign of BRIEF, or go on with it, until it needs a person or has to wait.

    You need to be logged in as a marketer. Stop it whenever you like: it goes on where it was.
    """
    from ..service.people import who
    from ..service.running import start, tick

    workspace = open_brief(brief, lang)
    start(workspace, who(workspace))
    _tell_status(lang, tick(workspace), as_json)


@examples("kizuna tick", "*/5 * * * *  cd /srv/campaign && kizuna tick   # in a crontab")
@click.command()
@brief_option
@json_option
@click.pass_obj
def tick(lang: "Language", brief: Path, as_json: bool) -> None:
    """Do all that is due now: answered reviews, deliveries, outcomes, the next cycle. Safe to run twice at once."""
    from ..service.running import tick as do_what_is_due

    _tell_status(lang, do_what_is_due(open_brief(brief, lang)), as_json)


@examples("kizuna status", "kizuna status --json")
@click.command()
@brief_option
@json_option
@click.pass_obj
def status(lang: "Language", brief: Path, as_json: bool) -> None:
    """Where the campaign stands, what waits for whom, and when something is due next."""
    from ..service.standing import status as where_it_stands

    _tell_status(lang, where_it_stands(open_brief(brief, lang)), as_json)


@examples("kizuna pause --reason 'wrong price on the landing page'", "kizuna pause --everything --reason 'incident'")
@click.command()
@brief_option
@click.option("--reason", required=True, help="Why; everybody sees it.")
@click.option("--everything", is_flag=True, help="All campaigns of this store.")
@click.pass_obj
def pause(lang: "Language", brief: Path, reason: str, everything: bool) -> None:
    """Kill switch: from this moment nothing leaves."""
    from ..service import switching
    from ..service.people import who

    workspace = open_brief(brief, lang)
    scope = switching.pause(workspace, who(workspace), reason=reason, everything=everything)
    click.echo(say(lang, "paused", scope=scope))


@examples("kizuna resume", "kizuna resume --everything")
@click.command()
@brief_option
@click.option("--everything", is_flag=True, help="All campaigns of this store.")
@click.pass_obj
def resume(lang: "Language", brief: Path, everything: bool) -> None:
    """Let messages leave again; each is checked anew before it does."""
    from ..service import switching
    from ..service.people import who

    workspace = open_brief(brief, lang)
    click.echo(say(lang, "resumed", scope=switching.resume(workspace, who(workspace), everything=everything)))


@examples("kizuna report", "kizuna report --html report.html", "kizuna --lang ja report --html 報告.html")
@click.command()
@brief_option
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page.")
@json_option
@click.pass_obj
def report(lang: "Language", brief: Path, html: Path | None, as_json: bool) -> None:
    """What the campaign did, policy against holdout, with intervals; on the terminal or as one HTML file."""
    from ..inbox.report.page import render_page
    from ..inbox.report.terminal import print_report
    from ..service.reporting import build_report

    built = build_report(open_brief(brief, lang))
    if html is not None:
        html.write_text(render_page(built, lang), encoding="utf-8")
        click.echo(say(lang, "report_written", path=html), err=True)
    if as_json:
        print_json(built.model_dump(mode="json"))
    elif html is None:
        print_report(built, lang, console())


@examples(
    "kizuna why A000480", "kizuna --lang ja why A000480", "kizuna why A000480 --replay", "kizuna why A000480 --json"
)
@click.command()
@click.argument("unit")
@click.option("--replay", "again", is_flag=True, help="Make the decisions again, and say whether they are the same.")
@brief_option
@json_option
@click.pass_obj
def why(lang: "Language", unit: str, again: bool, brief: Path, as_json: bool) -> None:
    """The receipt of UNIT: what was decided in each cycle, what else was weighed, who looked, what came of it."""
    from ..inbox.receipt import print_receipt
    from ..inbox.replayed import print_replayed
    from ..service.receipts import build_receipt
    from ..service.replaying import replay_unit
    from .replay import as_plain

    workspace = open_brief(brief, lang)
    receipt = build_receipt(workspace, unit)
    found = replay_unit(workspace, unit) if again else []
    if as_json:
        made_again = [as_plain(replace(each, differences=each.of_unit(unit))) for each in found]
        print_json({**receipt, **({"replayed": made_again} if again else {})})
        return
    print_receipt(receipt, lang, console())
    if found:
        click.echo()
        print_replayed(found, lang, console(), unit_id=unit)


def _tell_status(lang: "Language", now: "Status", as_json: bool) -> None:
    from ..inbox.words import listed, name

    if as_json:
        print_json(
            {
                "campaign": now.campaign,
                "state": now.state,
                "cycle": now.cycle,
                "cycles": now.cycles,
                "now": now.now,
                "next_due": now.next_due,
                "busy": now.busy,
                "paused": now.paused,
                "deliveries": now.deliveries,
                "waiting": [
                    {
                        "id": row.id,
                        "kind": row.kind,
                        "role": row.role,
                        "assignee": row.assignee,
                        "until": row.expires_at,
                    }
                    for row in now.waiting
                ],
            }
        )
        return
    if now.busy:
        click.echo(say(lang, "busy"))
    click.echo(say(lang, f"state_{now.state.replace(' ', '_')}", name=now.campaign, cycle=now.cycle, cycles=now.cycles))
    if now.paused:
        click.echo(say(lang, "is_paused", reason=now.paused))
    if now.deliveries:
        counts = listed(lang, (f"{name(lang, 'delivery', state)} {count}" for state, count in now.deliveries.items()))
        click.echo(say(lang, "deliveries", counts=counts))
    _tell_waiting(lang, now)


def _tell_waiting(lang: "Language", now: "Status") -> None:
    """Who must decide, where to look, and how; rep drafts are counted per rep, the rest listed."""
    from collections import Counter

    from ..inbox.figures import moment

    for row in now.waiting:
        if row.kind != "each":
            until = moment(lang, row.expires_at.astimezone(now.zone))
            click.echo(say(lang, "waits", id=row.id, role=say(lang, f"role_{row.role}"), until=until))
    single = Counter(row.assignee or say(lang, f"role_{row.role}") for row in now.waiting if row.kind == "each")
    for assignee, count in sorted(single.items()):
        click.echo(say(lang, "waits_each", who=assignee, count=count))
    if now.waiting:
        click.echo(say(lang, "how_to_decide", id=now.waiting[0].id))
    elif now.next_due is not None and now.state == "running":
        click.echo(say(lang, "next_due", at=moment(lang, now.next_due.astimezone(now.zone))))

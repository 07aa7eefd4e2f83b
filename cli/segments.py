"""The command that shows segments: how large, who moved between them and why, which ones clustering proposes."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language

_MOST = 50


@examples(
    "kizuna segments",
    "kizuna segments --moves",
    "kizuna segments slipping_away --moves",
    "kizuna segments --propose",
    "kizuna --lang ja segments loyal",
)
@click.command()
@click.argument("name", required=False)
@click.option("--moves", is_flag=True, help="All movements since the last snapshot; of one segment, each customer's.")
@click.option("--propose", is_flag=True, help="Only the segments that clustering proposes.")
@click.option("--most", type=click.IntRange(1, 100_000), default=_MOST, show_default=True, help="Customers to list.")
@brief_option
@json_option
@click.pass_obj
def segments(
    lang: "Language", name: str | None, moves: bool, propose: bool, most: int, brief: Path, as_json: bool
) -> None:
    """Who is in which segment, who moved since the last snapshot and why, and which new segments suggest themselves.

    Segments come with the package, from segments.yaml beside the brief, and from the brief itself (`target`).
    With the NAME of one: its rule in words, how it grew, who came and left.
    """
    from ..inbox.segments import print_details, print_overview
    from ..service.segments import details, overview

    workspace = open_brief(brief, lang, quiet=True)
    if name is None:
        seen = overview(workspace)
        if as_json:
            print_json(asdict(seen))
        else:
            print_overview(seen, lang, console(), moves=moves, propose=propose)
        return
    if propose:
        raise click.UsageError("--propose is about all customers: leave the name out")
    one = details(workspace, name, most=most)
    if as_json:
        print_json(_plain(one))
    else:
        print_details(one, lang, console(), moves=moves)


def _plain(one: Any) -> dict[str, Any]:
    shown = ("unit_id", "came_from", "went_to", "why")
    return {
        **asdict(one.size),
        "as_of": one.as_of,
        "since": one.since,
        "history": [{"as_of": day, "units": units} for day, units in one.history],
        "flows": list(one.flows),
        "moved": [{key: getattr(row, key) for key in shown} for row in one.moved],
    }

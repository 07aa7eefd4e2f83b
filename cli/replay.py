"""The command that makes past decisions again and compares."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.replaying import Replayed


@examples("kizuna replay", "kizuna replay --cycle 2", "kizuna --lang ja replay --json")
@click.command()
@click.option("--cycle", type=click.IntRange(1), help="Only this cycle; without it, all that have a plan.")
@brief_option
@json_option
@click.pass_obj
def replay(lang: "Language", cycle: int | None, brief: Path, as_json: bool) -> None:
    """Make past decisions again from what was kept of them, and compare.

    With the snapshot, brief, playbook and beliefs of then, eligibility, values, allocation and the draw of chance are
    computed anew. Says "the same", or exactly what differs and what has changed since. Changes nothing; the exit code
    is 1 where a decision differs or can't be made again.
    """
    from ..inbox.replayed import print_replayed
    from ..service.replaying import replay_campaign

    found = replay_campaign(open_brief(brief, lang, quiet=True), cycle)
    if as_json:
        print_json([as_plain(each) for each in found])
    else:
        print_replayed(found, lang, console())
    if not all(each.is_same for each in found):
        raise SystemExit(1)


def as_plain(replayed: "Replayed") -> dict[str, Any]:
    """A replay as it is printed for scripts."""
    return {**asdict(replayed), "same": replayed.is_same}

"""The command that values other policies by a campaign's own log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna evaluate", "kizuna --lang ja evaluate", "kizuna evaluate --json")
@click.command()
@brief_option
@json_option
@click.pass_obj
def evaluate(lang: "Language", brief: Path, as_json: bool) -> None:
    """What other policies would have brought on the campaign's own log, with intervals.

    Nothing, chance, each action for all who may get it, and the beliefs in force, in JPY a customer and cycle. It needs
    a measured cycle, and says so where the log can't tell.
    """
    from ..inbox.evaluation import print_evaluation
    from ..service.evaluating import evaluate_policies

    found = evaluate_policies(open_brief(brief, lang, quiet=True)).as_dict()
    if as_json:
        print_json(found)
    else:
        print_evaluation(found, lang, console())

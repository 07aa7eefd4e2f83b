"""The command that shows lifetime value: the model and its check, what moves it, ranks, and sources of customers."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_argument, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna value", "kizuna --lang ja value brief.yaml", "kizuna value --json")
@click.command()
@brief_argument
@json_option
@click.pass_obj
def value(lang: "Language", brief: Path, as_json: bool) -> None:
    """What customers are worth, how we know, and what would have to change for the goal.

    The model that foresees it and how right it was on the last months, ranks and who moved between them, how far each
    lever alone would have to move, and what customers of each source are worth against what winning them cost.
    """
    from ..inbox.value import print_value
    from ..service.valuing import value_view

    seen = value_view(open_brief(brief, lang, quiet=True))
    if as_json:
        print_json(asdict(seen))
    else:
        print_value(seen, lang, console())

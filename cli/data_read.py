"""The command that reads what is new in the sources."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna data read", "kizuna data read --json", "kizuna --lang ja data read")
@click.command()
@brief_option
@json_option
@click.pass_obj
def read(lang: "Language", brief: Path, as_json: bool) -> None:
    """Read what is new in the sources, check every row, and publish the good ones.

    A campaign does it by itself at every tick. Rows that break a rule are set aside; where they are more than
    `faulty_rows_allowed`, nothing is published. Reading the same again changes nothing.
    """
    from ..inbox.sources_read import print_read
    from ..service.reading_sources import read_now

    found = read_now(open_brief(brief, lang))
    if as_json:
        print_json(asdict(found))
    else:
        print_read(found, lang, console())

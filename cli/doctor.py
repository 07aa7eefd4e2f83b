"""The command that looks whether all a campaign needs is in order."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, examples, json_option, open_brief, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language

_MARKS = {"fine": ("✓", "green"), "broken": ("✗", "red"), "doubtful": ("!", "yellow")}


@examples("kizuna doctor", "kizuna --lang ja doctor", "kizuna doctor --json")
@click.command()
@brief_option
@json_option
@click.pass_obj
def doctor(lang: "Language", brief: Path, as_json: bool) -> None:
    """Look whether store, mail relay, mailboxes, pages, clock and DNS are in order; sends nothing.

    Ends with 1 where something that this campaign needs is broken.
    """
    from ..inbox.words import say
    from ..service.examining import examine

    findings = examine(open_brief(brief, lang, quiet=True))
    broken = sum(finding.is_bad for finding in findings)
    if as_json:
        print_json({"ok": not broken, "findings": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            mark, colour = _MARKS.get(finding.state, ("·", None))
            note = f": {finding.note}" if finding.note else ""
            state = say(lang, f"doctor.state_{finding.state}")
            click.echo(f"{click.style(mark, fg=colour)} {say(lang, f'doctor.{finding.what}')}: {state}{note}")
        click.echo(say(lang, "doctor.all_fine") if not broken else say(lang, "doctor.some_broken", count=broken))
    raise SystemExit(1 if broken else 0)

"""Commands about customers as persons: what is held of them, and erasing them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, examples, open_brief, say

if TYPE_CHECKING:
    from ..domain.brief import Language


@examples("kizuna export-person C000123 --to my-data.json", "kizuna export-person A000480")
@click.command("export-person")
@click.argument("ident", metavar="ID")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it; else it is printed.")
@brief_option
@click.pass_obj
def export_person(lang: "Language", ident: str, to: Path | None, brief: Path) -> None:
    """Everything held of a customer, as JSON to hand over. ID is a contact's, or an account's. For operators."""
    from ..agents.workspace import write_private
    from ..domain.playbook import Role
    from ..service import people, taking_out

    workspace = open_brief(brief, lang)
    by = people.who(workspace)
    by.must_be(Role.OPERATOR)
    content = json.dumps(taking_out.export(workspace, ident, by=by.login), ensure_ascii=False, indent=1, sort_keys=True)
    if to is None:
        click.echo(content)
        return
    write_private(to, content + "\n")
    click.echo(say(lang, "person_exported", path=to))


@examples("kizuna erase-person C000123", "kizuna erase-person C000123 --yes")
@click.command("erase-person")
@click.argument("ident", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask: it can't be undone.")
@brief_option
@click.pass_obj
def erase_person(lang: "Language", ident: str, yes: bool, brief: Path) -> None:
    """Erase a customer from everywhere, for good. ID is a contact's, or an account's with all its contacts.

    Only keyed hashes stay, so that nothing is ever sent to them and no source brings them back. For operators.
    """
    from ..domain.playbook import Role
    from ..service import erasing, people

    workspace = open_brief(brief, lang)
    by = people.who(workspace)
    by.must_be(Role.OPERATOR)
    if not yes:
        click.confirm(say(lang, "person_erase_sure", ident=ident), abort=True)
    done = erasing.erase(workspace, ident, by=by.login)
    if not done.done:
        click.echo(say(lang, "person_erase_waits"))
        return
    click.echo(say(lang, "person_erased", people=done.people, messages=done.messages, snapshots=done.snapshots))

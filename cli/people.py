"""Commands about people: who may log in, and who is logged in."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import brief_option, examples, json_option, open_brief, print_json, say

if TYPE_CHECKING:
    from ..domain.brief import Language


def _password(again: bool) -> str:
    """From the terminal without echo, or the first line of standard input: never from the command line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=again)
    return entered


@examples(
    "kizuna add-person tanaka --name '田中 恵' --email tanaka@nagare.example --role operator --role marketer",
    "kizuna add-person r01 --name 'R. One' --email r01@nagare.example --role sales_rep --rep-id R01",
)
@click.command("add-person")
@click.argument("login")
@click.option("--name", required=True, help="Full name.")
@click.option("--email", required=True, help="Mail address.")
@click.option("--role", "roles", multiple=True, required=True, help="marketer, supervisor, sales_rep or operator.")
@click.option("--rep-id", help="For a sales rep: the id in reps.csv.")
@click.option("--language", type=click.Choice(["ja", "en"]), default="ja", show_default=True)
@brief_option
@click.pass_obj
def add_person(
    lang: "Language",
    login: str,
    name: str,
    email: str,
    roles: tuple[str, ...],
    rep_id: str | None,
    language: str,
    brief: Path,
) -> None:
    """Add somebody who will log in. The first person must be an operator; later only operators add people.

    The password is asked for, or read from standard input.
    """
    from ..domain.errors import NotLoggedIn
    from ..service import people

    workspace = open_brief(brief, lang)
    try:
        by = people.who(workspace)
    except NotLoggedIn:
        by = None
    people.add_person(
        workspace,
        by=by,
        login=login,
        name=name,
        email=email,
        password=_password(again=True),
        roles=list(roles),
        language=language,
        rep_id=rep_id,
    )
    click.echo(say(lang, "person_added", login=login, roles=", ".join(roles)))


@examples("kizuna login tanaka", "kizuna login tanaka < password-file")
@click.command()
@click.argument("name")
@brief_option
@click.pass_obj
def login(lang: "Language", name: str, brief: Path) -> None:
    """Log in as NAME. The log-in is kept in a file that only you can read, for 7 days."""
    from ..service import people

    workspace = open_brief(brief, lang)
    person = people.log_in(workspace, name, _password(again=False))
    click.echo(say(lang, "logged_in", name=person.name, roles=", ".join(sorted(person.roles))))


@examples("kizuna logout")
@click.command()
@brief_option
@click.pass_obj
def logout(lang: "Language", brief: Path) -> None:
    """Log out: the token is forgotten, here and in the store."""
    from ..service import people

    people.log_out(open_brief(brief, lang))
    click.echo(say(lang, "logged_out"))


@examples("kizuna whoami", "kizuna whoami --json")
@click.command()
@brief_option
@json_option
@click.pass_obj
def whoami(lang: "Language", brief: Path, as_json: bool) -> None:
    """Say who is logged in, with which roles."""
    from ..service import people

    person = people.who(open_brief(brief, lang))
    if as_json:
        print_json({"login": person.login, "name": person.name, "roles": sorted(person.roles)})
    else:
        click.echo(f"{person.login} ({person.name}): {', '.join(sorted(person.roles))}")

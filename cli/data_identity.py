"""Commands about who is who: why records are one person, and people's corrections."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_option, console, examples, json_option, open_brief, print_json, zone_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from ..domain.brief import Language
    from ..service.identity import Customer, Record


@examples("kizuna data who C000123", "kizuna data who pos:5531 --json", "kizuna data who --flagged")
@click.command()
@click.argument("ident", metavar="ID", required=False)
@click.option("--flagged", is_flag=True, help="All links that a person should look at, instead of one customer.")
@json_option
@brief_option
@click.pass_obj
def who(lang: "Language", ident: str | None, flagged: bool, as_json: bool, brief: Path) -> None:
    """Say which records are one person, and why. ID is a customer's id or any of their records'.

    Each record is shown with the rule that links it and what it shares, its middle taken out. For operators and
    supervisors.
    """
    from dataclasses import asdict

    from ..service import identity, people

    if (ident is None) is not flagged:
        raise click.UsageError("give an ID, or --flagged")
    workspace = open_brief(brief, lang)
    by = people.who(workspace)
    if ident is None:
        records = identity.flagged(workspace, by=by)
        if as_json:
            print_json([asdict(record) for record in records])
            return
        _tell(lang, "flagged", count=len(records))
        if records:
            _table(lang, records, zone_of(workspace))
        return
    customer = identity.who(workspace, ident, by=by)
    if as_json:
        print_json(asdict(customer))
        return
    _show(lang, customer, zone_of(workspace))


@examples("kizuna data split C000123 web:77")
@click.command()
@click.argument("ident", metavar="ID")
@click.argument("record", metavar="RECORD")
@brief_option
@click.pass_obj
def split(lang: "Language", ident: str, record: str, brief: Path) -> None:
    """Take RECORD away from the customer ID, and keep it apart from now on.

    It becomes a customer of its own under its own id. Groups of running campaigns stay as they were drawn. For
    operators and supervisors.
    """
    from ..service import identity, people

    workspace = open_brief(brief, lang)
    identity.split(workspace, ident, record, by=people.who(workspace))
    _tell(lang, "split", record=record, customer=ident)


@examples('kizuna data join C000123 C000480 --reason "same person, said so on the phone"')
@click.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--reason", required=True, help="Why they are one person; it goes on record.")
@brief_option
@click.pass_obj
def join(lang: "Language", one: str, other: str, reason: str, brief: Path) -> None:
    """Make one customer of A and B. The id that is known longer stays, the other leads to it.

    What either withdrew stays withdrawn. Nobody changes their group. For operators and supervisors.
    """
    from ..service import identity, people

    workspace = open_brief(brief, lang)
    customer = identity.join(workspace, one, other, reason, by=people.who(workspace))
    _tell(lang, "joined", customer=customer.customer_id, count=len(customer.records))
    _conflicts(lang, customer)


def _show(lang: "Language", customer: "Customer", zone: "tzinfo") -> None:
    key = "alone" if len(customer.records) == 1 else "customer"
    _tell(lang, key, customer=customer.customer_id, count=len(customer.records))
    if len(customer.records) > 1:
        _table(lang, customer.records, zone)
    _conflicts(lang, customer)


def _conflicts(lang: "Language", customer: "Customer") -> None:
    from ..inbox.words import name

    for conflict in customer.conflicts:
        groups = {"group": conflict.group, "alias_group": conflict.alias_group}
        shown = {place: name(lang, "group", group) for place, group in groups.items()}
        _tell(lang, "conflict", campaign=conflict.campaign, alias=conflict.alias, **shown)


def _table(lang: "Language", records: "list[Record]", zone: "tzinfo") -> None:
    from rich.table import Table

    from ..inbox.words import clean, name, say

    table = Table(*(say(lang, f"identity.{column}") for column in ("record", "rule", "shared", "via", "since", "flag")))
    for record in records:
        rule = name(lang, "identity_rule", record.rule or "itself")
        flag = name(lang, "identity_flag", record.flag) if record.flag else ""
        since = record.since.astimezone(zone).date().isoformat()
        table.add_row(clean(record.record_id), rule, clean(record.shared), clean(record.via), since, flag)
    console().print(table)


def _tell(lang: "Language", key: str, **values: Any) -> None:
    from ..inbox.words import clean, say

    shown = {place: clean(value) if isinstance(value, str) else value for place, value in values.items()}
    click.echo(say(lang, f"identity.{key}", **shown))

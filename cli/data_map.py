"""The command that proposes the columns of a file or table as lines for the brief."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import brief_option, examples, json_option, print_json

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.mapping import Proposed, UnitKind

_SQLITE = frozenset({".db", ".sqlite", ".sqlite3"})


@examples(
    "kizuna data map exports/members.csv",
    "kizuna data map exports/members.csv persons",
    "kizuna data map --database SHOP_DATABASE_URL --table orders orders",
    "kizuna --lang ja data map shop.db --table members persons",
)
@click.command()
@click.argument("names", nargs=-1, metavar="[FILE] [ENTITY]")
@brief_option
@click.option("--database", metavar="VARIABLE", help="The environment variable with a database's SQLAlchemy URL.")
@click.option("--table", help="The table or view of the database, or of an SQLite file.")
@click.option("--unit", type=click.Choice(["person", "account"]), help="Whom it is about, where no brief says so.")
@json_option
@click.pass_obj
def map(
    lang: "Language",
    names: tuple[str, ...],
    brief: Path,
    database: str | None,
    table: str | None,
    unit: "UnitKind | None",
    as_json: bool,
) -> None:
    """Propose how the columns of FILE fit the contract, as YAML for the brief.

    Goes by the header row (English or Japanese) and by the first rows: encoding, separator, local times, codes such
    as 売上 and 返品. Without ENTITY it also says what the file is. Nothing is changed or kept.
    """
    proposed = _proposed(names, brief, database, table, unit)
    if as_json:
        print_json(_plain(proposed))
        return
    from ..inbox.feed_block import feed_block

    click.echo(feed_block(proposed, lang), nl=False)


def _proposed(
    names: tuple[str, ...], brief: Path, variable: str | None, table: str | None, unit: "UnitKind | None"
) -> "Proposed":
    from ..domain.sources import Database
    from ..service.mapping import propose_file, propose_table

    expected = 1 if variable else 2
    if len(names) > expected or not (names or variable):
        raise click.UsageError("name a FILE, or --database and --table; and an ENTITY if you know it")
    entity = names[expected - 1] if len(names) == expected else None
    file = None if variable else Path(names[0])
    if file is None or file.suffix.lower() in _SQLITE:
        if not table:
            raise click.UsageError("say --table")
        database = Database(url_env=variable) if variable else Database(file=names[0])
        return propose_table(database, table, entity, brief=brief, unit=unit)
    return propose_file(file, entity, brief=brief, unit=unit)


def _plain(proposed: "Proposed") -> dict[str, Any]:
    proposal = proposed.proposal
    return {
        "entity": proposal.source.name,
        "fit": round(proposal.fit, 2),
        "others": [{"entity": entity, "fit": round(fit, 2)} for entity, fit in proposed.others],
        "encoding": proposed.sample.encoding,
        "separator": proposed.sample.separator,
        "time_zone": proposal.time_zone,
        "columns": [
            {"column": match.column, "header": match.header, "sure": match.sureness, "why": match.why}
            for match in proposal.matches
        ],
        "values": proposal.values,
        "constants": proposal.constants,
        "row_id": proposal.row_id,
        "one_per": proposal.one_per,
        "open_columns": proposal.open_columns,
        "open_values": proposal.open_values,
        "unused": proposal.unused,
    }

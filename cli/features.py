"""The command that lists what is known of a customer."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import console, examples, json_option, print_json, refuse

if TYPE_CHECKING:
    from ..domain.brief import Language
    from ..service.features import Feature

_DIALECTS = ("duckdb", "spark", "postgres", "bigquery", "snowflake")


@examples(
    "kizuna features",
    "kizuna --lang ja features",
    "kizuna features order_overdue_ratio",
    "kizuna features last_nps --sql postgres",
    "kizuna features --folder my-features",
)
@click.command()
@click.argument("name", required=False)
@click.option("--sql", "dialect", type=click.Choice(_DIALECTS), help="Show the query of NAME for this engine.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="List your own features with the rest."
)
@json_option
@click.pass_obj
def features(lang: "Language", name: str | None, dialect: str | None, folder: Path | None, as_json: bool) -> None:
    """List what is known of a customer: meaning, unit, window, what unknown means, and who uses it.

    With a NAME also the columns that it needs. Rules of segments and playbooks are written over these names. Your own
    features lie in a folder of YAML files, which the brief names as `feature_folder`; faults come with their lines.
    """
    from ..domain.errors import FaultyFile
    from ..service.features import feature_named, features_in

    if dialect is not None and name is None:
        raise click.UsageError("name the feature whose SQL you want: kizuna features NAME --sql postgres")
    try:
        known = features_in(folder)
    except FaultyFile as error:
        refuse(error, lang, as_json=as_json)
    if name is not None:
        _one(lang, feature_named(name, folder), dialect, folder, as_json)
    elif as_json:
        print_json([_plain(feature, folder) for feature in known])
    else:
        _all(lang, known)


def _all(lang: "Language", known: "Any") -> None:
    from rich.table import Table
    from rich.text import Text

    own = sum(feature.is_own for feature in known)
    click.echo(_phrase(lang, "intro", count=len(known)) + (_phrase(lang, "own", count=own) if own else ""))
    ordered = sorted(known, key=lambda feature: feature.is_own)
    for entity, group in groupby(ordered, key=lambda feature: feature.entity):
        click.echo("\n" + click.style(_entity(lang, entity), underline=True))
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        for feature in group:
            table.add_row(Text(f"  {feature.name}"), Text(f"{feature.meanings[lang]} ({_line(lang, feature)})"))
        console().print(table)


def _one(lang: "Language", feature: "Feature", dialect: str | None, folder: Path | None, as_json: bool) -> None:
    from ..service.features import needs_of, sql_of

    if as_json:
        shown = [dialect] if dialect else _DIALECTS
        print_json({**_plain(feature, folder), "sql": {one: sql_of(feature, one, folder) for one in shown}})
        return
    if dialect is not None:
        click.echo(sql_of(feature, dialect, folder) or _phrase(lang, "no_sql"))
        return
    click.echo(click.style(feature.name, bold=True) + f"  {feature.meanings[lang]}")
    for label, text in _details(lang, feature):
        click.echo(f"  {_phrase(lang, label)}: {text}")
    needed = sorted(needs_of(feature.name, folder))
    click.echo(f"  {_phrase(lang, 'needs')}: {', '.join(needed) if needed else _phrase(lang, 'no_sql')}")
    if needed:
        click.echo("\n" + _phrase(lang, "see_sql", name=feature.name, dialects=" | ".join(_DIALECTS)))


def _details(lang: "Language", feature: "Feature") -> Iterator[tuple[str, str]]:
    yield "type", _phrase(lang, f"types.{feature.type}")
    if feature.unit:
        yield "unit", _unit(lang, feature)
    yield "from", _entity(lang, feature.entity)
    definition = feature.definition
    if definition.formula is not None:
        yield "formula", " ".join(definition.formula.split())
    if definition.aggregate is not None:
        yield "made", f"{definition.aggregate} {definition.of or ''}".strip()
    if definition.where is not None:
        yield "where", " ".join(definition.where.split())
    if definition.days is not None:
        yield "window", _window(lang, feature)
    yield "null", _null(lang, feature)
    if feature.values:
        yield "values", ", ".join(feature.values)
    yield "users", _users(lang, feature)


def _line(lang: "Language", feature: "Feature") -> str:
    otherwise = _phrase(lang, "else", null=_null(lang, feature))
    parts = [_unit(lang, feature), _window(lang, feature), otherwise, _users(lang, feature)]
    return " · ".join(part for part in parts if part)


def _unit(lang: "Language", feature: "Feature") -> str:
    from ..inbox.words import name

    return name(lang, "features.units", feature.unit)


def _users(lang: "Language", feature: "Feature") -> str:
    from ..inbox.words import name

    users = [name(lang, "features.used_by", user) for user in feature.users]
    return ", ".join(users) or _phrase(lang, "yourself")


def _window(lang: "Language", feature: "Feature") -> str:
    days, before = feature.definition.days, feature.definition.before
    if days is None:
        return ""
    return _phrase(lang, "days_before", days=days, before=before) if before else _phrase(lang, "days", days=days)


def _null(lang: "Language", feature: "Feature") -> str:
    if feature.unknown is None:
        return _phrase(lang, "null_unknown")
    value = f"{feature.unknown:g}"
    return _phrase(lang, "null_if_any" if feature.none_is_unknown else "null_value", value=value)


def _entity(lang: "Language", entity: str) -> str:
    from ..inbox.words import name

    return name(lang, "features.entity", entity)


def _plain(feature: "Feature", folder: Path | None) -> dict[str, Any]:
    from ..service.features import needs_of

    definition = feature.definition.model_dump(mode="json", exclude_none=True, exclude={"helper"})
    own = {"name": feature.name, "entity": feature.entity, "own": feature.is_own}
    return {**own, **definition, "needs": sorted(needs_of(feature.name, folder))}


def _phrase(lang: "Language", key: str, **values: Any) -> str:
    from ..inbox.words import say

    return say(lang, f"features.{key}", **values)

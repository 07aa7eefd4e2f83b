"""Links by a probabilistic model (Fellegi and Sunter 1969), fitted without labels by Splink (the extra `splink`).

It compares what is nearly equal, weighs how telling each field is in these very records, and links what is likelier
than a threshold. Guards are those of the rules: shared keys, contradictions, what people said. Sampling is by hashes of
ids, so the same records give the same model.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from ...domain.errors import UserError
from .components import count
from .linking import Linked, Pair, cap, gather, make_edges
from .rules import NAMES, RuleSet

#: The rule of links that the model made.
MODEL = "model"
_STRENGTH = 1_000
_SEED = 20261121


@dataclass(frozen=True)
class Field:
    """How one thing about two records is compared: SQL conditions over `<column>_l` and `<column>_r`, best first."""

    name: str
    unknown: str  #: when it says nothing
    levels: tuple[str, ...]
    equal: str = ""  #: the column whose equality is the first level, where it is one column's


@dataclass(frozen=True)
class Model:
    """What is compared, which pairs are looked at, and from what likelihood on a pair is one person."""

    fields: tuple[Field, ...]
    candidates: tuple[tuple[str, ...], ...]  #: pairs equal in all columns of any of these are compared
    training: tuple[tuple[str, ...], ...]  #: the weights are learned among pairs equal in these, in turn
    certain: tuple[tuple[str, ...], ...]  #: equality that almost always means one person, for the share of matches
    certain_finds: float  #: the share of all matches that `certain` finds, roughly
    columns: tuple[str, ...]  #: of `identity_records`, that all this needs
    threshold: float = 0.9
    sampled_pairs: float = 2e6  #: at least; what few pairs of different people have in common needs more
    sampled_per_record: float = 20
    capped: tuple[str, ...] = ()


def exact(column: str, *more: str) -> Field:
    """Equal, or as `more` says, or else."""
    return Field(column, f"{column}_l IS NULL OR {column}_r IS NULL", (f"{column}_l = {column}_r", *more), column)


def similar(column: str, *at_least: float) -> Field:
    """Equal, or Jaro-Winkler similar at least so much."""
    return exact(column, *(f"jaro_winkler_similarity({column}_l, {column}_r) >= {share}" for share in at_least))


def mistyped(column: str, letters: int, *, same_end: int = 0) -> Field:
    """Equal, or at most so many letters away (Levenshtein), where the last `same_end` letters are equal.

    What is cheap is asked first: a distance costs DuckDB many microseconds, and most pairs are nothing alike.
    """
    alike = f"abs(length({column}_l) - length({column}_r)) <= {letters}"
    if same_end:
        alike += f" AND right({column}_l, {same_end}) = right({column}_r, {same_end})"
    return exact(column, f"CASE WHEN {alike} THEN levenshtein({column}_l, {column}_r) <= {letters} ELSE FALSE END")


def near_date(column: str) -> Field:
    """Equal, or two of year, month and day are."""
    parts = " + ".join(f"CAST({part}({column}_l) = {part}({column}_r) AS INTEGER)" for part in ("year", "month", "day"))
    return exact(column, f"{parts} >= 2")


_COMPARABLE = " OR ".join(f"({name}_l IS NOT NULL AND {name}_r IS NOT NULL)" for name in NAMES)
_SAME = " OR ".join(f"coalesce({name}_l = {name}_r, FALSE)" for name in NAMES)
_GIVEN = " OR ".join(
    f"coalesce(suffix({name}_l, {name}_r) OR suffix({name}_r, {name}_l), FALSE)"
    for name in ("given_written", "given_sound")
)
JAPANESE = Model(
    fields=(
        Field("name", f"NOT ({_COMPARABLE})", (_SAME, _GIVEN)),
        mistyped("mail", 2, same_end=8),
        exact("phone"),
        near_date("birth_date"),
    ),
    candidates=(
        ("mail",),
        ("phone",),
        *(("birth_date", name) for name in ("written", "sound", "given_written", "given_sound")),
        ("written", "mail_start"),
        ("sound", "mail_start"),
    ),
    training=(("mail",), ("phone", "written"), ("birth_date", "written")),
    certain=(("mail",), ("phone", "written"), ("birth_date", "written")),
    certain_finds=0.7,
    columns=("mail", "phone", "birth_date", *NAMES, "given_written", "given_sound", "left(mail, 2) AS mail_start"),
    capped=("mail", "phone"),
)


def link_by_model(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    model: Model,
    *,
    joined: Sequence[Pair] = (),
    forced: Sequence[Pair] = (),
    apart: Sequence[Pair] = (),
) -> Linked:
    """As customers/identity/linking.py: `link`, with the model's links beside those of the rules.

    Raises UserError where the extra is not installed.
    """
    capped = cap(connection, replace(rules, capped=tuple(dict.fromkeys((*rules.capped, *model.capped)))))
    make_edges(connection, rules)
    _add_likely(connection, rules, model)
    return gather(connection, rules, capped, joined=joined, forced=forced, apart=apart)


def _add_likely(connection: duckdb.DuckDBPyConnection, rules: RuleSet, model: Model) -> None:
    linker = _linker(connection, rules, model)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [_equal(columns, rules) for columns in model.certain], recall=model.certain_finds
    )
    pairs = max(model.sampled_pairs, model.sampled_per_record * count(connection, "identity_compared"))
    training.estimate_u_using_random_sampling(max_pairs=pairs, seed=_SEED)
    for columns in model.training:
        training.estimate_parameters_using_expectation_maximisation(_equal(columns, rules))
    found = linker.inference.predict(threshold_match_probability=model.threshold)
    connection.execute(
        f"""INSERT INTO identity_edges SELECT least(a.number, b.number), greatest(a.number, b.number), ?, ?
        FROM {found.physical_name} JOIN identity_compared a ON a.number = number_l
        JOIN identity_compared b ON b.number = number_r WHERE NOT {rules.contradiction}""",  # noqa: S608
        [MODEL, _STRENGTH],
    )
    linker.table_management.delete_tables_created_by_splink_from_db()


def _linker(connection: duckdb.DuckDBPyConnection, rules: RuleSet, model: Model) -> Any:
    try:
        from splink import DuckDBAPI, Linker
    except ImportError as error:
        raise UserError(
            "`method: splink` needs the extra: pip install 'kizuna[splink]'; or write `method: exact` in the brief"
        ) from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    scope = (rules.scope,) if rules.scope else ()
    first = " WHERE is_first" if rules.further else ""
    connection.execute(
        f"CREATE OR REPLACE TABLE identity_compared AS SELECT number, {', '.join((*scope, *model.columns))} "  # noqa: S608
        f"FROM identity_records{first}"
    )
    api = DuckDBAPI(connection)
    settings = _settings(rules, model, [_comparison(field, _by_chance(connection, field)) for field in model.fields])
    return Linker(api.register("identity_compared"), settings, log_level=logging.ERROR)


def _by_chance(connection: duckdb.DuckDBPyConnection, field: Field) -> float | None:
    """The share of all pairs that are equal in the field's column; None where none is.

    Counted by value: among millions of people nearly nobody shares a mailbox with anybody else, and a sample of pairs
    that holds no such pair says nothing.
    """
    if not field.equal:
        return None
    (share,) = connection.execute(
        f"""SELECT sum(n * (n - 1)) / nullif(sum(n) * (sum(n) - 1), 0) FROM
        (SELECT CAST(count(*) AS DOUBLE) AS n FROM identity_compared WHERE {field.equal} IS NOT NULL
        GROUP BY {field.equal})"""  # noqa: S608
    ).fetchall()[0]
    return share or None


def _settings(rules: RuleSet, model: Model, comparisons: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "number",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": _equal(columns, rules), "sql_dialect": "duckdb"} for columns in model.candidates
        ],
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": False,
    }


def _comparison(field: Field, by_chance: float | None) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [{"sql_condition": field.unknown, "is_null_level": True}]
    levels += [{"sql_condition": condition} for condition in field.levels]
    if by_chance is not None:
        levels[1] |= {"u_probability": by_chance, "fix_u_probability": True}
    levels.append({"sql_condition": "ELSE"})
    named = [level | {"label_for_charts": str(place)} for place, level in enumerate(levels)]
    return {"output_column_name": field.name, "comparison_levels": named}


def _equal(columns: Sequence[str], rules: RuleSet) -> str:
    key = (*((rules.scope,) if rules.scope else ()), *columns)
    return " AND ".join(f"l.{column} = r.{column}" for column in key)

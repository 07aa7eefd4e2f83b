"""What is known of a customer, as people read it: each feature with its meaning, where it comes from, and its SQL."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from ..customers.features.catalogue import Feature, catalogue, feature_query, needs_of
from ..customers.features.engines import DIALECTS
from ..domain.errors import UserError

__all__ = ["DIALECTS", "Feature", "feature_named", "features_in", "needs_of", "sql_of"]


def features_in(folder: Path | None = None) -> Sequence[Feature]:
    """All features, and those of one's own folder. Raises FaultyFile with every fault of the folder's files."""
    return catalogue(folder)


def feature_named(name: str, folder: Path | None = None) -> Feature:
    """The feature of this name. Raises UserError, which says what there is."""
    known = {feature.name: feature for feature in catalogue(folder)}
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "`kizuna features` lists them all"
        raise UserError(f"there is no feature {name!r}; {hint}")
    return known[name]


def sql_of(feature: Feature, dialect: str, folder: Path | None = None) -> str | None:
    """The query that computes this feature alone, in an engine's words; None for a score, which models make."""
    return None if feature.source == "score" else feature_query(dialect, names=(feature.name,), folder=folder)

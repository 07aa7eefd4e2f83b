"""No feature without a user: whoever is named as one really names the feature."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from kizuna.customers.features.catalogue import Feature, catalogue
from kizuna.customers.features.queries import defined_features

ROOT = Path(__file__).parents[4]
#: Where each kind of user writes the names of the features that it uses.
PLACES: Mapping[str, tuple[str, ...]] = {
    "playbooks": ("playbooks/*.yaml",),
    "signals": ("customers/signals/*.yaml",),
    "churn": ("agents/predicting.py",),
    "ltv": ("agents/worth.py", "agents/valuing_contracts.py"),
    "content": ("prompts/messages/*/facts.yaml", "agents/facts.py"),
    "reviews": ("agents/facts.py", "agents/content.py", "agents/proposing.py", "customers/people.py"),
    "reports": ("agents/worth.py", "agents/measure.py", "agents/analysis.py"),
    "indicators": ("agents/indicators.py",),
    "learning": ("agents/effects_seen.py", "agents/telling_apart.py"),
}


@cache
def words_of(user: str) -> frozenset[str]:
    files = [file for place in PLACES[user] for file in sorted(ROOT.glob(place))]
    assert files, f"{user}: nothing at {PLACES[user]}"
    return frozenset(word for file in files for word in re.findall(r"\w+", file.read_text(encoding="utf-8")))


def is_used(feature: Feature, user: str) -> bool:
    if user == "segments":  # whatever is offered to a segment can be written there
        return True
    if user == "features":
        return any(feature.name in re.findall(r"\w+", d.definition.formula or "") for d in defined_features())
    names = {feature.name, re.sub(r"_(ja|en|url)$", "", feature.name), re.sub(r"_name_(ja|en)$", "", feature.name)}
    return bool(names & words_of(user))


@pytest.mark.parametrize("feature", catalogue(), ids=lambda feature: feature.name)
def test_every_user_that_a_feature_names_uses_it(feature: Feature) -> None:
    assert feature.users
    assert [user for user in feature.users if not is_used(feature, user)] == []


def test_a_user_that_does_not_use_a_feature_is_noticed() -> None:
    feature = next(feature for feature in catalogue() if feature.name == "top_category")
    assert not any(is_used(feature, user) for user in ("churn", "playbooks", "features"))


def test_every_feature_is_described_in_both_languages() -> None:
    for feature in catalogue():
        assert feature.meanings["en"].isascii() and not feature.meanings["ja"].isascii(), feature.name

from pathlib import Path

from kizuna.customers.eligibility import check_rule
from kizuna.customers.features.catalogue import catalogue
from kizuna.playbooks.loader import load_playbooks, packaged_names
from kizuna.tools.brief_file import load_brief

EXAMPLE = Path(__file__).parents[3] / "examples/saas/brief.yaml"
FEATURES = {feature.name for feature in catalogue()}


def sound(rule: str) -> list[str]:
    return check_rule(rule, FEATURES)


def test_every_packaged_rule_speaks_of_features_that_exist() -> None:
    assert tuple(load_playbooks(packaged_names(), None, sound)) == packaged_names()


def test_example_brief_names_actions_and_features_that_exist() -> None:
    brief, _ = load_brief(EXAMPLE)
    assert sound(brief.segment) == []
    assert set(load_playbooks(brief.playbooks, None, sound)) == set(brief.playbooks) <= set(packaged_names())

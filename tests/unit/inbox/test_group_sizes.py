"""What the groups can show and what would help, in both languages, with the lines to put into the brief."""

from typing import Any

import pytest
import yaml
from kizuna.agents.sizing import SizedGroups
from kizuna.decisioning.measuring.sizing import Yardstick, propose_groups
from kizuna.domain.brief import Language, Metric
from kizuna.domain.decision import Group
from kizuna.inbox.group_sizes import sizing_lines
from kizuna.inbox.helping import help_lines, helps_little
from kizuna.inbox.words import LANGUAGES

SHARES = {Group.POLICY: 50.0, Group.RANDOM_CONTROL: 20.0, Group.HOLDOUT: 30.0}
WAYS: list[dict[str, Any]] = [
    {"way": "longer", "chance": 0.4, "expected_lift": 0.03, "minimum_detectable_lift": 0.1, "days": 180},
    {"way": "budget", "chance": 0.5, "expected_lift": 0.03, "minimum_detectable_lift": 0.1, "budget_jpy": 400_000.0},
    {"way": "levers", "chance": 0.4, "expected_lift": 0.03, "minimum_detectable_lift": 0.1, "levers": ["referral"]},
    {"way": "groups", "chance": 0.2, "minimum_detectable_lift": None, "percent": {"policy": 50, "holdout": 50}},
    {"way": "wider", "chance": 0.2, "minimum_detectable_lift": 0.04, "units": 6238},
    {"way": "smaller_goal", "chance": 0.8, "lift": -0.012, "minimum_detectable_lift": 0.1},
]


def sized(audience: int, target: float = 0.04) -> SizedGroups:
    yardstick = Yardstick(100.0, 120.0, 0.45, target)
    now = yardstick.detectable(audience * 0.5, audience * 0.3)
    return SizedGroups(audience, SHARES, now, target, propose_groups(audience, list(SHARES), yardstick))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("audience", [900, 16_000, 19_000, 200_000])
def test_the_lines_to_put_into_the_brief_are_a_whole(language: Language, audience: int) -> None:
    found = sized(audience)
    lines = sizing_lines(found, Metric.LTV, 0.04, language)
    proposed = yaml.safe_load("\n".join(line for line in lines if line.startswith("  ")))
    assert sum(int(share.split()[0]) for share in proposed["groups"].values()) == 100
    assert any("holdout" in line for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_groups_that_are_large_enough_are_left_alone(language: Language) -> None:
    assert len(sizing_lines(sized(21_000), Metric.LTV, 0.04, language)) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_segment_says_what_it_needs(language: Language) -> None:
    (line,) = sizing_lines(sized(0), Metric.CHURN_RATE, -0.2, language)
    assert "{" not in line


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_way_has_its_figures(language: Language) -> None:
    lines = help_lines({"would_help": WAYS}, language)
    for line, figure in zip(lines, ("180", "400,000", "40%", "50%", "6,238", "−1.2%"), strict=True):
        assert figure in line
    assert "∞" in lines[3], "no lift would be seen"


def test_no_way_to_more_effect_is_said() -> None:
    assert helps_little({"would_help": WAYS[3:]})
    assert not helps_little({"would_help": WAYS}) and not helps_little({})
    assert help_lines({}, "en") == []

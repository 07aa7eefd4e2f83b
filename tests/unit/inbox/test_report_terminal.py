"""The report on a terminal of 80 columns, without colours."""

from io import StringIO

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.report import DeliveryCount, Estimate, Report
from kizuna.inbox.report.terminal import print_report
from kizuna.inbox.terminal import wrapped
from kizuna.inbox.words import LANGUAGES
from rich.cells import cell_len
from rich.console import Console

from .pieces import HOSTILE
from .samples import SAMPLES, better, collecting, hostile, no_difference


def printed(report: Report, language: Language, width: int = 80) -> str:
    out = StringIO()
    print_report(report, language, Console(file=out, width=width))
    return out.getvalue()


def as_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_nothing_is_wider_than_the_terminal_nor_coloured(sample: str, language: Language) -> None:
    shown = printed(SAMPLES[sample](), language)
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]


def test_the_verdict_comes_first_with_lift_interval_and_goal() -> None:
    first, second = printed(better(), "en").splitlines()[:2]
    assert first == "Better: LTV +12.4% against the holdout (95% interval +6.6% to +18.2%)."
    assert "goal of +10.0%" in second


def test_where_nothing_left_any_difference_is_said_to_be_chance() -> None:
    stuck = better().model_copy(update={"deliveries": (DeliveryCount(state="expired", count=40),)})
    assert "No contact of this campaign has left yet: whatever differs so far is chance." in printed(stuck, "en")
    assert "No contact of this campaign has left" not in printed(better(), "en")
    assert "No contact of this campaign has left" not in printed(collecting(), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_among_the_reviews_has_one_name_only(language: Language) -> None:
    plan = better().reviews[0].model_copy(update={"kind": "plan", "subject": "plan", "decided_by": "system"})
    shown = printed(better().model_copy(update={"reviews": (plan,)}), language)
    word = {"en": "plan", "ja": "計画"}[language]
    assert f"  {word}" in shown.splitlines()
    assert "system" not in shown


def test_without_a_headline_there_is_no_lift() -> None:
    shown = printed(collecting(), "en")
    assert shown.startswith("Not enough data yet to compare LTV with the holdout.")
    before_actions = shown.split("Action by action")[0].replace("The goal is +10.0%", "")
    assert "%" not in before_actions.replace("100%", "")
    assert "Chance of reaching" not in shown


def test_an_end_without_data_says_so() -> None:
    assert "ended without enough data" in printed(collecting(is_final=True), "en")


def test_a_dropped_action_says_what_was_believed_and_measured() -> None:
    assert "Dropped: believed +1.5 points, measured −4.1 [−6.8, −1.4]." in as_one_line(printed(better(), "en"))


def test_a_rejection_shows_who_and_why() -> None:
    shown = as_one_line(printed(better(), "en"))
    assert "rejected · by Kenji Sato" in shown
    assert "Too pushy for people who just opened a ticket." in shown


def test_a_reason_that_never_spoke_is_left_out() -> None:
    assert "suppression list" not in printed(better(), "en")


def test_groups_of_the_wrong_size_raise_an_alarm_above_the_figures() -> None:
    shown = as_one_line(printed(no_difference(), "en"))
    assert shown.index("Sample ratio check failed (p < 0.001)") < shown.index("Money")
    assert "it could be reached without showing" in shown


@pytest.mark.parametrize(
    ("goal", "low", "value", "high", "standing"),
    [
        (0.1, 0.11, 0.15, 0.2, "is reached"),
        (0.1, 0.05, 0.12, 0.2, "also allows less"),
        (0.1, 0.01, 0.05, 0.12, "still inside"),
        (0.1, -0.02, 0.02, 0.06, "not even the far end"),
        (-0.2, -0.3, -0.27, -0.24, "is reached"),
        (-0.2, -0.3, -0.22, -0.1, "also allows less"),
        (-0.2, -0.25, -0.1, 0.0, "still inside"),
        (-0.2, 0.1, 0.25, 0.4, "not even the far end"),
    ],
)
def test_the_goal_is_judged_in_its_own_direction(
    goal: float, low: float, value: float, high: float, standing: str
) -> None:
    report = better(target_lift=goal, headline=Estimate(value=value, low=low, high=high))
    assert standing in as_one_line(printed(report, "en"))


def test_hostile_text_stays_text() -> None:
    shown = printed(hostile(), "en")
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "[bold]" in shown
    assert HOSTILE not in shown


def test_japanese_lines_never_start_with_closing_punctuation() -> None:
    text = "施策の効果を、（ゼロから）測る。" * 6
    for width in range(6, 40):
        rows = wrapped(text, width)
        assert "".join(rows) == text
        assert not [row for row in rows if row[0] in "、。）"]
        assert not [row for row in rows if row[-1] == "（"]
        assert max(map(cell_len, rows)) <= width


def test_a_word_longer_than_the_line_is_broken() -> None:
    assert wrapped("ab " + "x" * 25, 10) == ["ab", "x" * 10, "x" * 10, "x" * 5]

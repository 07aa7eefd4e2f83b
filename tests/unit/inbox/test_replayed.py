"""What a replay found, as people read it."""

from io import StringIO

import pytest
from kizuna.domain.brief import Language
from kizuna.inbox.replayed import print_replayed
from kizuna.inbox.words import LANGUAGES, words
from kizuna.service.replaying import Change, Difference, Replayed
from rich.cells import cell_len
from rich.console import Console

DIFFERENCES = (
    Difference("A1", "", "action", "tips", None),
    Difference("A1", "tips", "value_jpy", 1_240.4, 1_100.0),
    Difference("A2", "tips", "why_not", "", "no_consent"),
    Difference("A2", "", "explored", True, False),
    Difference("A2", "", "group", "policy", "holdout"),
)
CHANGES = tuple(
    Change(what, "tips", "aaaa1111", "" if what == "action" else "bbbb2222")
    for what in ("brief", "action", "snapshot", "beliefs", "code")
)


def printed(language: Language, *found: Replayed, unit_id: str = "") -> str:
    out = StringIO()
    print_replayed(found, language, Console(file=out, width=80), unit_id=unit_id)
    return out.getvalue()


def test_the_same_is_one_line() -> None:
    assert printed("en", Replayed(2, 111, 0, (), ())) == "Cycle 2: made again, all 111 decisions are the same.\n"


def test_differences_say_who_what_was_and_what_is() -> None:
    shown = printed("en", Replayed(1, 9, 0, DIFFERENCES, ()))
    assert "made again, 2 of 9 decisions differ" in shown
    assert "A1: choice was tips, is nothing" in shown
    assert "A1: value of tips was +¥1,240, is +¥1,100" in shown
    assert "A2: reason against it of tips was nothing, is no consent on record" in shown
    assert "A2: left to chance was yes, is no" in shown


def test_of_one_unit_only_its_own_are_told() -> None:
    shown = printed("en", Replayed(1, 9, 0, DIFFERENCES, ()), unit_id="A1")
    assert "A2" not in shown and "the answer differs" in shown
    assert "the answer is the same" in printed("en", Replayed(1, 9, 0, DIFFERENCES, ()), unit_id="A3")


def test_what_has_changed_since_is_told_and_an_action_that_is_gone() -> None:
    shown = " ".join(printed("en", Replayed(1, 9, 3, (), CHANGES)).split())
    assert "The action tips has changed since (aaaa1111 → gone)" in shown
    assert "3 customers were erased" in shown
    assert "Decided by other code (aaaa1111) than runs now (bbbb2222)" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_words_and_fits_the_terminal(language: Language) -> None:
    many = DIFFERENCES * 10
    found = [
        Replayed(1, 9, 2, many, CHANGES),
        *(Replayed(2, 0, 0, (), (), p) for p in ("not_kept", "unreadable", "no_snapshot")),
    ]
    shown = printed(language, *found)
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "30" in shown, "how many more there are"
    for figure in (
        "decision",
        "channel",
        "probability",
        "low_jpy",
        "high_jpy",
        "uplift",
        "cost_jpy",
        "eligible",
        "reason",
    ):
        assert f"replay.figure.{figure}" in words(language)

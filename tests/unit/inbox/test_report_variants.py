"""The report's section on wordings that are tried: the same rows on the terminal and the page, or nothing at all."""

from io import StringIO

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.report import Estimate, VariantResult
from kizuna.inbox.report.page import render_page
from kizuna.inbox.report.terminal import print_report
from kizuna.inbox.words import LANGUAGES
from rich.console import Console

from .pieces import HOSTILE
from .samples import better


def tried(variant: str, reached: int, succeeded: int, share: float, language: Language = "en") -> VariantResult:
    return VariantResult(
        action="usage_digest",
        language=language,
        variant=variant,
        outcome="mail_clicked",
        reached=reached,
        succeeded=succeeded,
        rate=Estimate(value=0.062, low=0.04, high=0.09, level=0.95),
        share=share,
    )


TWO = (tried("standard", 410, 25, 0.124), tried("short", 0, 0, 0.876), tried("short", 5, 1, 0.5, "ja"))


def on_the_terminal(language: Language, *variants: VariantResult) -> str:
    out = StringIO()
    print_report(better(variants=variants), language, Console(file=out, width=80))
    return out.getvalue()


def test_each_wording_shows_what_came_back_its_interval_and_its_share() -> None:
    rows = [" ".join(line.split()) for line in on_the_terminal("en", *TWO).splitlines()]
    assert "usage_digest · English · counts: clicked" in rows
    assert "standard 25 of 410 6.2% [4.0%, 9.0%] 12%" in rows
    assert "short 0 of 0 – 88%" in rows
    assert "usage_digest · Japanese · counts: clicked" in rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_the_same(language: Language) -> None:
    page = render_page(better(variants=TWO), language)
    assert "6.2% [4.0%, 9.0%]" in page and "88%" in page
    assert 'id="variants"' in page


def test_without_a_trial_there_is_no_section() -> None:
    assert "Wordings being tried" not in on_the_terminal("en")
    assert 'id="variants"' not in render_page(better(), "en")


def test_hostile_names_stay_text() -> None:
    attacked = tried(HOSTILE, 3, 1, 0.5).model_copy(update={"action": HOSTILE, "outcome": HOSTILE})
    shown = on_the_terminal("en", attacked)
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "<script" not in render_page(better(variants=(attacked,)), "en")

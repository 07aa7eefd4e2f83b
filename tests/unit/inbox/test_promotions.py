"""The gate's verdicts in the report, in both languages."""

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.report import Estimate, PromotionNote
from kizuna.inbox.report.page import render_page
from kizuna.inbox.report.promotions import promotions

from .samples import better

UNSURE = Estimate(value=11_424.0, low=-4_078.0, high=26_926.0, level=0.9)
NOTES = (
    PromotionNote(cycle=1, decision="open", decisions=415, expected_gain_jpy=6_368.0, difference=UNSURE, stopped=()),
    PromotionNote(cycle=2, decision="open", decisions=852, expected_gain_jpy=363.0, difference=None, stopped=()),
    PromotionNote(
        cycle=3,
        decision="refused",
        decisions=1_300,
        expected_gain_jpy=40.0,
        difference=Estimate(value=-500.0, low=-900.0, high=-100.0, level=0.9),
        stopped=("renewal_reminder",),
    ),
)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_cycles_verdict_is_a_sentence_with_its_figures(language: Language) -> None:
    told = promotions(better(promotions=NOTES), language)
    assert len(told) == 4
    assert all(part in told[0] for part in ("415", "6,368", "11,424", "4,078", "26,926", "90%"))
    assert "363" in told[1] and "26,926" not in told[1]
    assert all(part in told[2] for part in ("500", "900", "100"))
    assert "renewal_reminder" in told[3]


def test_the_page_shows_them_and_nothing_where_there_are_none() -> None:
    told = better(promotions=NOTES)
    assert 'id="promotions"' in render_page(told, "en")
    assert 'id="promotions"' not in render_page(better(), "en")

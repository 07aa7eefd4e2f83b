"""Where each figure of a text comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.prompts.marking import marks

FACTS = {"company_name": "ハルカゼ製作所", "reports_used": 472, "reports_quota": 500, "offer_price_jpy": 9800}


def marked(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text[mark.start : mark.end], mark.facts) for mark in marks(text, FACTS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("枠500件に対し472件", [("500", ("reports_quota",)), ("472", ("reports_used",))]),
        ("ハルカゼ製作所さま", [("ハルカゼ製作所", ("company_name",))]),
        ("月額９，８００円です", [("９，８００円", ("offer_price_jpy",))]),
        ("月額9,800円です", [("9,800円", ("offer_price_jpy",))]),
        ("you used 472 of 500", [("472", ("reports_used",)), ("500", ("reports_quota",))]),
        ("87% fewer", [("87%", ())]),
        ("見る\nhttps://pages.example/go/472abc500\n472", [("472", ("reports_used",))]),
        ("nothing to see", []),
    ],
)
def test_a_figure_is_marked_with_the_fact_that_carries_it(text: str, expected: list[object]) -> None:
    assert marked(text) == expected


def test_a_name_with_figures_in_it_is_one_name() -> None:
    text = "Dear 3M Japan 2000,"
    assert [text[m.start : m.end] for m in marks(text, {"company_name": "3M Japan 2000"})] == ["3M Japan 2000"]


@given(st.text(max_size=200))
def test_marks_never_overlap_and_lie_within_the_text(text: str) -> None:
    end = 0
    for mark in marks(text, FACTS):
        assert end <= mark.start < mark.end <= len(text)
        end = mark.end

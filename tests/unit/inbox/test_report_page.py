"""The report as one page: complete, self-contained, accessible, and deaf to hostile text."""

from html.parser import HTMLParser
from math import inf, nan

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.report import Estimate, Report
from kizuna.inbox.report.page import render_page
from kizuna.inbox.words import LANGUAGES

from .pieces import action, span
from .samples import SAMPLES, better, collecting, hostile, no_difference

VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """What a browser would see: the open elements at the end, all tags, all ids, all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_page_is_well_formed_and_needs_nothing_else(sample: str, language: Language) -> None:
    page = render_page(SAMPLES[sample](), language)
    outline = Outline(page)
    assert outline.open == []
    assert outline.all("html") == [{"lang": language}]
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in outline.tags}
    assert "http" not in page.replace("http-equiv", "")
    assert "url(" not in page and "@import" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_tables_and_sections_are_labelled(language: Language) -> None:
    outline = Outline(render_page(better(), language))
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pictures = outline.all("svg")
    assert len(pictures) == 8
    assert len(outline.all("title")) == len(outline.all("desc")) + 1 == 9
    for labelled in [*pictures, *outline.all("section")]:
        assert set((labelled["aria-labelledby"] or "").split()) <= set(ids)
    assert all(attributes.get("scope") in {"col", "row"} for attributes in outline.all("th"))
    assert not [value for picture in pictures for value in picture.values() if "nan" in (value or "")]


def test_the_hero_says_verdict_lift_interval_and_goal() -> None:
    hero = Outline(render_page(better(), "ja").split("</section>")[0]).text
    for words in ("改善", "+12.4%", "[+6.6%, +18.2%]", "95%区間", "目標 +10.0%"):
        assert words in hero


@pytest.mark.parametrize("verdict", ["collecting", "better"])
def test_without_a_headline_the_page_collects_and_shows_no_lift(verdict: str) -> None:
    page = render_page(collecting(verdict=verdict), "en")
    hero = page.split('<h2 id="actions">')[0]
    text = Outline(hero).text.split("</style>")[-1]
    shown = text[text.index("Hoshizora", text.index("font-variant")) :]
    assert '<h2 id="verdict" class="verdict collecting">collecting</h2>' in hero
    assert "better" not in shown.lower()
    assert 'class="figure"' not in hero
    assert "circle" not in hero.split("</style>")[1]
    assert "Chance of reaching" not in hero


def test_an_action_that_harms_looks_different_from_one_that_helps() -> None:
    page = render_page(better(), "en")
    assert 'class="now harms"' in page and 'class="now helps"' in page
    assert "Dropped: believed +1.5 points, measured −4.1 [−6.8, −1.4]." in page


def test_a_lift_below_zero_is_good_where_the_goal_points_down() -> None:
    page = render_page(no_difference(headline=span(-0.25, 0.1), goal_path=(), actions=()), "en")
    assert 'class="now helps"' in page and 'class="now harms"' not in page


def test_hostile_text_stays_text() -> None:
    page = render_page(hostile(), "en")
    outline = Outline(page)
    assert outline.open == []
    assert outline.all("script") == []
    assert not [attributes for _, attributes in outline.tags if "onload" in attributes]
    assert "<script" not in page and "49" not in outline.text.split("Reviews")[1].split("What limits")[0]
    assert "{{ 7*7 }}" in outline.text
    assert "\x1b" not in page and "\u202e" not in page


@pytest.mark.parametrize(
    "report",
    [
        better(goal_path=(), indicators=(), actions=(), guardrails=(), deliveries=(), reviews=(), units={}),
        better(cycle=0, cycles=0, goal_path=(), lever=None, company={}),
        better(headline=Estimate(value=0.0, low=-inf, high=inf), target_lift=0.0, minimum_detectable_lift=inf),
        better(headline=Estimate(value=nan, low=nan, high=nan), return_on_cost=None),
        better(cycles=60, cycle=60, actions=(action("annual_plan", "used", tuple(range(0, 60_000, 1_000))),)),
        better(target_lift=0.0, headline=span(0.0, 0.0), goal_path=()),
    ],
    ids=["empty", "unstarted", "endless interval", "unknown", "long", "flat"],
)
def test_odd_reports_still_become_a_page(report: Report) -> None:
    page = render_page(report, "ja")
    assert Outline(page).open == []
    for bad in ('="nan', '="inf', '="-inf', ">nan<", ">inf<"):
        assert bad not in page

"""The diagnosis as people read it: nothing from the sources acts, every kind of gap has words, figures are in them."""

import io
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from kizuna.customers.contract.model import contract
from kizuna.domain.brief import Language
from kizuna.domain.diagnosis import (
    Break,
    BreakKind,
    ChannelFigures,
    Cost,
    Diagnosis,
    EntityFigures,
    Example,
    Freshness,
    Gap,
    GapKind,
    Link,
    Step,
)
from kizuna.inbox.diagnosis.page import render_page
from kizuna.inbox.diagnosis.terminal import print_diagnosis
from kizuna.inbox.words import LANGUAGES, words
from kizuna.service.diagnosing import Told
from rich.console import Console

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e[bold]"
TOLD = Told("autumn", "person", {"en": "Mado & Co", "ja": "まど商店"}, fictional=True)
DETAILS: dict[str, Any] = {
    "strangers": 7, "tied": 2, "to": "products", "days": 12, "last": "2026-11-09", "usual": 1, "before": "2026-09-01",
    "after": "2026-09-20", "people": 3, "examples": HOSTILE, "problem": HOSTILE, "place": HOSTILE, "meant": HOSTILE,
}  # fmt: skip


def gap(kind: GapKind, **more: Any) -> Gap:
    values: dict[str, Any] = {
        "entity": "web_events", "column": "product_id", "rows": 12, "of": 300, "customers": 45, "yearly_jpy": 67_890.0,
        "details": DETAILS, "cost": Cost(actions=("win_back",), weakened=("nps_survey",), models=("churn",)),
        "examples": (Example("web.csv", 7, "product_id", HOSTILE, "no_such products.product_id"),),
    }  # fmt: skip
    return Gap(kind, "costly", **{**values, **more})


def diagnosis(gaps: tuple[Gap, ...] = (), **more: Any) -> Diagnosis:
    fresh = Freshness(date(2026, 1, 1), date(2026, 11, 9), 12, 1, 2, True)
    values: dict[str, Any] = {
        "as_of": date(2026, 11, 21),
        "data_until": date(2026, 11, 20),
        "customers": 60,
        "yearly_jpy": 600_000.0,
        "faulty_rows_allowed": 0.02,
        "entities": (EntityFigures("web_events", True, 288, 12, (), fresh, customer_share=0.5, match_rate=0.96),),
        "links": (Link("web_events", "product_id", "products", 300, 12, "product_id", (HOSTILE,)),),
        "channels": (
            ChannelFigures("web", 288, 30, 0.5),
            ChannelFigures("app", 0, 0, 0.0),
            ChannelFigures("order", 100, 60, 1.0),
            ChannelFigures("letter", 0, 0, 0.0, 41),
        ),
        "steps": (Step("web", "order", 30, 0.5, (Break("no_customer", "web", count=12, of=300),)),),
        "gaps": gaps,
    }
    return Diagnosis(**{**values, **more})


def on_terminal(shown: Diagnosis, language: Language) -> str:
    out = io.StringIO()
    print_diagnosis(shown, TOLD, language, Console(file=out, width=100, no_color=True, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_from_the_sources_acts(language: Language) -> None:
    shown = diagnosis((gap("no_such"), gap("dangling"), gap("misnamed")))
    page = render_page(shown, TOLD, language)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;[31m[bold]" in page
    assert "Mado &amp; Co" in page or language == "ja"
    for text in (page, on_terminal(shown, language)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "[bold]" in on_terminal(shown, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_else(language: Language) -> None:
    page = render_page(diagnosis((gap("stale"),)), TOLD, language)
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<svg") == 2
    assert f'lang="{language}"' in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(GapKind))
def test_every_kind_of_gap_has_words_with_its_figures(language: Language, kind: GapKind) -> None:
    shown = diagnosis((gap(kind),))
    text = " ".join(on_terminal(shown, language).split())
    assert "win_back" in text
    assert ("¥67,890" if language == "en" else "67,890円") in text
    assert f"fix.{kind}" not in text
    assert "{" not in text.replace("identity: {}", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(BreakKind))
def test_every_kind_of_break_has_words(language: Language, kind: BreakKind) -> None:
    at = "mail" if kind == "no_handover" else "web"
    found = Break(kind, at, "web", 12, 300)
    shown = diagnosis(steps=(Step("web", "order", 30, 0.5, (found,)),))
    assert render_page(shown, TOLD, language).count("✕1") == 2 or at == "mail"
    assert "✗" in on_terminal(shown, language)


def test_an_old_export_is_told_without_an_entity() -> None:
    text = on_terminal(diagnosis((gap("stale", entity=""),)), "en")
    assert "The export is old: most sources end 12 days ago or more (the newest on 9 Nov 2026)." in text


def test_at_most_five_come_first_and_the_rest_is_told_below() -> None:
    gaps = tuple(gap("repeats", rows=number) for number in range(1, 9))
    page = render_page(diagnosis(gaps), TOLD, "en")
    first, rest = page.split('id="gaps"')
    assert first.count('<li class="costly">') == 5
    assert rest.count('<li class="costly">') == 3


@pytest.mark.parametrize(
    ("severity", "said"),
    [("broken", "Not ready for a run. To be mended before: 1."), ("costly", "A run can go. Gaps worth mending: 1.")],
)
def test_the_first_line_says_whether_a_run_can_go(severity: Any, said: str) -> None:
    shown = diagnosis((Gap("no_source", severity, "orders"),))
    assert on_terminal(shown, "en").splitlines()[0].endswith(said)
    assert said in render_page(shown, TOLD, "en")
    assert "fit together" in on_terminal(diagnosis(), "en").splitlines()[0]


def test_every_entity_of_the_contract_has_a_name() -> None:
    names = {source.name for unit in ("account", "person") for source in contract(unit)}  # type: ignore[arg-type]
    for language in LANGUAGES:
        assert {name for name in names if f"diagnosis.entity.{name}" not in words(language)} == set()


@pytest.mark.parametrize(
    ("language", "told", "hint"),
    [
        ("en", "Of 1,000 rows of web visits, 900 (90.0%) stay anonymous", "Supply identifiers"),
        (
            "ja",
            "Webの閲覧の1,000行のうち900行（90.0%）は匿名のままです",
            "識別子（Cookie・端末・会員証）を用意してください",
        ),
    ],
)
def test_the_share_of_anonymous_visits_is_told_without_alarm(language: Language, told: str, hint: str) -> None:
    web = EntityFigures("web_events", True, 1000, 0, match_rate=0.1, anonymous=900)
    note = Gap("anonymous", "note", "web_events", rows=900, of=1000)
    shown = diagnosis((note,), entities=(web,))
    tied = diagnosis(entities=(replace(web, anonymous_tied=70),))
    for text in (render_page(shown, TOLD, language), on_terminal(shown, language)):
        plain = "".join(text.split())
        assert "".join(told.split()) in plain and "".join(hint.split()) in plain
    assert on_terminal(shown, language).startswith("✓"), "nothing to mend"
    text = on_terminal(tied, language)
    assert "70" in text and hint not in text

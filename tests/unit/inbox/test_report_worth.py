"""The report's section on what customers are worth: `kizuna value` in short, on the terminal and the page."""

from dataclasses import replace
from datetime import date
from io import StringIO
from typing import Any

import pytest
from kizuna.domain.brief import Language
from kizuna.domain.report import Report
from kizuna.domain.worth import RankMove, RankSize, Worth
from kizuna.inbox.report.page import render_page
from kizuna.inbox.report.terminal import print_report
from kizuna.inbox.words import LANGUAGES
from rich.cells import cell_len
from rich.console import Console

from .pieces import HOSTILE
from .samples import better


def checked(total_error: float, deviance: float) -> dict[str, Any]:
    tenths = [{"rows": 60.0, "expected": 0.25 * k, "actual": 0.25 * k + 0.02} for k in range(10)]
    return {
        "expected": 989.0, "actual": 1032.0, "total_error": total_error, "mae": 1.0, "deviance": deviance,
        "top_share": 0.2, "tenths": tenths,
    }  # fmt: skip


def source(name: str, ratio: float | None) -> dict[str, Any]:
    return {
        "source": name, "months": 43, "customers": 132, "ltv_jpy": 45_188.0, "low_jpy": 37_348.0, "high_jpy": 53_027.0,
        "cac_jpy": 14_769.0, "ratio": ratio, "payback_months": None if ratio is None else 11.8,
    }  # fmt: skip


MODEL = {
    "kind": "orders", "model": "rfm", "family": "mbg", "why": "worse", "buyers": 677, "history_days": 395,
    "window_days": 90, "checked_on": "2026-01-31", "check": checked(-0.113, 1.3624),
    "fallback_check": checked(-0.042, 1.305),
}  # fmt: skip
SHIFT = {
    "from_source": "ads", "to_source": "search", "amount_jpy": 389_900.0, "share": 0.2, "gain_low_jpy": 3_138_137.0,
    "gain_high_jpy": 5_371_891.0,
}  # fmt: skip
WORTH = Worth(
    as_of=date(2026, 5, 1),
    since=date(2026, 4, 1),
    units=709,
    valued=709,
    mean_ltv_jpy=29_015.0,
    months=24,
    margin=0.45,
    annual_discount=0.08,
    model=MODEL,
    ranks=(RankSize("high", 134, 68_683.0, 0.45, 133), RankSize("standard", 575, 19_000.0, 0.55, 571)),
    moves=(RankMove("potential", "standard", 91), RankMove("high", None, 10)),
    at_risk_jpy=3_520_131.0,
    at_risk_share=0.171,
    risk_days=90,
    has_contracts=False,
    acquisition={"sources": [source("ads", 3.1), source("search", 14.0)], "shift": SHIFT},
)


def with_worth(**changes: Any) -> Report:
    return better(worth=replace(WORTH, **changes))


def on_the_terminal(report: Report, language: Language) -> str:
    out = StringIO()
    print_report(report, language, Console(file=out, width=80))
    return out.getvalue()


FIGURES = ("68,683", "3,520,131", "17.1%", "−11.3%", "−4.2%", "1.3050", "45,188", "14,769", "389,900", "3,138,137")


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_terminal_show_the_same_figures(language: Language) -> None:
    page, shown = render_page(with_worth(), language), on_the_terminal(with_worth(), language)
    for figure in FIGURES:
        assert figure in page and figure in shown, figure
    assert "91" in page and "91" in shown and "MBG/NBD" in page and "MBG/NBD" in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "None" not in shown and ">None<" not in page


def test_the_forecast_in_use_is_marked_and_its_tenths_are_drawn() -> None:
    shown = " ".join(on_the_terminal(with_worth(), "en").split())
    assert "money · in use" in shown and "MBG/NBD · in use" not in shown
    assert "2.25 foreseen, 2.27 came" in shown
    page = render_page(with_worth(), "en")
    assert page.count('class="foreseen"') == 20  # ten lines in each of two widths
    assert "10: 2.25 → 2.27." in page


def test_a_constant_risk_has_no_tenths_and_nothing_to_compare() -> None:
    model = MODEL | {"kind": "contracts", "model": "constant", "family": "constant", "why": "constant"}
    shown = on_the_terminal(with_worth(model=model, has_contracts=True), "en")
    assert "constant risk · in use" not in shown and "risk to leave within 90 days" in " ".join(shown.split())
    assert 'id="tenths-720' not in render_page(with_worth(model=model), "en")


def test_without_costs_nothing_is_said_of_sources_and_without_a_shift_it_is_said() -> None:
    none = render_page(with_worth(acquisition={"sources": [], "shift": None}), "en")
    assert "Where customers come from" not in none and "No shift" not in none
    thin = {"sources": [source("ads", None)], "shift": None}
    assert "No shift of spend is recommended" in render_page(with_worth(acquisition=thin), "en")
    assert "not in time" in on_the_terminal(with_worth(acquisition=thin), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_snapshot_and_one_of_an_older_version_say_so(language: Language) -> None:
    first = replace(WORTH, since=None, moves=(), model={}, ranks=(RankSize("high", 3, 1.0, 1.0, None),))
    page = render_page(better(worth=first), language)
    for words in {"en": ("first snapshot", "from before the model"), "ja": ("最初の", "記録が始まる前")}[language]:
        assert words in page
        assert words in on_the_terminal(better(worth=first), language).replace("\n", " ")


def test_before_the_first_snapshot_there_is_no_section() -> None:
    assert 'id="worth"' not in render_page(better(), "en")
    assert "What customers are worth" not in on_the_terminal(better(), "en")


def test_hostile_names_of_sources_stay_text() -> None:
    sources = [source(HOSTILE, 3.0), source("<script>x</script>", 9.0)]
    shift = SHIFT | {"from_source": HOSTILE, "to_source": "<script>x</script>"}
    report = with_worth(acquisition={"sources": sources, "shift": shift})
    page, shown = render_page(report, "en"), on_the_terminal(report, "en")
    assert "<script" not in page and "\x1b" not in page + shown and "\u202e" not in page + shown


def test_the_report_keeps_it_as_json() -> None:
    plain = with_worth().model_dump(mode="json")["worth"]
    assert plain["as_of"] == "2026-05-01" and plain["ranks"][0]["units"] == 134
    assert Report.model_validate(with_worth().model_dump()).worth == WORTH

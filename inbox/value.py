"""Lifetime value on the terminal: what customers are worth, how we know, what moves it, and where they come from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.console import Console

from ..domain.brief import Language, Metric
from ..service.valuing import LeverNeed, Simple, ValueView
from . import figures, worth
from .terminal import Sheet
from .words import name, say

_WORTH_SHOWING = 8


def print_value(seen: ValueView, language: Language, console: Console) -> None:
    """All of it, the answer first and how it was come by below."""
    sheet = Sheet(console)
    sheet.line(say(language, "value.title") + f" · {seen.campaign}", "bold")
    sheet.line(say(language, "value.as_of", day=figures.day(language, seen.as_of)), "dim")
    sheet.blank()
    average, terms = worth.mean(seen, language)
    sheet.line(average)
    sheet.line(terms, "dim")
    sheet.line(worth.at_risk(seen, language))
    _ranks(seen, language, sheet)
    _model(seen.model, language, sheet)
    _levers(seen, language, sheet)
    if seen.simple is not None:
        _simple(seen.simple, language, sheet)
    _sources(seen.acquisition, language, sheet)


def _ranks(seen: ValueView, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.ranks"))
    sheet.line(say(language, "value.ranks_note"), "dim")
    head = worth.head(language, "rank", "units", "change", "mean_ltv", "ltv_share")
    sheet.rows(worth.ranks(seen, language), head, range(1, 5))
    sheet.blank()
    sheet.line(worth.moved(seen, language), "dim")
    moves = worth.moves(seen, language, _WORTH_SHOWING)
    if moves:
        sheet.rows(moves, worth.head(language, "from", "to", "units"), (2,))


def _model(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.model"))
    for sentence in worth.why(model, language):
        sheet.line(sentence)
    if model.get("kind") == "contracts" and model["why"] == "chosen":
        sheet.line(say(language, "value.hazard"))
        hazard = [(figures.number(at["month"]), figures.percent(at["hazard"])) for at in model["hazard"]]
        sheet.rows(hazard, worth.head(language, "contract_month", "leaving"), (0, 1))
    if model.get("check"):
        _check(model, language, sheet)


def _check(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    kind = model["kind"]
    begins = figures.day(language, date.fromisoformat(model["checked_on"]))
    sheet.heading(say(language, "value.check"))
    sheet.line(say(language, f"value.check_{kind}", day=begins, days=model["window_days"]), "dim")
    head = worth.head(
        language, "forecast", f"expected_{kind}", f"came_{kind}", "total_error", "mae", "deviance", "top_share"
    )
    sheet.rows(worth.checks(model, language), head, range(1, 7))
    sheet.line(say(language, "value.check_words"), "dim")
    if model.get("money_check"):
        money = model["money_check"]
        paid = {key: figures.yen(language, money[key]) for key in ("expected", "actual")}
        sheet.line(say(language, "value.money", error=worth.error(money["total_error"]), **paid))
    found = worth.tenths(model)
    if not found:
        return
    sheet.blank()
    sheet.line(say(language, f"value.tenths_{kind}"))
    rows = [
        (
            figures.number(place),
            figures.number(tenth["rows"]),
            figures.number(tenth["expected"], 3),
            figures.number(tenth["actual"], 3),
        )
        for place, tenth in enumerate(found, 1)
    ]
    sheet.rows(rows, worth.head(language, "tenth", "rows", "expected", "came"), range(0, 4))


def _levers(seen: ValueView, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.levers"))
    if not seen.levers:
        sheet.line(say(language, "value.nobody_in_segment"))
        return
    metric = Metric(seen.metric)
    told = {
        "metric": name(language, "metric", seen.metric),
        "now": figures.metric(language, metric, seen.metric_now),
        "goal": figures.metric(language, metric, seen.metric_goal),
        "units": figures.number(seen.segment_units),
    }
    sheet.line(say(language, "value.goal", **told))
    sheet.line(say(language, "value.alone"), "dim")
    rows = [
        (
            say(language, f"value.lever_{need.lever}"),
            _lever_figure(language, need, need.now),
            say(language, "value.out_of_reach") if need.needed is None else _lever_figure(language, need, need.needed),
            figures.UNKNOWN if need.needed is None or not need.now else figures.lift(need.needed / need.now - 1),
        )
        for need in seen.levers
    ]
    sheet.rows(rows, worth.head(language, "lever", "now", "needed", "change"), (1, 2, 3))


def _lever_figure(language: Language, need: LeverNeed, value: float) -> str:
    if need.lever in ("retention", "loyalty"):
        return figures.percent(value, 1)
    if need.lever in ("order_value", "cost_to_serve"):
        return figures.yen(language, value)
    return figures.number(value, 3)


def _simple(simple: Simple, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.simple"))
    sheet.line(say(language, "value.simple_note"), "dim")
    told = {
        "price": figures.yen(language, simple.order_value_jpy),
        "margin": figures.percent(simple.margin, 0),
        "frequency": figures.number(simple.purchases_per_year, 2),
        "years": figures.number(simple.years, 2),
        "gross": figures.yen(language, simple.gross_jpy),
    }
    sheet.line(say(language, "value.simple_gross", **told), indent=2)
    costs = {
        "gross": told["gross"],
        "acquisition": figures.yen(language, simple.acquisition_cost_jpy),
        "retention": figures.yen(language, simple.retention_cost_jpy),
        "net": figures.yen(language, simple.net_jpy),
    }
    sheet.line(say(language, "value.simple_net", **costs), indent=2)


def _sources(acquisition: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.sources"))
    if not acquisition["sources"]:
        sheet.line(say(language, "value.no_costs"), "dim")
        return
    sheet.line(say(language, "value.sources_note"), "dim")
    head = worth.head(language, "source", "months", "units", "mean_ltv", "interval", "cac", "ratio", "payback")
    sheet.rows(worth.sources(acquisition, language), head, (1, 2, 3, 5, 6, 7))
    told, *caution = worth.shift(acquisition, language)
    sheet.line(told)
    for sentence in caution:
        sheet.line(sentence, "dim")

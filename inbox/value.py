"""Lifetime value on the terminal: what customers are worth, how we know, what moves it, and where they come from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.console import Console

from ..domain.brief import Language, Metric
from ..service.valuing import LeverNeed, Simple, ValueView
from . import figures
from .terminal import Sheet
from .words import name, say

_WORTH_SHOWING = 8


def print_value(seen: ValueView, language: Language, console: Console) -> None:
    """All of it, the answer first and how it was come by below."""
    sheet = Sheet(console)
    sheet.line(say(language, "value.title") + f" · {seen.campaign}", "bold")
    sheet.line(say(language, "value.as_of", day=figures.day(language, seen.as_of)), "dim")
    sheet.blank()
    terms = {
        "months": seen.months,
        "margin": figures.percent(seen.margin, 0),
        "discount": figures.percent(seen.annual_discount, 0),
    }
    mean = figures.yen(language, seen.mean_ltv_jpy)
    sheet.line(say(language, "value.mean", mean=mean, units=figures.number(seen.valued)))
    sheet.line(say(language, "value.terms", **terms), "dim")
    _ranks(seen, language, sheet)
    _model(seen.model, language, sheet)
    _levers(seen, language, sheet)
    if seen.simple is not None:
        _simple(seen.simple, language, sheet)
    _sources(seen.acquisition, language, sheet)


def _ranks(seen: ValueView, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.ranks"))
    sheet.line(say(language, "value.ranks_note"), "dim")
    rows = [
        (
            name(language, "feature_value", rank.rank),
            figures.number(rank.units),
            figures.UNKNOWN if rank.before is None else figures.number(rank.units - rank.before, signed=True),
            figures.yen(language, rank.mean_ltv_jpy),
            figures.percent(rank.ltv_share, 0),
        )
        for rank in seen.ranks
    ]
    sheet.rows(rows, _head(language, "rank", "units", "change", "mean_ltv", "ltv_share"), range(1, 5))
    sheet.blank()
    if seen.since is None:
        sheet.line(say(language, "value.first"), "dim")
        return
    since = figures.day(language, seen.since)
    sheet.line(say(language, "value.moved" if seen.moves else "value.nobody_moved", since=since), "dim")
    moves = [
        (_rank(language, move.left, "new"), _rank(language, move.joined, "gone"), figures.number(move.units))
        for move in seen.moves[:_WORTH_SHOWING]
    ]
    if moves:
        sheet.rows(moves, _head(language, "from", "to", "units"), (2,))


def _rank(language: Language, rank: str | None, nobody: str) -> str:
    return name(language, "feature_value", rank) if rank else say(language, f"value.{nobody}")


def _model(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "value.model"))
    if "why" not in model:
        sheet.line(say(language, "value.unknown_model"))
        return
    kind, why = model["kind"], model["why"]
    told = {
        "model": name(language, "value_model", str(model["model"])),
        "family": name(language, "value_model", str(model.get("family", model["model"]))),
        "buyers": figures.number(model.get("buyers", 0)),
        "days": figures.number(model["history_days"]),
        "left": figures.number(model.get("left", 0)),
        "months": figures.number(model.get("months", 0)),
    }
    sheet.line(say(language, f"value_why.{kind}_{why}", **told))
    if model.get("is_recalibrated") and why == "chosen":
        sheet.line(say(language, "value.recalibrated", factor=figures.number(model["factor"], 2)))
    if kind == "contracts" and why == "chosen":
        sheet.line(say(language, "value.hazard"))
        hazard = [(figures.number(at["month"]), figures.percent(at["hazard"])) for at in model["hazard"]]
        sheet.rows(hazard, _head(language, "contract_month", "leaving"), (0, 1))
    if model.get("check"):
        _check(model, language, sheet)


def _check(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    kind = model["kind"]
    begins = figures.day(language, date.fromisoformat(model["checked_on"]))
    sheet.heading(say(language, "value.check"))
    sheet.line(say(language, f"value.check_{kind}", day=begins, days=model["window_days"]), "dim")
    chosen = str(model.get("family", model["model"]))
    rows = [_check_row(model["check"], name(language, "value_model", chosen))]
    if kind == "orders" or chosen != "constant":
        other = "rfm" if kind == "orders" else "constant"
        rows.append(_check_row(model["fallback_check"], name(language, "value_model", other)))
    head = _head(
        language, "forecast", f"expected_{kind}", f"came_{kind}", "total_error", "mae", "deviance", "top_share"
    )
    sheet.rows(rows, head, range(1, 7))
    sheet.line(say(language, "value.check_words"), "dim")
    if model.get("money_check"):
        money = model["money_check"]
        paid = {key: figures.yen(language, money[key]) for key in ("expected", "actual")}
        sheet.line(say(language, "value.money", error=_error(money["total_error"]), **paid))
    if model["model"] == "constant":
        return  # one figure for everybody has no tenths
    sheet.blank()
    sheet.line(say(language, f"value.tenths_{kind}"))
    in_force = model["fallback_check"] if model["model"] == "rfm" else model["check"]
    tenths = [
        (
            figures.number(place),
            figures.number(t["rows"]),
            figures.number(t["expected"], 3),
            figures.number(t["actual"], 3),
        )
        for place, t in enumerate(in_force["tenths"], 1)
    ]
    sheet.rows(tenths, _head(language, "tenth", "rows", "expected", "came"), range(0, 4))


def _check_row(check: Mapping[str, Any], model: str) -> tuple[str, ...]:
    share = check["top_share"]
    return (
        model,
        figures.number(check["expected"]),
        figures.number(check["actual"]),
        _error(check["total_error"]),
        figures.number(check["mae"], 3),
        figures.number(check["deviance"], 4),
        figures.UNKNOWN if share is None else figures.percent(share, 0),
    )


def _error(share: float | None) -> str:
    return figures.UNKNOWN if share is None else figures.lift(share)


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
    sheet.rows(rows, _head(language, "lever", "now", "needed", "change"), (1, 2, 3))


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
    rows = [_source(language, source) for source in acquisition["sources"]]
    head = _head(language, "source", "months", "units", "mean_ltv", "interval", "cac", "ratio", "payback")
    sheet.rows(rows, head, (1, 2, 3, 5, 6, 7))
    shift = acquisition["shift"]
    if shift is None:
        sheet.line(say(language, "value.no_shift"))
        return
    told = {key: figures.yen(language, shift[f"{key}_jpy"]) for key in ("amount", "gain_low", "gain_high")}
    places = {"source": shift["from_source"], "target": shift["to_source"], "share": figures.percent(shift["share"], 0)}
    sheet.line(say(language, "value.shift", **told, **places))
    sheet.line(say(language, "value.shift_note"), "dim")


def _source(language: Language, source: Mapping[str, Any]) -> tuple[str, ...]:
    def yen(key: str) -> str:
        return figures.UNKNOWN if source[key] is None else figures.yen(language, source[key])

    ratio, payback = source["ratio"], source["payback_months"]
    return (
        source["source"],
        figures.number(source["months"]),
        figures.number(source["customers"]),
        yen("ltv_jpy"),
        f"[{yen('low_jpy')}, {yen('high_jpy')}]",
        yen("cac_jpy"),
        figures.UNKNOWN if ratio is None else figures.number(ratio, 1),
        say(language, "value.never") if payback is None else figures.number(payback, 1),
    )


def _head(language: Language, *keys: str) -> tuple[str, ...]:
    return tuple(say(language, f"value.{key}") for key in keys)

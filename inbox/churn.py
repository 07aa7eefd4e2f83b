"""The churn model on the terminal: how good beside simpler ones, calibration, drivers, whom to contact, drift."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from ..domain.brief import Language
from ..service.churn import ActionWorth, ChurnView, UnitRisk
from . import figures
from .conditions import measure, value_of
from .terminal import Sheet
from .words import clean, say

_MOST_DRIVERS = 8
_MOST_BEHIND = 3
#: A part of the log odds below this changes nobody's mind.
_SMALLEST = 0.02
_TURN = 0.3


def print_churn(seen: ChurnView, language: Language, console: Console) -> None:
    """All of it, from the verdict down to the history."""
    sheet = Sheet(console)
    sheet.line(_say(language, "title") + f" · {seen.campaign}", "bold")
    sheet.line(_say(language, "as_of", day=figures.day(language, seen.as_of)), "dim")
    _base(seen, language, sheet)
    if seen.model["is_fallback"]:
        sheet.line(_say(language, "fallback", note=seen.model["note"]))
    _quality(seen, language, sheet)
    _calibration(seen.model, language, sheet)
    _drivers(seen.model, language, sheet)
    if len(seen.worth) == 1:
        _worth(seen.worth[0], language, sheet)
    elif seen.worth:
        _all_worth(seen.worth, language, sheet)
    _drift(seen, language, sheet)
    _history(seen, language, sheet)


def print_unit(seen: UnitRisk, language: Language, console: Console) -> None:
    """One customer's risk, and what raises and lowers it against an average customer."""
    sheet = Sheet(console)
    sheet.line(_say(language, "unit_title", unit=clean(seen.unit_id)), "bold")
    sheet.line(_say(language, "as_of", day=figures.day(language, seen.as_of)), "dim")
    average = figures.probability(1 / (1 + math.exp(-seen.average_log_odds)))
    if seen.risk is None:
        sheet.line(_say(language, "unit_gone"))
        return
    sheet.line(_say(language, "unit_risk", risk=figures.probability(seen.risk), days=seen.days, average=average))
    rows = [
        (
            measure(language, part.column),
            value_of(language, part.column, part.value),
            f"{figures.number(math.exp(abs(part.log_odds)), 2)}×",
            _say(language, "raises" if part.log_odds > 0 else "lowers"),
        )
        for part in seen.parts
        if abs(part.log_odds) >= _SMALLEST
    ]
    if rows:
        sheet.heading(_say(language, "unit_parts"))
        sheet.rows(rows, [_say(language, key) for key in ("what", "now", "weight", "level")], (1, 2))
    else:
        sheet.line(_say(language, "unit_average"))


def drift_line(language: Language, found: Mapping[str, Any]) -> str:
    """One thing that is beyond its limits, in a sentence: figures as `agents.drifting.drift_findings` gives them."""
    what = str(found["what"])
    if what in ("events", "promised"):
        shown = {
            key: figures.percent(found[place], 0)
            for key, place in (("ratio", "mean"), ("low", "low"), ("high", "high"))
        }
        return _say(language, f"told_{what}", **shown)
    if what == "score":
        before, now = (figures.percent(_number(found[key])) for key in ("before", "now"))
        columns = [column for column in str(found["behind"]).split(",") if column]
        behind = say(language, "condition.join").join(measure(language, column) for column in columns[:_MOST_BEHIND])
        told = _say(language, "told_score", psi=figures.number(found["psi"], 2), before=before, now=now)
        return told + (_say(language, "told_behind", columns=behind) if behind else "")
    shown = {key: figures.percent(_number(found[f"share_missing_{key}"]), 0) for key in ("before", "now")}
    return _say(language, "told_missing", what=measure(language, what), **shown)


def _say(language: Language, key: str, **values: Any) -> str:
    return say(language, f"churn.{key}", **values)


def _base(seen: ChurnView, language: Language, sheet: Sheet) -> None:
    model = seen.model
    kind = "base_contracts" if seen.has_contracts else "base_orders"
    rate = figures.percent(_number(model["base_rate"]))
    counts = {"events": figures.number(model["n_events"]), "rows": figures.number(model["n_rows"])}
    sheet.line(_say(language, kind, rate=rate, days=seen.days, **counts))


def _quality(seen: ChurnView, language: Language, sheet: Sheet) -> None:
    model, rows = seen.model, []
    for which in ("checked", "plain"):
        one = model[which]
        spread = 1.96 * _number(one["auc_se"])
        auc = f"{_figure(one['auc'])} ±{figures.number(spread, 3)}" if math.isfinite(spread) else _figure(one["auc"])
        own = _say(language, "bent" if model["curves"] else "straight") if which == "checked" else ""
        rows.append((_say(language, which) + own, auc, _figure(one["brier"], 4), _figure(one["log_loss"], 4)))
    rows.append((_say(language, "base"), _figure(0.5), _figure(model["brier_base"], 4), figures.UNKNOWN))
    sheet.heading(_say(language, "quality"))
    checked = model["checked"]
    sheet.line(_say(language, "quality_note", rows=figures.number(checked["rows"])), "dim")
    sheet.rows(rows, [_say(language, key) for key in ("model", "auc", "brier", "log_loss")], (1, 2, 3))
    gain = model["gain"]
    if gain["mean"] is not None:
        verdict = "better" if gain["low"] > 0 else "worse" if gain["high"] < 0 else "same"
        verdict = "is_plain" if verdict == "same" and gain["low"] == gain["high"] == 0 else verdict
        sheet.line(_say(language, f"gain_{verdict}"))


def _calibration(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    checked = model["checked"]
    if not checked["reliability"] or model["is_fallback"]:
        return
    sheet.heading(_say(language, "calibration"))
    rows = [
        (
            figures.percent(row["predicted"]),
            figures.percent(row["seen"]),
            f"[{figures.percent(row['low'])}, {figures.percent(row['high'])}]",
            figures.number(row["rows"]),
        )
        for row in checked["reliability"]
    ]
    sheet.rows(rows, [_say(language, key) for key in ("predicted", "seen", "interval", "customers")], (0, 1, 2, 3))
    line = {"slope": _figure(checked["slope"], 2), "intercept": _figure(checked["intercept"], 2, signed=True)}
    sheet.line(_say(language, "ece", ece=figures.points(_number(checked["ece"])).removeprefix("+"), **line))
    if model["slope"] != 1.0:
        sheet.line(_say(language, "recalibrated", slope=figures.number(model["slope"], 2)))


def _drivers(model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    found = [driver for driver in model["drivers"] if driver["weight"] >= _SMALLEST][:_MOST_DRIVERS]
    if not found:
        return
    sheet.heading(_say(language, "drivers"))
    sheet.line(_say(language, "drivers_note"), "dim")
    rows = [
        (
            measure(language, driver["column"]),
            figures.number(math.exp(driver["weight"]), 2) + "×",
            _say(language, _direction(driver["direction"])),
        )
        for driver in found
    ]
    sheet.rows(rows, [_say(language, key) for key in ("what", "weight", "direction")], (1,))


def _direction(turn: float) -> str:
    return "more" if turn > _TURN else "less" if turn < -_TURN else "both"


def _worth(one: ActionWorth, language: Language, sheet: Sheet) -> None:
    sheet.heading(_say(language, "worth", action=clean(one.action) or _say(language, "own_contact")))
    effect = {key: figures.percent(value) for key, value in one.effect._asdict().items()}
    told = {"cost": figures.yen(language, one.cost_jpy), "value": figures.yen(language, one.value_at_risk_jpy)}
    sheet.line(_say(language, "worth_note", units=figures.number(one.units), days=one.days, **told, **effect), "dim")
    rows = [_choice(choice, language) for choice in (*one.choices, one.best_threshold)]
    rows[-1] = (_say(language, "choice_best", rule=rows[-1][0]), *rows[-1][1:])
    sheet.rows(
        rows, [_say(language, key) for key in ("choice", "contacts", "costs", "gain", "gain_interval")], (1, 2, 3, 4)
    )


def _all_worth(found: Sequence[ActionWorth], language: Language, sheet: Sheet) -> None:
    """One line per action: who is worth it, and what that brings beside everybody and the tenth at highest risk."""
    sheet.heading(_say(language, "worth_all"))
    sheet.line(_say(language, "worth_all_note"), "dim")
    rows = []
    for one in found:
        of = {choice.name: choice for choice in one.choices}
        gains = (of[name].gain for name in ("worth_it", "everybody", "top_tenth"))
        rows.append(
            (
                clean(one.action),
                figures.number(one.units),
                figures.number(of["worth_it"].units),
                figures.number(of["surely_worth_it"].units),
                *(figures.yen(language, gain, signed=True) for gain in gains),
            )
        )
    heads = ("action", "fit", "worth_it", "surely", "gain", "gain_everybody", "gain_tenth")
    sheet.rows(rows, [_say(language, key) for key in heads], range(1, 7))
    sheet.line(_say(language, "worth_use"), "dim")


def _choice(choice: Any, language: Language) -> tuple[str, ...]:
    has_threshold = math.isfinite(choice.threshold)
    key = "choice_nobody" if choice.name == "risk" and not has_threshold else f"choice_{choice.name}"
    return (
        _say(language, key, risk=figures.percent(choice.threshold) if has_threshold else ""),
        figures.number(choice.units),
        figures.yen(language, choice.cost),
        figures.yen(language, choice.gain, signed=True),
        f"[{figures.yen(language, choice.low, signed=True)}, {figures.yen(language, choice.high, signed=True)}]",
    )


def _drift(seen: ChurnView, language: Language, sheet: Sheet) -> None:
    drift = seen.model.get("drift")
    if not drift:
        return
    sheet.heading(_say(language, "drift"))
    for found in seen.told:
        sheet.line(drift_line(language, found))
    if not seen.told:
        sheet.line(_say(language, "no_drift"))
    shifts: Sequence[Mapping[str, Any]] = [shift for shift in (drift["score"], *drift["columns"]) if shift is not None]
    moved = [shift for shift in shifts if shift["level"] != "steady" or shift["name"] == "score"]
    if moved:
        rows = [_shift(shift, language) for shift in moved]
        sheet.rows(rows, [_say(language, key) for key in ("what", "psi", "before", "now", "level")], (1, 2, 3))
    steady = len(shifts) - len(moved)
    if steady:
        sheet.line(_say(language, "steady", count=steady), "dim")
    for kind in ("events", "promised"):
        _events(kind, seen.model, language, sheet)


def _events(kind: str, model: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    promised = model["drift"]["promised"]
    if kind == "promised" and promised is None:
        sheet.line(_say(language, "not_promised"), "dim")
        return
    known = promised if kind == "promised" else model["checked"] | {"seen": model["checked"]["events"]}
    ratio = promised["ratio"] if kind == "promised" else model["surplus"]
    if ratio["mean"] is None:
        return
    bounds = {key: figures.percent(ratio[key], 0) for key in ("low", "high")}
    counts = {"expected": figures.number(known["expected"]), "seen": figures.number(known["seen"])}
    sheet.line(_say(language, kind, ratio=figures.percent(ratio["mean"], 0), **bounds, **counts))


def _shift(shift: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    is_score = shift["name"] == "score"
    shown = [
        figures.percent(_number(shift[key])) if is_score else value_of(language, shift["name"], shift[key])
        for key in ("before", "now")
    ]
    what = _say(language, "score") if is_score else measure(language, shift["name"])
    return (what, _figure(shift["psi"], 2), *shown, _say(language, f"level_{shift['level']}"))


def _history(seen: ChurnView, language: Language, sheet: Sheet) -> None:
    sheet.heading(_say(language, "history"))
    rows = [
        (
            figures.day(language, point.as_of),
            figures.number(point.rows),
            figures.percent(_number(point.base_rate)),
            f"{_figure(point.auc)} / {_figure(point.plain_auc)}",
            f"{_figure(point.brier, 4)} / {_figure(point.plain_brier, 4)} / {_figure(point.brier_base, 4)}",
            figures.percent(_number(point.events_ratio), 0),
            _say(language, "level_large") if point.told else _say(language, "level_steady"),
        )
        for point in seen.history
    ]
    heads = ("day", "rows", "rate", "auc_beside", "brier_beside", "events_ratio", "level")
    sheet.rows(rows, [_say(language, key) for key in heads], (1, 2, 3, 4, 5))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _figure(value: float | None, digits: int = 3, *, signed: bool = False) -> str:
    return figures.number(_number(value), digits, signed)

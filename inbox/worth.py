"""What customers are worth, in rows and sentences: the same ones for `kizuna value` and for the report."""

from collections.abc import Mapping
from typing import Any

from ..domain.brief import Language
from ..domain.worth import Worth
from . import figures
from .words import clean, name, say

Row = tuple[str, ...]


def mean(worth: Worth, language: Language) -> list[str]:
    """What a customer is worth on average, and what is meant by it."""
    average = figures.yen(language, worth.mean_ltv_jpy)
    terms = {
        "months": worth.months,
        "margin": figures.percent(worth.margin, 0),
        "discount": figures.percent(worth.annual_discount, 0),
    }
    told = say(language, "value.mean", mean=average, units=figures.number(worth.valued))
    return [told, say(language, "value.terms", **terms)]


def at_risk(worth: Worth, language: Language) -> str:
    """The value that is at risk, as a sum and a share."""
    kind = "contracts" if worth.has_contracts else "orders"
    shown = {
        "amount": figures.yen(language, worth.at_risk_jpy),
        "share": figures.percent(worth.at_risk_share),
        "days": worth.risk_days,
    }
    return say(language, f"value.at_risk_{kind}", **shown)


def ranks(worth: Worth, language: Language) -> list[Row]:
    """Rank, customers, their change since the snapshot before, mean LTV, share of LTV."""
    return [
        (
            name(language, "feature_value", rank.rank),
            figures.number(rank.units),
            figures.UNKNOWN if rank.before is None else figures.number(rank.units - rank.before, signed=True),
            figures.yen(language, rank.mean_ltv_jpy),
            figures.percent(rank.ltv_share, 0),
        )
        for rank in worth.ranks
    ]


def moved(worth: Worth, language: Language) -> str:
    """Since when movements are counted, if anybody moved."""
    if worth.since is None:
        return say(language, "value.first")
    key = "value.moved" if worth.moves else "value.nobody_moved"
    return say(language, key, since=figures.day(language, worth.since))


def moves(worth: Worth, language: Language, most: int) -> list[Row]:
    """The busiest ways from rank to rank: from, to, customers."""
    return [
        (_rank(language, move.left, "new"), _rank(language, move.joined, "gone"), figures.number(move.units))
        for move in worth.moves[:most]
    ]


def _rank(language: Language, rank: str | None, nobody: str) -> str:
    return name(language, "feature_value", rank) if rank else say(language, f"value.{nobody}")


def why(model: Mapping[str, Any], language: Language) -> list[str]:
    """Which model foresees the value, and why that one."""
    if "why" not in model:
        return [say(language, "value.unknown_model")]
    told = {
        "model": name(language, "value_model", str(model["model"])),
        "family": name(language, "value_model", str(model.get("family", model["model"]))),
        "buyers": figures.number(model.get("buyers", 0)),
        "days": figures.number(model["history_days"]),
        "left": figures.number(model.get("left", 0)),
        "months": figures.number(model.get("months", 0)),
    }
    found = [say(language, f"value_why.{model['kind']}_{model['why']}", **told)]
    if model.get("is_recalibrated") and model["why"] == "chosen":
        found.append(say(language, "value.recalibrated", factor=figures.number(model["factor"], 2)))
    return found


def checks(model: Mapping[str, Any], language: Language) -> list[Row]:
    """The forecast that was tried and the plain one beside it: name, foreseen, came, total off by, off per row,
    misfit, top tenth. None where nothing could be checked."""
    if not model.get("check"):
        return []
    chosen = str(model.get("family", model["model"]))
    rows = [_check(model["check"], chosen, language)]
    if model["kind"] == "orders" or chosen != "constant":
        rows.append(_check(model["fallback_check"], "rfm" if model["kind"] == "orders" else "constant", language))
    return rows


def _check(check: Mapping[str, Any], model: str, language: Language) -> Row:
    share = None if model == "constant" else check["top_share"]  # one figure for everybody has no best tenth
    return (
        name(language, "value_model", model),
        figures.number(check["expected"]),
        figures.number(check["actual"]),
        error(check["total_error"]),
        figures.number(check["mae"], 3),
        figures.number(check["deviance"], 4),
        figures.UNKNOWN if share is None else figures.percent(share, 0),
    )


def error(share: float | None) -> str:
    """By how much a total was off."""
    return figures.UNKNOWN if share is None else figures.lift(share)


def tenths(model: Mapping[str, Any]) -> list[dict[str, float]]:
    """Of the forecast in force, lowest first; none for one figure for everybody."""
    if not model.get("check") or model["model"] == "constant":
        return []
    in_force = model["fallback_check"] if model["model"] == "rfm" else model["check"]
    return list(in_force["tenths"])


def sources(acquisition: Mapping[str, Any], language: Language) -> list[Row]:
    """Source, months, customers, mean LTV, its interval, cost each, LTV over cost, when it is paid back."""
    return [_source(language, source) for source in acquisition["sources"]]


def shift(acquisition: Mapping[str, Any], language: Language) -> list[str]:
    """The recommended shift of spend with its caution, or that there is none."""
    found = acquisition["shift"]
    if found is None:
        return [say(language, "value.no_shift")]
    told = {key: figures.yen(language, found[f"{key}_jpy"]) for key in ("amount", "gain_low", "gain_high")}
    places = {"source": clean(found["from_source"]), "target": clean(found["to_source"])}
    share = figures.percent(found["share"], 0)
    return [say(language, "value.shift", **told, **places, share=share), say(language, "value.shift_note")]


def _source(language: Language, source: Mapping[str, Any]) -> Row:
    def yen(key: str) -> str:
        return figures.UNKNOWN if source[key] is None else figures.yen(language, source[key])

    ratio, payback = source["ratio"], source["payback_months"]
    return (
        clean(source["source"]),
        figures.number(source["months"]),
        figures.number(source["customers"]),
        yen("ltv_jpy"),
        f"[{yen('low_jpy')}, {yen('high_jpy')}]",
        yen("cac_jpy"),
        figures.UNKNOWN if ratio is None else figures.number(ratio, 1),
        say(language, "value.never")
        if payback is None
        else say(language, "value.months_long", months=figures.number(payback, 1)),
    )


def head(language: Language, *keys: str) -> Row:
    """Titles of columns."""
    return tuple(say(language, f"value.{key}") for key in keys)

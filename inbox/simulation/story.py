"""What the simulation says, in sentences: the same ones for the terminal and the page."""

from datetime import timedelta

from ...domain.brief import Language
from ...domain.simulation import ActionForecast, Limit, Range, Share, Simulation, WorldResult
from .. import figures
from ..words import clean, listed, name, words
from ..words import say as say_of

#: From here on the report will mostly show what is there.
_MOSTLY = 0.5
_FALSE_ALARMS = 0.05


def say(language: Language, key: str, **values: object) -> str:
    """The words at `simulation.key`."""
    return say_of(language, f"simulation.{key}", **values)


def company(found: Simulation, language: Language) -> str:
    return clean(found.company.get(language) or next(iter(found.company.values()), ""))


def period(found: Simulation, language: Language) -> str:
    end = found.starts_on + timedelta(days=found.cycles * found.cycle_days)
    start = figures.day(language, found.starts_on)
    end_shown = figures.day(language, end)
    return say(language, "period", start=start, end=end_shown, cycles=found.cycles, days=found.cycle_days)


def runs(found: Simulation, language: Language) -> str:
    total = sum(world.runs for world in found.worlds)
    return say(language, "runs", runs=found.stated.runs, total=total, seed=found.seed)


def made_of(found: Simulation, language: Language) -> str:
    """How many runs, and of which customers."""
    return ("。" if language == "ja" else ". ").join([runs(found, language), extent(found, language)])


def extent(found: Simulation, language: Language) -> str:
    """Whether all customers were simulated."""
    units, simulated = figures.number(found.units), figures.number(found.simulated_units)
    is_part = found.simulated_units < found.units
    return say(language, "part" if is_part else "whole", units=units, simulated=simulated)


def first_plan(found: Simulation, language: Language) -> str:
    first = found.first
    return say(
        language,
        "audience" if first.contacts else "nobody",
        audience=figures.number(first.audience),
        contacts=figures.number(first.contacts),
        cost=figures.yen(language, first.cost_jpy),
    )


def lead(found: Simulation, language: Language) -> str:
    metric, lift = name(language, "metric", found.metric), found.stated.true_lift
    if lift.median is None:
        return say(language, "lead_unknown", metric=metric)
    return say(language, "lead", metric=metric, **lifts(lift))


def otherwise(found: Simulation, language: Language) -> list[str]:
    """What holds if the beliefs do not, and whether the report would see anything."""
    by_name = {world.world: world for world in found.worlds}
    half, none = by_name["half"], by_name["none"]
    much = none.ever_better.low > _FALSE_ALARMS
    told = [say(language, "seen_well" if found.stated.better.value >= _MOSTLY else "seen_half")]
    if half.true_lift.median is not None:
        told.append(say(language, "truth_half", **lifts(half.true_lift), chance=chance(half.goal)))
    told.append(say(language, "truth_none_much" if much else "truth_none", better=chance(none.ever_better)))
    return told


def lifts(lift: Range) -> dict[str, str]:
    """The middle and the 80 % range, as places in a sentence."""
    return {"middle": shown_lift(lift.median), "low": shown_lift(lift.low), "high": shown_lift(lift.high)}


def shown_lift(value: float | None) -> str:
    return figures.UNKNOWN if value is None else figures.lift(value)


def lift_range(lift: Range) -> str:
    return f"[{shown_lift(lift.low)}, {shown_lift(lift.high)}]"


def yen_range(language: Language, money: Range, *, signed: bool = False) -> str:
    low, high = (figures.yen(language, value or 0.0, signed) for value in (money.low, money.high))
    return f"[{low}, {high}]"


def count(value: float | None) -> str:
    return figures.UNKNOWN if value is None else figures.number(value, 0)


def count_range(counts: Range) -> str:
    """`12`, or `12 [10, 15]` where runs differ."""
    if counts.low == counts.high:
        return count(counts.median)
    return f"{count(counts.median)} [{count(counts.low)}, {count(counts.high)}]"


def chance(share: Share) -> str:
    return figures.probability(share.value)


def chance_range(share: Share) -> str:
    """What so many runs say of the chance."""
    return f"[{figures.percent(share.low, 0)}, {figures.percent(share.high, 0)}]"


def world(language: Language, code: str) -> str:
    return say(language, f"world_{code}")


def world_note(found: Simulation, language: Language, code: str) -> str:
    return say(language, f"world_{code}_note", action=clean(found.first.counts_on or figures.UNKNOWN))


def dropped(result: WorldResult, language: Language) -> str:
    """By when the best action was dropped in this world, in how many of the runs."""
    if not any(share.value for share in result.dropped_by):
        return say(language, "dropped_never")
    parts = [
        say(language, "dropped_by", cycle=place, share=chance(share))
        for place, share in enumerate(result.dropped_by, start=1)
        if share.value
    ]
    return listed(language, parts)


def limit(found: Limit, language: Language) -> str:
    """A limit of the plan or a guardrail's reason, by its name."""
    if found.kind == "reason":
        return name(language, "reason", found.name)
    key = f"simulation.limit_{found.name}"
    return words(language).get(key, clean(found.name))


def times(found: Limit, cycles: int, language: Language) -> str:
    if found.kind == "reason":
        return say(language, "pairs", pairs=figures.number(found.times, 0 if found.times >= 10 else 1))
    return say(language, "of_cycles", cycles=figures.number(found.times, 1), all=cycles)


def uncertainty(action: ActionForecast) -> str:
    """The belief's standard deviation before, and after each cycle, in points."""
    return " → ".join(figures.number(100 * sd, 1) for sd in (action.sd, *action.sd_by))


def noticed(action: ActionForecast, language: Language) -> str:
    """Of the runs in which the action harms, how many have dropped it at the end."""
    last = action.noticed_by[-1] if action.noticed_by else None
    if last is None or not last.of:
        return say(language, "no_such_runs")
    return f"{chance(last)} ({last.of})"


def per_cycle(action: ActionForecast, language: Language) -> str:
    if not any(action.contacts):
        return say(language, "unused")
    return listed(language, (figures.number(contacts, 0) for contacts in action.contacts))


def messages(found: Simulation, language: Language) -> list[tuple[str, float]]:
    """How many messages, and the share of people who get so many."""
    shown = [(figures.number(number), share) for number, share in found.messages]
    if len(found.messages) > 12:
        shown[-1] = (say(language, "and_more", count=found.messages[-1][0]), found.messages[-1][1])
    return shown


def opted_out(found: Simulation, language: Language) -> str:
    gone = found.opted_out
    return say(language, "opted_out", middle=count(gone.median), low=count(gone.low), high=count(gone.high))


def assumed(found: Simulation, language: Language) -> list[str]:
    """What is taken for granted, one sentence or two each."""
    taken = found.assumed
    return [
        say(language, "assumed_plan"),
        say(language, "assumed_truth"),
        say(language, "assumed_moves", days=found.cycle_days, joining=figures.number(taken.joining)),
        say(
            language,
            "assumed_model",
            days=found.cycle_days,
            shift=figures.number(taken.model_shift, 2, signed=True),
            sd=figures.number(taken.model_shift_sd, 2),
        ),
        say(
            language,
            "assumed_fatigue",
            fatigue=figures.percent(taken.fatigue, 0),
            opt_outs=figures.percent(taken.opt_outs_per_message, 1),
            answers=figures.percent(taken.answers, 0),
        ),
        say(language, "assumed_people"),
        say(language, "assumed_begins"),
    ]

"""What many runs came to, as the data that pages and terminals show."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..agents.simulating import ANSWERS, FATIGUE, OPT_OUTS_PER_MESSAGE, Decided
from ..agents.twin import Twin
from ..agents.twin_record import CycleSeen, Run, given_up
from ..decisioning.simulation.spread import histogram, share_interval, spread
from ..decisioning.simulation.worlds import World
from ..domain.playbook import Action
from ..domain.simulation import (
    ActionForecast,
    Assumed,
    Bars,
    CycleForecast,
    FirstPlan,
    Limit,
    Range,
    Share,
    Simulation,
    Workload,
    WorldResult,
)

_MOST_MESSAGES = 12
#: Reasons that say whom an action is for, and none that keep it from somebody.
_NO_LIMITS = frozenset({"rule", "unknown_figure", "other_lever"})


@dataclass(frozen=True)
class Played:
    """All runs of all worlds, and what they have in common."""

    twin: Twin
    first: Decided
    best: int | None
    """The column of the action that the first plan counts on most."""
    seed: int
    runs: dict[World, list[Run]]
    fictional: bool


def sum_up(played: Played) -> Simulation:
    """Everything that is told of the simulation."""
    twin, stated = played.twin, played.runs[World.STATED]
    brief = twin.workspace.brief
    lifts = [run.true_lift for run in stated], [run.cycles[-1].lift for run in stated]
    here = int((twin.joins == 1).sum())
    return Simulation(
        campaign=brief.name,
        company=brief.voice.company,
        fictional=played.fictional,
        metric=brief.goal.metric,
        target_lift=brief.goal.relative_lift,
        horizon_days=brief.goal.horizon.days,
        cycles=brief.cycles,
        cycle_days=brief.cycle.days,
        starts_on=twin.starts_at.astimezone(brief.guardrails.quiet_hours.zone).date(),
        budget_jpy=brief.budget.total,
        expiry_days=brief.reviewers.expiry,
        units=round(here / twin.share) if twin.share else here,
        simulated_units=here,
        seed=played.seed,
        first=_first(played),
        worlds=tuple(_world(played, world) for world in World),
        per_cycle=tuple(_cycle(played, number) for number in range(brief.cycles)),
        true_lifts=_bars(lifts[0]),
        seen_lifts=_bars(lifts[1]),
        messages=_messages(stated),
        opted_out=_range([run.opted_out for run in stated]),
        workload=tuple(_workload(played, number) for number in range(brief.cycles)),
        limits=_limits(stated),
        actions=tuple(_action(played, column) for column in range(len(played.first.weighed.actions))),
        assumed=Assumed(
            fatigue=FATIGUE,
            opt_outs_per_message=OPT_OUTS_PER_MESSAGE,
            answers=ANSWERS,
            model_shift=twin.shift.mean,
            model_shift_sd=twin.shift.sd,
            joining=int((twin.joins == 2).sum()),
        ),
    )


def _first(played: Played) -> FirstPlan:
    weighed, choice = played.first.weighed, played.first.chosen.choice
    picked = np.flatnonzero(choice > 0)
    names = [action.action for action in weighed.actions]
    return FirstPlan(
        audience=len(weighed.unit_ids),
        groups=dict(sorted(Counter(member.group for member in played.first.joined.values()).items())),
        contacts=int(picked.size),
        cost_jpy=float(weighed.cost[picked, choice[picked] - 1].sum()),
        by_action={name: int((choice == column + 1).sum()) for column, name in enumerate(names)},
        counts_on=None if played.best is None else names[played.best],
    )


def _world(played: Played, world: World) -> WorldResult:
    runs, goal = played.runs[world], played.twin.workspace.brief.goal.relative_lift
    sign = -1.0 if goal < 0 else 1.0
    verdicts = [run.cycles[-1].verdict for run in runs]
    true = np.array([run.true_lift for run in runs])
    return WorldResult(
        world=world.value,
        runs=len(runs),
        true_lift=_range(true),
        seen_lift=_range([run.cycles[-1].lift for run in runs]),
        better=_share([word == "better" for word in verdicts]),
        worse=_share([word == "worse" for word in verdicts]),
        goal=_share((sign * true >= abs(goal)).tolist()),
        ever_better=_share([any(cycle.verdict == "better" for cycle in run.cycles) for run in runs]),
        gained_jpy=_range([run.gained_jpy for run in runs]),
        cost_jpy=_range([sum(cycle.cost_jpy for cycle in run.cycles) for run in runs]),
        harmed=_share((sign * true < -1e-9).tolist()),
        dropped_by=() if played.best is None else _dropped_by(runs, played.first.weighed.actions[played.best].action),
    )


def _dropped_by(runs: Sequence[Run], action: str) -> tuple[Share, ...]:
    cycles = len(runs[0].cycles) if runs else 0
    return tuple(_share([given_up(run, action, number + 1) for run in runs]) for number in range(cycles))


def _cycle(played: Played, number: int) -> CycleForecast:
    stated, brief = played.runs[World.STATED], played.twin.workspace.brief
    begins = played.twin.starts_at + number * brief.cycle
    spent = [sum(cycle.cost_jpy for cycle in run.cycles[: number + 1]) for run in stated]
    return CycleForecast(
        cycle=number + 1,
        on=begins.astimezone(brief.guardrails.quiet_hours.zone).date(),
        contacts=_of_cycle(stated, number, lambda cycle: cycle.contacts),
        spent_jpy=_range(spent),
        seen_lift=_of_cycle(stated, number, lambda cycle: cycle.lift),
        better=_share([run.cycles[number].verdict == "better" for run in stated]),
    )


def _workload(played: Played, number: int) -> Workload:
    stated = played.runs[World.STATED]
    return Workload(
        cycle=number + 1,
        week=number * played.twin.cycle_days // 7 + 1,
        reviews=_of_cycle(stated, number, lambda cycle: cycle.reviews),
        texts=_of_cycle(stated, number, lambda cycle: cycle.texts),
        rep_drafts=_of_cycle(stated, number, lambda cycle: sum(cycle.by_rep.values())),
        busiest_rep=_of_cycle(stated, number, lambda cycle: max(cycle.by_rep.values(), default=0)),
    )


def _limits(runs: Sequence[Run]) -> tuple[Limit, ...]:
    """Limits of the allocation first, then what the guardrails and the beliefs kept apart; the most frequent first."""
    cycles = sum(len(run.cycles) for run in runs)
    bound = Counter(name for run in runs for name in {n for cycle in run.cycles for n in _plain(cycle.binding)})
    times = Counter(name for run in runs for cycle in run.cycles for name in _plain(cycle.binding))
    limits = [
        Limit(kind="limit", name=name, runs=_hits(count, len(runs)), times=times[name] / len(runs))
        for name, count in bound.most_common()
    ]
    words = [{**_sum(run.cycles), "frequency_cap": sum(cycle.held_back for cycle in run.cycles)} for run in runs]
    names = {name for each in words for name, count in each.items() if count} - _NO_LIMITS
    reasons = [
        Limit(
            kind="reason",
            name=name,
            runs=_hits(sum(bool(each.get(name)) for each in words), len(runs)),
            times=sum(each.get(name, 0) for each in words) / cycles,
        )
        for name in names
    ]
    return (*limits, *sorted(reasons, key=lambda limit: (-limit.times, limit.name)))


def _plain(binding: Sequence[str]) -> set[str]:
    """The names of limits, those of single reps as one."""
    return {"rep" if name.startswith("rep ") else name for name in binding}


def _sum(cycles: Sequence[CycleSeen]) -> dict[str, int]:
    total = Counter[str]()
    for cycle in cycles:
        total.update(cycle.refused)
    return dict(total)


def _action(played: Played, column: int) -> ActionForecast:
    stated = played.runs[World.STATED]
    action: Action = played.first.weighed.actions[column]
    name, held = action.action, played.twin.beliefs[action.action]
    cycles = range(len(stated[0].cycles))
    harmful = [run for run in stated if run.effects[column] < 0]
    others = [run for run in stated if run.effects[column] >= 0]
    return ActionForecast(
        action=name,
        describe=action.describe,
        outcome=action.value.outcome,
        is_measurable=action.value.within_days <= played.twin.cycle_days * len(cycles),
        mean=held.mean,
        sd=held.sd,
        sd_by=tuple(float(np.median([run.cycles[number].beliefs[name].sd for run in stated])) for number in cycles),
        contacts=tuple(float(np.mean([run.cycles[number].by_action[name] for run in stated])) for number in cycles),
        noticed_by=_dropped_by(harmful, name),
        wrongly_dropped=_share([given_up(run, name, len(run.cycles)) for run in others]),
    )


def _messages(runs: Sequence[Run]) -> tuple[tuple[int, float], ...]:
    """How many messages people get; the last entry holds all that get as many or more."""
    counts = np.zeros(_MOST_MESSAGES + 1)
    for run in runs:
        counts += np.bincount(np.minimum(run.messages, _MOST_MESSAGES), minlength=_MOST_MESSAGES + 1)
    total = counts.sum()
    last = int(np.flatnonzero(counts).max(initial=0))
    return tuple((number, float(counts[number] / total)) for number in range(last + 1)) if total else ()


def _of_cycle(runs: Sequence[Run], number: int, figure: Callable[[CycleSeen], float]) -> Range:
    return _range([figure(run.cycles[number]) for run in runs])


def _range(values: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Range:
    found = spread(np.asarray(values, dtype=np.float64))
    figures = (found.median, found.mean, found.low80, found.high80, found.low95, found.high95)
    known = [float(figure) if np.isfinite(figure) else None for figure in figures]
    return Range(median=known[0], mean=known[1], low=known[2], high=known[3], low95=known[4], high95=known[5])


def _share(happened: Sequence[bool]) -> Share:
    return _hits(sum(happened), len(happened))


def _hits(hits: int, runs: int) -> Share:
    low, high = share_interval(hits, runs)
    return Share(value=hits / runs if runs else 0.0, low=low, high=high, of=runs)


def _bars(values: Sequence[float]) -> Bars:
    edges, counts = histogram(np.asarray(values, dtype=np.float64))
    return Bars(edges=tuple(edges), counts=tuple(counts))

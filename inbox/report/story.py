"""What the figures say, in sentences: the same ones for the terminal and the page."""

from datetime import timedelta

from ...domain.brief import Language
from ...domain.delivery import REACHED, DeliveryState
from ...domain.report import ActionResult, Estimate, Finding, Report, ReviewSummary
from .. import figures
from ..conditions import measure
from ..findings import finding as finding_words
from ..reasoning import plan_reasoning
from ..words import clean, name, say, words

SAMPLE_RATIO_ALARM = 0.001
_LEFT = frozenset({*REACHED, DeliveryState.BOUNCED})
_STATES = {"used": "kept", "dropped": "dropped"}


def company(report: Report, language: Language) -> str:
    """The company's name in this language, or in any."""
    return clean(report.company.get(language) or next(iter(report.company.values()), ""))


def period(report: Report, language: Language) -> str:
    """First and last day; the last one planned, while the campaign runs."""
    end = max(report.as_of, report.started_on + timedelta(days=report.horizon_days))
    last = report.as_of if report.is_final else end
    start = figures.day(language, report.started_on)
    return say(language, "label.period", start=start, end=figures.day(language, last))


def status(report: Report, language: Language) -> list[str]:
    """Where the campaign stands, in a few words each."""
    parts = [
        say(language, "label.cycle_of", cycle=report.cycle, cycles=report.cycles),
        say(language, "label.final" if report.is_final else "label.interim"),
        say(language, "label.as_of", day=figures.day(language, report.as_of)),
    ]
    if report.lever:
        parts.append(say(language, "label.lever", lever=name(language, "lever", report.lever)))
    return parts


def level(estimate: Estimate) -> str:
    """The coverage of an interval: `95%`."""
    return figures.percent(estimate.level, 0 if round(100 * estimate.level, 1) % 1 == 0 else 1)


def gap(language: Language) -> str:
    """What stands between two sentences."""
    return "" if language == "ja" else " "


def verdict(report: Report) -> str:
    """The verdict's code; without a lift there is none but `collecting`."""
    return report.verdict if report.headline else "collecting"


def headline(report: Report, language: Language) -> str:
    """The verdict in one sentence, with lift and interval where there are any."""
    metric = name(language, "metric", report.metric)
    estimate = report.headline
    if estimate is None:
        return say(language, "headline.none_final" if report.is_final else "headline.none", metric=metric)
    key = f"headline.{report.verdict}"
    return say(
        language,
        key if key in words(language) else "headline.other",
        verdict=name(language, "verdict", report.verdict),
        metric=metric,
        lift=figures.lift(estimate.value),
        level=level(estimate),
        low=figures.lift(estimate.low),
        high=figures.lift(estimate.high),
    )


def goal_standing(report: Report, language: Language) -> str:
    """How the estimate and its interval lie to the goal, whichever way the goal points."""
    goal = figures.lift(report.target_lift)
    if report.headline is None:
        return say(language, "goal.none", goal=goal, days=report.horizon_days)
    toward = -1.0 if report.target_lift < 0 else 1.0
    ends = sorted((toward * report.headline.low, toward * report.headline.high))
    target = abs(report.target_lift)
    if ends[0] >= target:
        key = "beyond"
    elif toward * report.headline.value >= target:
        key = "reached"
    else:
        key = "open" if ends[1] >= target else "missed"
    return say(language, f"goal.{key}", goal=goal)


def nothing_left(report: Report, language: Language) -> str:
    """Said where cycles were measured and not one contact had left: what differs then is chance alone; else empty."""
    left = any(row.state in _LEFT and row.count for row in report.deliveries)
    if report.headline is None or left:
        return ""
    return say(language, "headline.nothing_left")


def return_on_cost(report: Report) -> Estimate | None:
    """The return with the interval that incremental LTV gives it; the cost is known exactly."""
    if report.return_on_cost is None or report.incremental_jpy is None or report.cost_jpy <= 0:
        return None
    gained = report.incremental_jpy
    return Estimate(
        value=report.return_on_cost,
        low=gained.low / report.cost_jpy,
        high=gained.high / report.cost_jpy,
        level=gained.level,
    )


def action_state(action: ActionResult, language: Language) -> str:
    """In use, dropped, or not used: with what was believed and what was measured."""
    key = _STATES.get(action.state, "unused")
    prior = figures.points(action.prior.value)
    if action.evidence is None:
        return say(language, f"action.{key}_unmeasured", prior=prior)
    measured = figures.with_interval(action.evidence, figures.points)
    return say(language, f"action.{key}", prior=prior, evidence=measured)


def belief_meaning(action: ActionResult, language: Language) -> str:
    """What the belief now amounts to; nothing, as long as it is the playbook's alone."""
    if action.evidence is None:
        return ""
    return say(language, f"action.{side(action.belief)}")


def side(estimate: Estimate) -> str:
    """On which side of zero the whole interval lies."""
    if estimate.low > 0:
        return "helps"
    return "harms" if estimate.high < 0 else "unclear"


def detectable(report: Report, language: Language) -> str:
    """Which lift these groups could show at all, next to the goal."""
    key = "high" if report.minimum_detectable_lift > abs(report.target_lift) else "low"
    found = figures.percent(report.minimum_detectable_lift)
    return say(language, f"limits.detectable_{key}", lift=found, goal=figures.lift(report.target_lift))


def groups_are_off(report: Report) -> bool:
    """The groups are not what was drawn: no lift should be read off them."""
    return not report.sample_ratio_p >= SAMPLE_RATIO_ALARM


def sample_ratio(report: Report, language: Language) -> str:
    """The sample ratio check in one sentence."""
    key = "bad" if groups_are_off(report) else "ok"
    return say(language, f"limits.sample_ratio_{key}", p=figures.p_value(report.sample_ratio_p))


def together(report: Report, language: Language) -> str:
    """That the intervals of the indicators hold all together."""
    return say(language, "looking.indicators", count=len(report.indicators))


def looking(report: Report, language: Language) -> list[str]:
    """How often one may look, where the brief asked for more than the ends of cycles."""
    return [say(language, "looking.always_valid")] if report.intervals == "always_valid" else []


def times(factor: float) -> str:
    """A factor: `3.2×`."""
    return f"{figures.number(factor, 1)}×"


def action_effort(action: ActionResult, language: Language) -> str:
    """What one action took: messages, drafts, money."""
    parts = [say(language, "label.sent", sent=figures.number(action.sent))]
    if action.handed_over:
        parts.append(say(language, "label.handed_over", count=figures.number(action.handed_over)))
    cost = figures.yen(language, action.cost_jpy)
    return " · ".join([*parts, f"{say(language, 'label.cost')} {cost}"])


def belief_path(action: ActionResult, language: Language) -> str:
    """The belief's mean from the playbook's to today's."""
    steps = " → ".join(figures.points(mean) for mean in action.belief_path)
    return f"{say(language, 'label.path')} {steps}"


def leanings(action: ActionResult, language: Language) -> list[str]:
    """Whom the action suits more than others, one sentence a figure."""
    told = []
    for leaning in action.leanings:
        key = "action.suits_more" if leaning.change.value > 0 else "action.suits_less"
        change = figures.with_interval(leaning.change, figures.points)
        told.append(say(language, key, figure=measure(language, leaning.figure), change=change))
    return told


def review_facts(review: ReviewSummary, language: Language) -> list[str]:
    """Who decided and when, and what they changed."""
    parts = []
    if review.decided_by:
        parts.append(say(language, "label.by", name=name(language, "by_itself", review.decided_by)))
    if review.decided_at:
        parts.append(figures.moment(language, review.decided_at))
    if review.edited:
        parts.append(say(language, "label.edited", count=figures.number(review.edited)))
    if review.left_out:
        parts.append(say(language, "label.left_out", count=figures.number(review.left_out)))
    return parts


def finding(found: Finding, language: Language) -> str:
    """What the analysis found, in words."""
    return finding_words(found.kind, found.figures, language)


def planned_by(report: Report, language: Language) -> list[str]:
    """Who reasoned for each cycle's plan; one sentence where it was the rules throughout."""
    if not any(plan.reasoner.get("model") for plan in report.plans):
        return [say(language, "reasoning.rules")] if report.plans else []
    said = [(plan.cycle, " ".join(plan_reasoning(plan.reasoner, language))) for plan in report.plans]
    return [say(language, "reasoning.cycle", cycle=cycle, words=words) for cycle, words in said]

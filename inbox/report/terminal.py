"""The report on the terminal: the verdict first, then money, then why."""

from functools import partial

from rich.console import Console
from rich.text import Text

from ...domain.brief import Language
from ...domain.report import ActionResult, Estimate, Report, ReviewSummary
from .. import figures
from ..terminal import Sheet
from ..words import clean, name, outcome, say
from . import story
from .fairness import print_fairness
from .promotions import promotions
from .variants import print_variants
from .worth import print_worth

_COLOURS = {"better": "green", "likely_better": "green", "worse": "red", "collecting": "yellow"}
_SIDES = {"helps": "green", "harms": "red", "unclear": ""}


def print_report(report: Report, language: Language, console: Console) -> None:
    """What a marketer wants to know, in the order they want to know it. Without colours, nothing is lost."""
    sheet = Sheet(console)
    _head(report, language, sheet)
    _money(report, language, sheet)
    _goal_path(report, language, sheet)
    _actions(report, language, sheet)
    print_variants(report, language, sheet)
    print_fairness(report, language, sheet)
    print_worth(report, language, sheet)
    _sentences("promotion.title", promotions(report, language), language, sheet)
    _indicators(report, language, sheet)
    _guardrails(report, language, sheet)
    _deliveries(report, language, sheet)
    _reviews(report, language, sheet)
    _findings(report, language, sheet)
    _plans(report, language, sheet)
    _limits(report, language, sheet)


def _head(report: Report, language: Language, sheet: Sheet) -> None:
    sheet.line(story.headline(report, language), f"bold {_COLOURS.get(story.verdict(report), '')}".strip())
    sheet.line(story.goal_standing(report, language))
    if nothing := story.nothing_left(report, language):
        sheet.line(nothing, "yellow")
    if story.groups_are_off(report):
        sheet.line(story.sample_ratio(report, language), "bold red")
    if report.headline:
        chance = figures.probability(report.chance_of_goal)
        sheet.line(say(language, "label.of", what=say(language, "label.chance_of_goal"), value=chance))
    sheet.blank()
    title = f"{story.company(report, language)} · {report.campaign} · {story.period(report, language)}"
    sheet.line(title, "dim")
    fictional = [say(language, "label.fictional")] if report.fictional else []
    sheet.line(" · ".join([*story.status(report, language), *fictional]), "dim")


def _money(report: Report, language: Language, sheet: Sheet) -> None:
    yen, signed = partial(figures.yen, language), partial(figures.yen, language, signed=True)
    waiting = say(language, "label.not_yet")

    def shown(estimate: Estimate | None) -> str:
        return figures.with_interval(estimate, signed) if estimate else waiting

    rows = [(say(language, "label.incremental"), shown(report.incremental_jpy))]
    if report.incremental_per_unit_jpy:
        rows.append((say(language, "label.per_unit"), shown(report.incremental_per_unit_jpy)))
    of_budget = say(language, "label.of_budget", budget=yen(report.budget_jpy))
    rows.append((say(language, "label.cost"), say(language, "label.aside", what=yen(report.cost_jpy), aside=of_budget)))
    gained = story.return_on_cost(report)
    note = say(language, "label.return_note")
    returned = f"{figures.with_interval(gained, story.times)} {note}" if gained else waiting
    rows.append((say(language, "label.return"), returned))
    sheet.heading(say(language, "title.money"))
    sheet.rows(rows)


def _goal_path(report: Report, language: Language, sheet: Sheet) -> None:
    if not report.goal_path:
        return
    sheet.heading(say(language, "title.goal_path"))
    policy, holdout = name(language, "group", "policy"), name(language, "group", "holdout")
    mean = partial(figures.metric, language, report.metric)
    rows = [
        (
            str(point.cycle),
            mean(point.policy_mean),
            mean(point.holdout_mean),
            figures.with_interval(point.lift, figures.lift) if point.lift else figures.UNKNOWN,
            Text(name(language, "verdict", point.verdict), style=_COLOURS.get(point.verdict, "")),
        )
        for point in report.goal_path
    ]
    header = (say(language, "label.cycle"), policy, holdout, say(language, "term.lift"), "")
    sheet.rows(rows, header, figures=(1, 2, 3))


def _actions(report: Report, language: Language, sheet: Sheet) -> None:
    if not report.actions:
        return
    sheet.heading(say(language, "title.actions"))
    for place, action in enumerate(report.actions):
        if place:
            sheet.blank()
        _action(action, language, sheet)


def _action(action: ActionResult, language: Language, sheet: Sheet) -> None:
    state = name(language, "action_state", action.state)
    aim = say(language, "label.outcome", outcome=outcome(language, action.outcome))
    sheet.line(f"{action.action} · {state} · {aim}", "bold", indent=2)
    sheet.line(action.describe.get(language, ""), indent=2)
    groups = say(
        language,
        "label.treated_compared",
        treated=figures.number(action.treated),
        compared=figures.number(action.compared),
    )
    points = figures.points
    measured = figures.with_interval(action.evidence, points) if action.evidence else figures.UNKNOWN
    now = Text(figures.with_interval(action.belief, points), style=_SIDES[story.side(action.belief)])
    rows: list[tuple[str | Text, ...]] = [
        (say(language, "label.before"), figures.with_interval(action.prior, points), ""),
        (say(language, "label.measured"), measured, groups),
        (say(language, "label.now"), now, ""),
    ]
    sheet.rows(rows)
    meaning = (story.action_state(action, language), story.belief_meaning(action, language))
    sheet.line(story.gap(language).join(meaning), indent=2)
    for sentence in story.leanings(action, language):
        sheet.line(sentence, indent=2)
    per_cycle = " → ".join(figures.number(count) for count in action.per_cycle)
    effort = story.action_effort(action, language)
    sheet.line(f"{effort} · {say(language, 'label.contacts')} {per_cycle}", "dim", indent=2)
    if len(action.belief_path) > 1:
        sheet.line(story.belief_path(action, language), "dim", indent=2)


def _sentences(title: str, told: list[str], language: Language, sheet: Sheet) -> None:
    if told:
        sheet.heading(say(language, title))
    for sentence in told:
        sheet.line(f"- {sentence}", indent=2)


def _indicators(report: Report, language: Language, sheet: Sheet) -> None:
    if not report.indicators:
        return
    sheet.heading(say(language, "title.indicators"))
    rows = [
        (
            outcome(language, indicator.name),
            figures.percent(indicator.policy),
            figures.percent(indicator.holdout),
            figures.with_interval(indicator.difference, figures.points)
            if indicator.difference
            else say(language, "label.not_yet"),
        )
        for indicator in report.indicators
    ]
    policy, holdout = name(language, "group", "policy"), name(language, "group", "holdout")
    header = (say(language, "label.indicator"), policy, holdout, say(language, "label.difference"))
    sheet.rows(rows, header, figures=(1, 2, 3))
    sheet.line(story.together(report, language), "dim", indent=2)


def _guardrails(report: Report, language: Language, sheet: Sheet) -> None:
    counts = [(name(language, "reason", row.reason), row.count) for row in report.guardrails]
    _counts("title.guardrails", counts, language, sheet)


def _deliveries(report: Report, language: Language, sheet: Sheet) -> None:
    counts = [(name(language, "delivery", row.state), row.count) for row in report.deliveries]
    _counts("title.deliveries", counts, language, sheet)


def _counts(title: str, counts: list[tuple[str, int]], language: Language, sheet: Sheet) -> None:
    spoke = sorted((row for row in counts if row[1]), key=lambda row: -row[1])
    if not spoke:
        return
    sheet.heading(say(language, title))
    sheet.rows([(figures.number(count), words) for words, count in spoke], figures=(0,))


def _reviews(report: Report, language: Language, sheet: Sheet) -> None:
    if not report.reviews:
        return
    sheet.heading(say(language, "title.reviews"))
    for review in report.reviews:
        _review(review, language, sheet)


def _review(review: ReviewSummary, language: Language, sheet: Sheet) -> None:
    state, kind = name(language, "review_state", review.state), name(language, "review_kind", review.kind)
    about = clean(review.subject)
    sheet.line(kind if about == review.kind else say(language, "label.of", what=kind, value=about), indent=2)
    sheet.line(" · ".join([state, *story.review_facts(review, language)]), "dim", indent=4)
    if review.reason:
        sheet.line(say(language, "receipt.quoted", words=clean(review.reason)), indent=4)


def _findings(report: Report, language: Language, sheet: Sheet) -> None:
    if report.findings:
        sheet.heading(say(language, "title.findings"))
    for finding in report.findings:
        sheet.line(f"- {clean(story.finding(finding, language))}", indent=2)


def _plans(report: Report, language: Language, sheet: Sheet) -> None:
    if report.plans:
        sheet.heading(say(language, "title.plans"))
    for sentence in story.planned_by(report, language):
        sheet.line(f"- {sentence}", indent=2)


def _limits(report: Report, language: Language, sheet: Sheet) -> None:
    sheet.heading(say(language, "title.limits"))
    sheet.line(story.detectable(report, language), indent=2)
    sheet.line(story.sample_ratio(report, language), indent=2)
    for sentence in story.looking(report, language):
        sheet.line(sentence, indent=2)
    rows = [(figures.number(count), name(language, "group", group)) for group, count in report.units.items()]
    if rows:
        sheet.rows(rows, figures=(0,))

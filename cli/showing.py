"""Reviews on the terminal: what a person needs to decide, in the order in which they need it."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console

from ..domain.brief import Language, Metric
from ..domain.draft import Draft
from ..inbox import figures
from ..inbox.explaining import limit_name
from ..inbox.helping import help_lines, helps_little
from ..inbox.reasoning import plan_reasoning
from ..inbox.report.fairness import planned_fairness
from ..inbox.terminal import Sheet
from ..inbox.words import listed, name
from ..inbox.words import say as words
from ..service.reviewing import Shown
from ..service.words import without_footer
from ..store.tables import ReviewRow
from .output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT_OUT_OF_FACTS = ("footer_", "meeting_times")


def print_reviews(rows: "Sequence[ReviewRow]", language: Language, console: Console, zone: ZoneInfo) -> None:
    """The queue, the most urgent first."""
    sheet = Sheet(console)
    if not rows:
        sheet.line(say(language, "no_reviews"))
        return
    header = [say(language, key) for key in ("review", "what", "who", "expires")]
    ordered = sorted(rows, key=lambda row: (row.expires_at, row.id))
    sheet.rows([_queued(row, language, zone) for row in ordered], header)


def _queued(row: ReviewRow, language: Language, zone: ZoneInfo) -> tuple[str, ...]:
    until = figures.moment(language, row.expires_at.astimezone(zone))
    return row.id, name(language, "review_kind", row.kind), _for_whom(row, language), until


def print_review(shown: Shown, language: Language, console: Console, *, every: bool, zone: ZoneInfo) -> None:
    """One review, whole."""
    sheet, row = Sheet(console), shown.review
    kind = name(language, "review_kind", row.kind)
    sheet.line(say(language, "review_title", kind=kind, id=row.id), "bold")
    state = name(language, "review_state", row.state)
    until = say(
        language, "until", until=figures.moment(language, row.expires_at.astimezone(zone)), digest=row.digest[:12]
    )
    sheet.line(f"{state}; {say(language, 'for_whom', who=_for_whom(row, language))}; {until}", "dim")
    if row.kind == "plan":
        _plan(row.summary, language, sheet)
    else:
        _content(shown, language, sheet, every)
    sheet.blank()
    if row.state == "open":
        sheet.line(say(language, "deciding", id=row.id))
        if shown.drafts:
            sheet.line(say(language, "editing", id=shown.drafts[0].id), "dim")


def _for_whom(row: ReviewRow, language: Language) -> str:
    return row.assignee or say(language, f"role_{row.role}")


def _plan(plan: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    yen = _yen(language)
    goal, chance, worth = plan["goal"], plan["by_chance"], plan["expected_value_jpy"]
    metric = name(language, "metric", Metric(goal["metric"]).value)
    gains = listed(language, (_gain(goal, lever, language) for lever in plan["levers"]))
    groups = listed(language, (f"{name(language, 'group', group)} {count}" for group, count in plan["groups"].items()))
    reasons = listed(language, (f"{name(language, 'reason', reason)} {n}" for reason, n in plan["left_alone"].items()))
    lines = [
        say(language, "goal", metric=metric, lift=figures.lift(goal["lift"]), days=goal["horizon_days"]),
        say(language, "lever", lever=name(language, "lever", plan["lever"] or ""), gains=gains),
        say(language, "audience", audience=plan["audience"], groups=groups),
        say(
            language,
            "plan_cost",
            contacts=plan["contacts"],
            cost=yen(plan["cost_jpy"]),
            budget=yen(plan["budget_jpy"]),
            value=yen(worth["mean"]),
            low=yen(worth["low"]),
            high=yen(worth["high"]),
        ),
        say(
            language,
            "by_chance",
            units=chance["units"],
            random=chance["random_control"],
            explored=chance["exploration"],
            cost=yen(chance["cost_jpy"]),
        ),
        say(language, "left_alone", reasons=reasons),
        *_balance(plan, language),
        *planned_fairness(plan, language),
        *plan_reasoning(plan["reasoner"], language),
    ]
    sheet.blank()
    for line in lines:
        sheet.line(line)
    if plan["workload"]:
        drafts = listed(language, (f"{rep} {count}" for rep, count in plan["workload"].items()))
        sheet.line(say(language, "workload", drafts=drafts))
    if plan["binding"]:
        limits = listed(language, (limit_name(language, code) for code in plan["binding"]))
        sheet.line(say(language, "binding", limits=limits))
    _feasibility(plan["feasibility"], language, sheet)
    _helps(plan, language, sheet)
    sheet.blank()
    header = [say(language, key) for key in ("action", "eligible", "units", "cost", "worth", "why_not")]
    sheet.rows([_action(action, language) for action in plan["actions"]], header, figures=(1, 2, 3, 4))


def _balance(plan: Mapping[str, Any], language: Language) -> list[str]:
    """What pays soon beside what builds the bond, and what the floor for the latter costs."""
    balance = plan["balance"]
    contacts = balance["short"] + balance["long"]
    if not contacts:
        return []
    share = figures.percent(balance["long"] / contacts)
    terms = {"short": balance["short"], "long": balance["long"], "share": share}
    terms |= {"floor": figures.percent(balance["floor"]), "forgone": figures.yen(language, balance["forgone_jpy"])}
    return [say(language, "balance" if balance["forgone_jpy"] < 1 else "balance_at_a_price", **terms)]


def _gain(goal: Mapping[str, Any], lever: Mapping[str, Any], language: Language) -> str:
    """How far the lever moves the goal's metric for the average unit of the segment, in the metric's own unit."""
    word = name(language, "lever", lever["lever"])
    if goal["metric"] in (Metric.LTV, Metric.ORDER_VALUE):
        return f"{word} {figures.yen(language, lever['gain'], signed=True)}"
    return f"{word} {figures.points(lever['gain'])} pt"


def _feasibility(feasible: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    best = figures.lift(feasible["best_reachable_lift"])
    smallest = feasible["minimum_detectable_lift"]  # None: no lift would be seen
    sheet.line(
        say(
            language,
            "mde",
            mde=figures.lift(math.inf if smallest is None else smallest),
            expected=figures.lift(feasible["expected_lift"]),
            low=figures.lift(feasible["expected_lift_low"]),
            high=figures.lift(feasible["expected_lift_high"]),
            best=best,
            chance=figures.probability(feasible["chance_of_goal"]),
        )
    )
    if not feasible["is_reachable"]:
        sheet.line(say(language, "unreachable", best=best), "yellow")
    elif not feasible["is_detectable"]:
        sheet.line(say(language, "undetectable"), "yellow")


def _helps(plan: Mapping[str, Any], language: Language, sheet: Sheet) -> None:
    """What would bring the goal nearer, where it is far or would not be seen."""
    if helps_little(plan):
        sheet.line(words(language, "helps.nothing"), "yellow")
    lines = help_lines(plan, language)
    if not lines:
        return
    sheet.line(words(language, "helps.title"))
    for line in lines:
        sheet.line(f"- {line}", indent=2)
    sheet.line(words(language, "helps.how"), "dim", indent=2)


def _action(action: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    yen = _yen(language)
    reasons = listed(language, (f"{name(language, 'reason', why)} {count}" for why, count in action["why_not"].items()))
    worth = action["expected_value_jpy"]["mean"]
    return action["action"], str(action["eligible"]), str(action["units"]), yen(action["cost_jpy"]), yen(worth), reasons


def _content(shown: Shown, language: Language, sheet: Sheet, every: bool) -> None:
    summary = shown.review.summary
    by_id = {draft.id: draft for draft in shown.drafts}
    messages = listed(language, (f"{message} {count}" for message, count in summary["messages"].items()))
    languages = listed(language, (f"{lang} {count}" for lang, count in summary["languages"].items()))
    counts = {key: summary[key] for key in ("units", "drafts", "variant")}
    cost = _yen(language)(summary["cost_jpy"])
    sheet.blank()
    sheet.line(say(language, "batch_counts", messages=messages, languages=languages, cost=cost, **counts))
    if summary["note"]:
        sheet.line(say(language, "note", note=summary["note"]), "yellow")
    _flags(summary["flags"], language, sheet)
    whole = every or shown.review.kind == "each"
    if whole:
        for draft in shown.drafts:
            _draft(draft, language, sheet, footer=True)
        return
    for kind in ("random", "worst"):
        sheet.heading(say(language, f"sample_{kind}"))
        for place, ident in enumerate(summary["samples"][kind]):
            if ident in by_id:
                _draft(by_id[ident], language, sheet, footer=kind == "random" and place == 0)


def _flags(flags: Mapping[str, list[str]], language: Language, sheet: Sheet) -> None:
    if not flags:
        sheet.line(say(language, "no_flags"), "green")
        return
    sheet.line(say(language, "flags", count=len(flags)), "yellow")
    for ident, problems in list(flags.items())[:10]:
        sheet.line(f"{ident}: {'; '.join(problems)}", indent=2)


def _draft(draft: Draft, language: Language, sheet: Sheet, *, footer: bool) -> None:
    """One mail as its recipient will read it; the legal footer, the same in all, is shown where asked for."""
    facts = {key: value for key, value in draft.facts.items() if not key.startswith(_LEFT_OUT_OF_FACTS)}
    sheet.blank()
    sheet.line(say(language, "draft_head", id=draft.id), "bold", indent=2)
    sender = f"{draft.sender.name} <{draft.sender.email}>"
    place = draft.recipient.email or " ".join(draft.recipient.postal_address.split())
    recipient = f"{draft.recipient.name} <{place}>"
    channel = name(language, "channel", draft.channel)
    sheet.line(say(language, "from_to", channel=channel, sender=sender, recipient=recipient), "dim", indent=2)
    sheet.line(draft.subject, "bold", indent=2)
    text = draft.text if footer else without_footer(draft.text)
    for line in text.splitlines():
        sheet.line(line, indent=4)
    told = listed(language, (f"{k}={v}" for k, v in facts.items()))
    sheet.line(say(language, "facts", facts=told), "dim", indent=2)


def _yen(language: Language) -> Any:
    return lambda amount: figures.yen(language, amount)

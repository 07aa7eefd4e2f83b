"""The content agent: the words. Drafts for every approved decision, and new drafts when a reviewer says no."""

import hashlib
from collections import Counter, defaultdict
from typing import Any

from langgraph.runtime import Runtime
from sqlmodel import Session

from ..domain.clock import after_business_days
from ..domain.decision import Reason
from ..domain.draft import Draft, bundle_digest
from ..domain.playbook import Action, Role
from ..domain.review import ReviewKind, ReviewState, Wish
from ..prompts.rendering import FactMissing, variants
from ..store import campaigns, decisions, people, reviews, variants_tried
from ..store.tables import DecisionRow, DraftRow, ReviewRow
from .composing import AUTHOR, MODEL, STANDARD, Desk, open_desk
from .scoring import load_snapshot
from .state import CampaignState, ReviewThreadState
from .variants import draw_variants
from .wording import Pen, check
from .workspace import Context, Workspace

_RANDOM_SAMPLES = 3
_VARIANT_FOR = {Wish.SHORTER: "short", Wish.SOFTER: "soft"}
#: Tried in this order when a rejection does not say what it wants.
_OTHER_WAYS = ("soft", "short")


def write(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Write the drafts of the approved plan and ask for their reviews."""
    workspace = runtime.context.open()
    name, cycle = state["campaign"], state["cycle"]
    with workspace.store.read() as session:
        chosen = decisions.chosen(session, name, cycle)
        row = campaigns.cycle(session, name, cycle)
    assert row is not None
    pen = Pen(open_desk(workspace, row, load_snapshot(workspace, state["snapshot"]), chosen))
    by_action: dict[str, list[DecisionRow]] = defaultdict(list)
    for decision in chosen:
        by_action[decision.action or ""].append(decision)
    opened = 0
    for action_name, made in sorted(by_action.items()):
        workspace.tell("writing", action=action_name, units=len(made))
        opened += _write_action(pen, workspace.actions[action_name], made)
    pen.keep()
    workspace.tell("reviews_opened", count=opened)
    return {"counts": {**state["counts"], "reviews": opened}}


def _write_action(pen: Pen, action: Action, made: list[DecisionRow]) -> int:
    """Drafts of one action; one review for all of them or one for each, as the playbook says."""
    desk = pen.desk
    written: dict[str, list[Draft]] = {}
    missing: list[str] = []
    with desk.workspace.store.write() as session:
        drawn = draw_variants(session, desk, action, made, by_model=pen.is_by_model)
    for decision in made:
        mine = drawn[decision.id].variant if decision.id in drawn else None
        try:
            written[decision.unit_id] = [pen.write(decision, message, mine) for message in action.messages]
        except (FactMissing, KeyError):
            missing.append(decision.id)
    with desk.workspace.store.write() as session:
        decisions.leave_out(session, missing, Reason.FACT_MISSING)
        _plan_journeys(session, action, [d for d in made if d.unit_id in written])
        if action.review.scope == "batch":
            drafts = [draft for each in written.values() for draft in each]
            return int(bool(drafts) and open_content_review(session, desk, action, drafts, revision=0))
        return sum(open_content_review(session, desk, action, each, revision=0) for each in written.values())


def _plan_journeys(session: Session, action: Action, made: list[DecisionRow]) -> None:
    decisions.start_journeys(
        session,
        [
            {
                "decision_id": decision.id,
                "campaign": decision.campaign,
                "cycle": decision.cycle,
                "unit_id": decision.unit_id,
                "contact_id": decision.contact_id,
                "action": action.action,
                "position": 0,
                "state": "waiting",
            }
            for decision in made
        ],
    )


def open_content_review(
    session: Session,
    desk: Desk,
    action: Action,
    drafts: list[Draft],
    *,
    revision: int,
    note: str = "",
    before: ReviewRow | None = None,
) -> bool:
    """Ask for one review of these drafts; who must look follows the playbook, a supervisor where it says nothing.

    A revision of an earlier question (`before`) keeps its subject; drafts with a note are asked about by themselves.
    """
    workspace, cycle = desk.workspace, desk.cycle
    is_batch = action.review.scope == "batch" and not note
    subject = action.action if is_batch else f"{action.action}.{drafts[0].unit_id}"
    if before is not None:
        subject = before.subject
    elif note:
        subject = f"{subject}.{drafts[0].step}"
    role, assignee = _reviewer(session, desk, action, drafts[0])
    now = workspace.clock.now()
    campaign = campaigns.campaign(session, workspace.brief.name)
    return reviews.open_review(
        session,
        {
            "id": f"{workspace.brief.name}.{cycle.number}.{subject}.{revision}",
            "campaign": workspace.brief.name,
            "cycle": cycle.number,
            "kind": (ReviewKind.BATCH if is_batch else ReviewKind.EACH).value,
            "subject": subject,
            "revision": revision,
            "state": ReviewState.OPEN.value,
            "role": role.value,
            "assignee": assignee,
            "authors": [AUTHOR, campaign.started_by if campaign else AUTHOR],
            "digest": bundle_digest([draft.digest for draft in drafts]),
            "summary": _summary(workspace, action, drafts, note),
            "opened_at": now,
            "expires_at": after_business_days(
                now, workspace.brief.reviewers.expiry, workspace.brief.guardrails.quiet_hours
            ),
            "answer": {},
        },
        drafts,
    )


def _reviewer(session: Session, desk: Desk, action: Action, draft: Draft) -> tuple[Role, str | None]:
    """The responsible rep where the playbook says so and the rep can log in; else a supervisor."""
    if action.review.by is not Role.SALES_REP:
        return Role.SUPERVISOR, None
    rep = desk.recipients[draft.unit_id].rep
    login = people.rep_login(session, rep.rep_id) if rep is not None else None
    return (Role.SALES_REP, login) if login is not None else (Role.SUPERVISOR, None)


def _summary(workspace: Workspace, action: Action, drafts: list[Draft], note: str) -> dict[str, Any]:
    """What a reviewer sees first: counts, cost, flags, samples both random and worst."""
    flagged = {draft.id: problems for draft in drafts if (problems := words_problems(draft))}
    by_model = sum(draft.variant == MODEL for draft in drafts)
    return {
        "action": action.action,
        "units": len({draft.unit_id for draft in drafts}),
        "drafts": len(drafts),
        "messages": dict(Counter(draft.step for draft in drafts)),
        "languages": dict(Counter(draft.language for draft in drafts)),
        "variant": Counter(draft.variant for draft in drafts).most_common(1)[0][0],
        "variants": dict(Counter(draft.variant for draft in drafts)) if action.variants else {},
        "by_model": by_model,
        "cost_jpy": action.cost.per_contact * len({draft.unit_id for draft in drafts}),
        "flags": flagged,
        "samples": _samples(drafts, flagged, each_variant=bool(action.variants)),
        "note": note,
    }


def words_problems(draft: Draft) -> list[str]:
    """What the fact check says about a draft's words."""
    return check(draft)


def _samples(drafts: list[Draft], flagged: dict[str, list[str]], *, each_variant: bool) -> dict[str, list[str]]:
    """Random ones (by hash, so the same for everybody) and the likely worst: flagged, longest subject, longest text.

    Where wordings are tried against one another, each of them in each language is among the random ones.
    """
    shuffled = sorted(drafts, key=lambda draft: hashlib.sha256(draft.id.encode()).hexdigest())
    random = shuffled[:_RANDOM_SAMPLES]
    if each_variant:
        seen = {(draft.variant, draft.language, draft.step) for draft in random}
        first = {(draft.variant, draft.language, draft.step): draft for draft in reversed(shuffled)}
        random += [draft for key, draft in first.items() if key not in seen]
    longest = [max(drafts, key=lambda d: len(d.subject)), max(drafts, key=lambda d: len(d.text))]
    worst = list(dict.fromkeys([*list(flagged)[:_RANDOM_SAMPLES], *(draft.id for draft in longest)]))
    return {"random": [draft.id for draft in random], "worst": worst}


def revise(state: ReviewThreadState, runtime: Runtime[Context]) -> ReviewThreadState:
    """Write rejected drafts another way, as the reviewer wished, and ask again."""
    workspace = runtime.context.open()
    with workspace.store.read() as session:
        review = reviews.review(session, state["review"])
        assert review is not None
        old = reviews.drafts_of(session, review.id)
        made = [decisions.decision(session, draft.decision_id) for draft in old]
        cycle = campaigns.cycle(session, review.campaign, review.cycle)
    assert cycle is not None and cycle.snapshot is not None
    by_id = {decision.id: decision for decision in made if decision is not None}
    action = workspace.actions[review.summary["action"]]
    variant = _other_variant(workspace, action, review)
    desk = open_desk(workspace, cycle, load_snapshot(workspace, cycle.snapshot), list(by_id.values()))
    drafts, lost = _write_again(desk, by_id, old, variant)
    with workspace.store.write() as session:
        row = reviews.review(session, review.id)
        assert row is not None
        reviews.set_draft_state(session, [draft.id for draft in old], "rejected")
        variants_tried.forget_draws(session, sorted(by_id))
        for decision_id, reason in lost.items():
            decisions.stop_journey(session, decision_id, reason)
            decisions.leave_out(session, [decision_id], reason)
        if drafts:
            note = review.summary["note"]
            revision = review.revision + 1
            open_content_review(session, desk, action, drafts, revision=revision, note=note, before=review)
        row.applied_at = workspace.clock.now()
        session.add(row)
    workspace.tell("written_again", subject=review.subject, variant=variant)
    return {"outcome": "revised"}


def _write_again(
    desk: Desk, made: dict[str, DecisionRow], old: list[DraftRow], variant: str
) -> tuple[list[Draft], dict[str, Reason]]:
    """The same messages in other words; and the decisions whose words can't be written any more, with the reason."""
    drafts: list[Draft] = []
    lost: dict[str, Reason] = {}
    for row in old:
        decision = made[row.decision_id]
        if decision.unit_id not in desk.recipients:
            lost[decision.id] = Reason.UNREACHABLE
            continue
        try:
            drafts.append(desk.write(decision, row.step, variant=variant, revision=row.revision + 1))
        except FactMissing:
            lost[decision.id] = Reason.FACT_MISSING
    return [draft for draft in drafts if draft.decision_id not in lost], lost


def _other_variant(workspace: Workspace, action: Action, review: ReviewRow) -> str:
    """By the reviewer's wish; without one, or where the action has no such words, the next way it can be put."""
    known = {
        variant
        for message in action.messages
        for language in workspace.brief.voice.languages
        for variant in variants(action.action, message, language, workspace.own_words)
    }
    wish = review.answer.get("wish")
    wished = _VARIANT_FOR.get(Wish(wish)) if wish else None
    ways = [way for way in (*_OTHER_WAYS, STANDARD) if way in known and way != review.summary["variant"]]
    return wished if wished is not None and wished in known else next(iter(ways), STANDARD)


def renew(state: CampaignState, runtime: Runtime[Context]) -> CampaignState:
    """Approved drafts whose facts changed since are written again with today's facts, and asked about again."""
    workspace = runtime.context.open()
    name = state["campaign"]
    with workspace.store.read() as session:
        outdated = reviews.outdated_drafts(session, name)
        made = {draft.decision_id: decisions.decision(session, draft.decision_id) for draft in outdated}
        row = campaigns.cycle(session, name, state["cycle"])
    if not outdated:
        return {}
    assert row is not None and row.snapshot is not None
    current = [decision for decision in made.values() if decision is not None and decision.cycle == row.number]
    pen = Pen(open_desk(workspace, row, load_snapshot(workspace, row.snapshot), current))
    for draft in outdated:
        decision = made[draft.decision_id]
        if decision is not None and decision.cycle == row.number:
            _ask_again(pen, decision, draft)
    return {}


def _ask_again(pen: Pen, decision: DecisionRow, outdated: DraftRow) -> None:
    desk, old = pen.desk, reviews.as_draft(outdated)
    with desk.workspace.store.write() as session:
        reviews.set_draft_state(session, [outdated.id], "replaced")
        if decision.unit_id not in desk.recipients:
            decisions.stop_journey(session, decision.id, Reason.UNREACHABLE)
            return
        try:
            fresh = pen.again(decision, old)
        except FactMissing:
            decisions.stop_journey(session, decision.id, Reason.FACT_MISSING)
            return
        note = "facts changed after the approval"
        action = desk.workspace.actions[old.action]
        open_content_review(session, desk, action, [fresh], revision=fresh.revision, note=note)
    desk.workspace.tell("asked_again", action=old.action, unit=old.unit_id)

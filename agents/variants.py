"""An action's wordings tried against one another: who draws which, and what came back of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlmodel import Session

from ..decisioning.learning.variants import Standing, draw, rate, shares
from ..decisioning.measuring import experiment
from ..domain.brief import Language
from ..domain.playbook import Action, Wait
from ..prompts.rendering import needs, variants
from ..store import outcomes, variants_tried
from ..store.tables import CycleRow, DecisionRow, OutcomeRow, VariantRow
from ..store.variants_tried import Arrived
from .composing import MODEL, Desk
from .workspace import Workspace

#: What comes back later than this is not put down to the message.
COMES_BACK_WITHIN = timedelta(days=14)
_CLICKED, _ANSWERED = "mail_clicked", "survey_answered"
#: What a journey waits for, where it tells that the words worked.
_WORKED = {"survey_answered": _ANSWERED, "ordered": "ordered", "clicked": _CLICKED, "visited": "visited"}


@dataclass(frozen=True)
class Drawn:
    """The wording that a decision drew, and with which probability."""

    variant: str
    probability: float


def draw_variants(
    session: Session, desk: Desk, action: Action, made: Sequence[DecisionRow], *, by_model: bool
) -> dict[str, Drawn]:
    """Decision -> its wording, for an action that tries several; what stood for the draw is kept with the cycle.

    Languages learn and draw apart. A wording that a language does not have is not drawn in it; where less than two
    are left there is nothing to draw. Doing it again gives the same: shares are kept, and draws are the unit's hash.
    """
    if not action.variants:
        return {}
    by_language: dict[Language, list[DecisionRow]] = defaultdict(list)
    for decision in made:
        if decision.unit_id in desk.recipients:
            by_language[desk.language_of(decision)].append(decision)
    drawn: dict[str, Drawn] = {}
    for language, rows in sorted(by_language.items()):
        names = _known(desk.workspace, action, language, by_model=by_model)
        if len(names) < 2:
            continue
        standing = _standing(session, desk.workspace, desk.cycle, action, language, names)
        share = np.array([row.share for row in standing])
        salt = f"{desk.workspace.brief.name}/{desk.cycle.number}/{action.action}/variant"
        tickets = experiment.unit_draws([row.unit_id for row in rows], salt, 1)[0]
        for row, at in zip(rows, draw(share, tickets), strict=True):
            drawn[row.id] = Drawn(standing[at].variant, float(share[at]))
    variants_tried.keep_draws(session, {ident: (each.variant, each.probability) for ident, each in drawn.items()})
    return drawn


def _known(workspace: Workspace, action: Action, language: Language, *, by_model: bool) -> list[str]:
    have = set(variants(action.action, action.messages[0], language, workspace.own_words))
    return [name for name in action.variants if name in have or (name == MODEL and by_model)]


def _standing(
    session: Session, workspace: Workspace, cycle: CycleRow, action: Action, language: Language, names: Sequence[str]
) -> list[VariantRow]:
    """How the wordings stand when the cycle's drafts are written; as kept, where they were written before."""
    kept = variants_tried.standing(session, cycle.campaign, cycle.number, action.action, language)
    if kept:
        return kept
    counts = counted(session, workspace, action, language, names, workspace.clock.now())
    share = shares([counts[name] for name in names])
    for name, part in zip(names, share, strict=True):
        mean, low, high = rate(counts[name])
        row = VariantRow(
            campaign=cycle.campaign,
            cycle=cycle.number,
            action=action.action,
            language=language,
            variant=name,
            outcome=outcome_of(workspace, action) or "",
            reached=counts[name].reached,
            succeeded=counts[name].succeeded,
            rate=mean,
            low=low,
            high=high,
            share=float(part),
        )
        session.add(row)
    session.flush()
    return variants_tried.standing(session, cycle.campaign, cycle.number, action.action, language)


def outcome_of(workspace: Workspace, action: Action) -> str | None:
    """What tells that the words worked: what the journey waits for, else an answer or a click where they ask for one.

    None where nothing comes back that is told apart by message, as of a letter: the shares then stay even.
    """
    waited = next((step.wait.event for step in action.steps if isinstance(step, Wait)), None)
    if waited is not None and waited in _WORKED:
        return _WORKED[waited]
    wanted = needs(action.action, action.messages[0], workspace.own_words)
    return _ANSWERED if wanted.survey else _CLICKED if wanted.links else None


def counted(
    session: Session, workspace: Workspace, action: Action, language: Language, names: Sequence[str], now: datetime
) -> dict[str, Standing]:
    """Wording -> how many it reached whose time to react is over, and after how many of them the outcome followed.

    Only drawn wordings count, as the agents wrote them: what a person edited or chose in a revision is another matter.
    """
    kind = outcome_of(workspace, action)
    if kind is None:
        return {name: Standing(0, 0) for name in names}
    until = now - COMES_BACK_WITHIN
    arrived = variants_tried.arrived(session, workspace.brief.name, action.action, action.messages[0], language, until)
    since = min((each.reached_at for each in arrived), default=now)
    seen: dict[str, list[OutcomeRow]] = defaultdict(list)
    for row in outcomes.outcomes_of_kind(session, kind, since):
        seen[row.unit_id].append(row)
    reached, succeeded = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for each in arrived:
        if each.variant in reached:
            reached[each.variant] += 1
            succeeded[each.variant] += _followed(each, kind, seen)
    return {name: Standing(reached[name], succeeded[name]) for name in names}


def _followed(arrived: Arrived, kind: str, seen: Mapping[str, Sequence[OutcomeRow]]) -> bool:
    """Whether the outcome came in time; a click, also from this very message."""
    return any(
        arrived.reached_at <= row.happened_at < arrived.reached_at + COMES_BACK_WITHIN
        and (kind != _CLICKED or row.value in ("", arrived.message_id))
        for row in seen.get(arrived.unit_id, ())
    )

"""Start a campaign, and do what is due: the two verbs that make it move."""

from dataclasses import replace

from sqlmodel import Session

from ..agents.approval import as_request
from ..agents.facts import unsubscribe_base
from ..agents.reading import open_customers, read_sources
from ..agents.records import keep_outcomes, keep_people, news_sources
from ..agents.workspace import Workspace
from ..delivery.worker import Worker
from ..domain.errors import UserError
from ..domain.playbook import Role
from ..domain.review import ReviewState
from ..store import audit, campaigns, decisions, reviews
from ..store.leases import Busy, lease
from ..store.tables import CampaignRow
from ..tools.brief_file import load_brief
from . import erasing
from .inbound import read_inbound
from .live import must_be_ready
from .notices import send_notices
from .people import Person
from .standing import Status, status
from .threads import Threads, open_threads

_SEEN = "sources_seen"
#: Waking, delivering and waking again settles at most this many times in one tick.
_ROUNDS = 4


def start(workspace: Workspace, by: Person) -> bool:
    """Begin the campaign of this brief, as its author; False if it runs already. A changed brief is taken over."""
    by.must_be(Role.MARKETER)
    _check_news_of_the_brief(workspace)
    now = workspace.clock.now()
    with workspace.store.write() as session:
        row = campaigns.campaign(session, workspace.brief.name)
        if row is not None:
            _take_over_changes(session, workspace, row, by)
            return False
        brief = workspace.brief
        session.add(
            CampaignRow(
                id=brief.name,
                brief=brief.model_dump(mode="json", by_alias=True, exclude_none=True),
                brief_digest=workspace.brief_digest,
                started_by=by.login,
                started_at=now,
                state="running",
                cycle=1,
            )
        )
        campaigns.open_cycle(session, brief.name, 1, now, now + brief.cycle)
        audit.record(session, at=now, actor=by.login, action="campaign_started", subject=brief.name)
    return True


def _check_news_of_the_brief(workspace: Workspace) -> None:
    """A brief that is new, or says something new, and says `live: true`, must have all that a live campaign needs."""
    fresh, digest = load_brief(workspace.brief_path)
    with workspace.store.read() as session:
        row = campaigns.campaign(session, fresh.name)
    if row is None or row.brief_digest != digest:
        must_be_ready(replace(workspace, brief=fresh))


def _take_over_changes(session: Session, workspace: Workspace, row: CampaignRow, by: Person) -> None:
    """Limits and reviewers may change in a running campaign (approvals become void); what it measures may not."""
    fresh, digest = load_brief(workspace.brief_path)
    if digest == row.brief_digest:
        return
    old = campaigns.brief_of(row)
    for fixed in ("goal", "unit", "groups", "cycle", "business", "measurement"):
        if getattr(fresh, fixed) != getattr(old, fixed):
            raise UserError(f"`{fixed}` can't change in a running campaign; give the brief a new `name` instead")
    gone = sorted(set(old.playbooks) - set(fresh.playbooks))
    if gone:
        raise UserError(
            f"`playbooks`: {', '.join(gone)} can't be taken out of a running campaign, where it may be under way; "
            "leave it out of the next plan: kizuna approve PLAN --without ACTION"
        )
    row.brief, row.brief_digest = fresh.model_dump(mode="json", by_alias=True, exclude_none=True), digest
    session.add(row)
    now = workspace.clock.now()
    details = {"brief": digest}
    audit.record(session, at=now, actor=by.login, action="brief_changed", subject=row.id, details=details)
    workspace.brief = fresh
    workspace.tell("brief_changed", by=by.login)


def tick(workspace: Workspace) -> Status:
    """Do everything that is due now; safe to run twice at once: the second finds it busy and leaves."""
    name = workspace.brief.name
    try:
        with lease(workspace.store, f"campaign/{name}"):
            _tick(workspace)
    except Busy:
        return status(workspace, busy=True)
    return status(workspace)


def _tick(workspace: Workspace) -> None:
    with workspace.store.read() as session:
        row = campaigns.campaign(session, workspace.brief.name)
    if row is None:
        raise UserError(f"no campaign {workspace.brief.name!r} is running; start it with `kizuna run`")
    erasing.finish(workspace, held=row.id)
    with open_threads(workspace) as threads:
        _read_news(workspace, row)
        read_inbound(workspace)
        for _ in range(_ROUNDS):
            _settle_reviews(workspace, threads)
            threads.drive_campaign(row.id, wake=_is_due(workspace, threads, row.id))
            if not _deliver(workspace, row.id):
                break
    send_notices(workspace)


def _read_news(workspace: Workspace, row: CampaignRow) -> None:
    """Take over what the sources say of people and outcomes, if anything was published since the last look."""
    if row.state != "running":
        return
    seen = str(read_sources(workspace).manifest.number)
    with workspace.store.read() as session:
        if campaigns.setting(session, f"{_SEEN}/{row.id}") == seen:
            return
    with open_customers(workspace, news_sources(workspace)) as customers:
        keep_people(workspace, customers)
        keep_outcomes(workspace, customers, row.started_at)
    with workspace.store.write() as session:
        campaigns.keep_setting(session, f"{_SEEN}/{row.id}", seen)


def _settle_reviews(workspace: Workspace, threads: Threads) -> None:
    now = workspace.clock.now()
    with workspace.store.write() as session:
        for review_id in reviews.expire_overdue(session, workspace.brief.name, now):
            audit.record(session, at=now, actor="system", action="review_expired", subject=review_id)
    with workspace.store.read() as session:
        decided = reviews.to_apply(session, workspace.brief.name)
    for row in decided:
        threads.drive_review(row.id, as_request(row))


def _is_due(workspace: Workspace, threads: Threads, name: str) -> bool:
    """Whether the campaign's thread has a reason to wake: its plan was decided, or its journeys may go on."""
    ask = threads.asks(name)
    if ask is None:
        return False
    with workspace.store.read() as session:
        if ask.get("kind") != "wait":
            plan = reviews.review(session, ask["action_requests"][0]["args"]["review"])
            return plan is not None and plan.state != ReviewState.OPEN
        row = campaigns.campaign(session, name)
        assert row is not None
        cycle = campaigns.cycle(session, name, row.cycle)
        is_over = cycle is not None and workspace.clock.now() >= cycle.ends_at
        return is_over or decisions.has_journeys(session, name) or bool(reviews.outdated_drafts(session, name))


def _deliver(workspace: Workspace, name: str) -> bool:
    """Let out what is due; True if something ended, so that journeys may go on."""
    with workspace.store.read() as session:
        row = campaigns.campaign(session, name)
    assert row is not None
    with workspace.transport as transport:
        worker = Worker(
            workspace.store,
            transport,
            workspace.clock,
            workspace.terms(row.cycle),
            unsubscribe_base(workspace.brief),
        )
        counts = worker.run().counts
    if counts:
        for state, count in sorted(counts.items()):
            workspace.tell("delivered", state=state, count=count)
    return any(state in counts for state in ("sent", "handed_over"))

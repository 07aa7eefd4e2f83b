"""What lies before somebody who decides: a review, one of its drafts with the facts beside it, and what changed."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..agents.workspace import Workspace
from ..domain.draft import Draft
from ..domain.errors import NotAllowed, UserError
from ..domain.playbook import Role
from ..domain.review import ReviewKind, ReviewState
from ..prompts.grounding import check_words
from ..prompts.marking import Mark, marks
from ..store import decisions, directory, reviews
from ..store import waiting as lists
from ..store.tables import ReviewRow
from .people import Person
from .reading import note_read, read_by, samples_due
from .rights import Refusal, deciders, may_look, may_not_decide, may_not_edit
from .words import without_footer

PAGE = 50
_LONG_PART = re.compile(r"(?<=[/?&=])[^/?&=]{20,}(?=$|[/?&=])")
_ORIGIN = re.compile(r"^[a-z]+://[^/?#]*")


@dataclass(frozen=True)
class Place:
    """Where a draft stands in its review."""

    unit_id: str
    step: str


@dataclass(frozen=True)
class Line:
    """One line of two texts beside each other; a side is None where it has no such line."""

    before: str | None
    after: str | None

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Seen:
    """A review as its page shows it. `refusal`: why this person may not decide it."""

    row: ReviewRow
    left: timedelta
    refusal: Refusal | None
    others: list[str]
    takers: list[str]


@dataclass(frozen=True)
class Sample:
    """A draft in a list."""

    place: Place
    subject: str
    language: str
    unit_name: str
    is_read: bool
    problems: list[str]


@dataclass(frozen=True)
class Batch:
    """The drafts of a content review: `read` of `due` samples were opened by this person."""

    flagged: list[Sample]
    random: list[Sample]
    worst: list[Sample]
    page: list[Sample]
    pages: int
    kinds: list[tuple[Sample, int]]
    links: list[tuple[str, int]]
    read: int
    due: int


@dataclass(frozen=True)
class Opened:
    """One draft, whole. `marks` point into `draft.text`, `subject_marks` into the subject."""

    draft: Draft
    marks: list[Mark]
    subject_marks: list[Mark]
    facts: dict[str, object]
    problems: list[str]
    unit_name: str
    earlier: Draft | None
    changes: list[Line]
    number: int
    count: int
    previous: Place | None
    next: Place | None
    may_edit: bool


@dataclass(frozen=True)
class Why:
    """Why this action for this unit now, in short; the receipt has the rest. Money in JPY."""

    action: str
    rule: str
    value_jpy: float
    low_jpy: float | None
    high_jpy: float | None
    cost_jpy: float
    is_by_chance: bool
    others: list[tuple[str, float]]


def look(workspace: Workspace, review_id: str, person: Person) -> Seen:
    """The review, and whether this person may decide it; raises UserError, NotAllowed."""
    with workspace.store.read() as session:
        row = reviews.review(session, review_id)
        if row is None or row.campaign != workspace.brief.name:
            raise UserError(f"no review {review_id!r}")
        able = deciders(workspace, session, row)
    if not may_look(workspace, row, person):
        raise NotAllowed(f"{review_id} is for {row.assignee}")
    named = {*workspace.brief.reviewers.supervisors, *workspace.brief.reviewers.deputies.values()}
    takers = able if row.role == Role.SUPERVISOR else sorted(named)
    return Seen(
        row=row,
        left=row.expires_at - workspace.clock.now(),
        refusal=may_not_decide(workspace, row, person),
        others=[login for login in able if login != person.login],
        takers=[login for login in takers if login != person.login],
    )


def lay_out(workspace: Workspace, row: ReviewRow, person: Person, page: int = 1) -> Batch:
    """The drafts of a content review: flagged ones first, samples, one page of all."""
    read = read_by(workspace, row, person)
    with workspace.store.read() as session:
        stored = reviews.drafts_of(session, row.id)
        names = {key: unit.name for key, unit in directory.units(session, {draft.unit_id for draft in stored}).items()}
    flags: dict[str, list[str]] = row.summary.get("flags", {})
    listed = {
        draft.id: Sample(
            place=Place(draft.unit_id, draft.step),
            subject=str(draft.body["subject"]),
            language=str(draft.body["language"]),
            unit_name=names.get(draft.unit_id, draft.unit_id),
            is_read=draft.digest in read,
            problems=flags.get(draft.id, []),
        )
        for draft in stored
    }
    samples = row.summary.get("samples", {"random": [], "worst": []})
    start = (max(page, 1) - 1) * PAGE
    return Batch(
        flagged=[listed[key] for key in flags if key in listed],
        random=_standing(listed, samples["random"]),
        worst=_standing(listed, samples["worst"]),
        page=list(listed.values())[start : start + PAGE],
        pages=-(-len(listed) // PAGE),
        kinds=_kinds(listed.values()),
        links=_shapes(str(link) for draft in stored for link in draft.body["links"]),
        read=len(read & {draft.digest for draft in stored}),
        due=samples_due(len(stored)) if row.kind == ReviewKind.BATCH else 0,
    )


def open_draft(workspace: Workspace, row: ReviewRow, place: Place, person: Person) -> Opened:
    """One draft of a review, and on record that this person opened it."""
    draft = draft_in(workspace, row, place)
    note_read(workspace, row, draft, person)
    with workspace.store.read() as session:
        places = [Place(unit, step) for unit, step in lists.draft_places(session, row.id)]
        unit = directory.unit(session, draft.unit_id)
        earlier = [
            reviews.as_draft(other)
            for other in reviews.drafts_of_decision(session, draft.decision_id)
            if other.step == draft.step and other.revision < draft.revision
        ]
    at = places.index(place)
    before = earlier[-1] if earlier else None
    facts: dict[str, object] = {key: value for key, value in draft.facts.items() if value not in (None, "", [])}
    return Opened(
        draft=draft,
        marks=marks(draft.text, facts),
        subject_marks=marks(draft.subject, facts),
        facts=facts,
        problems=check_words(draft.text, draft.subject, draft.facts, draft.links, language=draft.language),
        unit_name=unit.name if unit is not None else draft.unit_id,
        earlier=before,
        changes=side_by_side(_words(before), _words(draft)) if before is not None else [],
        number=at + 1,
        count=len(places),
        previous=places[at - 1] if at > 0 else None,
        next=places[at + 1] if at + 1 < len(places) else None,
        may_edit=row.state == ReviewState.OPEN and may_not_edit(workspace, row, person) is None,
    )


def why_now(workspace: Workspace, decision_id: str) -> Why | None:
    """What the decision behind a draft rests on."""
    with workspace.store.read() as session:
        row = decisions.decision(session, decision_id)
    if row is None or row.action not in workspace.actions:
        return None
    action = workspace.actions[row.action]
    own: dict[str, Any] = next((entry for entry in row.candidates if entry["action"] == row.action), {})
    others = [(entry["action"], entry["value_jpy"]) for entry in row.candidates if entry["eligible"]]
    return Why(
        action=row.action,
        rule=action.when,
        value_jpy=row.value_jpy,
        low_jpy=own.get("low_jpy"),
        high_jpy=own.get("high_jpy"),
        cost_jpy=row.cost_jpy,
        is_by_chance=row.explored,
        others=sorted(((name, value) for name, value in others if name != row.action and value), key=lambda o: -o[1]),
    )


def draft_in(workspace: Workspace, row: ReviewRow, place: Place) -> Draft:
    """The draft that a review asks about now at this place; raises UserError."""
    with workspace.store.read() as session:
        stored = lists.draft_at(session, row.id, place.unit_id, place.step)
    if stored is None:
        raise UserError(f"{row.id} holds no draft {place.step!r} for {place.unit_id!r}")
    return reviews.as_draft(stored)


def side_by_side(before: str, after: str) -> list[Line]:
    """Two texts, line beside line."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [Line(text, text) for text in old[a:b]]
            continue
        left, right = old[a:b], new[c:d]
        for index in range(max(len(left), len(right))):
            lines.append(Line(left[index] if index < len(left) else None, right[index] if index < len(right) else None))
    return lines


def _words(draft: Draft) -> str:
    return f"{draft.subject}\n\n{without_footer(draft.text)}"


def _standing(listed: dict[str, Sample], wanted: list[str]) -> list[Sample]:
    """The samples as they stand now, also after an edit gave them another number."""
    by_message = {key.split("#")[0]: sample for key, sample in listed.items()}
    return [by_message[key.split("#")[0]] for key in wanted if key.split("#")[0] in by_message]


def _kinds(samples: Iterable[Sample]) -> list[tuple[Sample, int]]:
    """One example of each message in each language, with how many there are."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Sample] = {}
    for sample in samples:
        kind = (sample.place.step, sample.language)
        counts[kind] += 1
        first.setdefault(kind, sample)
    return [(first[kind], count) for kind, count in counts.items()]


def _shapes(links: Iterable[str]) -> list[tuple[str, int]]:
    """Addresses without what is a recipient's own in them, with how many drafts hold each."""
    return Counter(_shape(link) for link in links).most_common()


def _shape(link: str) -> str:
    origin = _ORIGIN.match(link)
    start = origin.end() if origin else 0
    return link[:start] + _LONG_PART.sub("…", link[start:])

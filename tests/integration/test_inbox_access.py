"""Who may do what on the pages, written out: every route, every role, and whoever is not logged in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from kizuna.store.tables import AuditRow, DraftRow, IncidentRow, PersonRow, ReviewRow, UnitRow

from .inbox_client import Visitor
from .world import MORNING, World, password_hash

Company = Callable[..., World]
#: Column -> login. `mina` is a marketer and nothing else; the draft below is r04's, r06 is another rep.
WHO = {
    "logged out": "",
    "marketer": "mina",
    "supervisor": "sato",
    "not named": "kato",
    "own rep": "r04",
    "other rep": "r06",
    "operator": "ono",
}
BATCH = "nagare-save.1.usage_digest.0"
ALL = dict.fromkeys(WHO, 200)


@dataclass(frozen=True)
class Case:
    """One address, asked for with these form values, and the answer that each role gets."""

    method: str
    route: str
    address: str
    expected: Mapping[str, int]
    form: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def logged_in(status: int) -> dict[str, int]:
    """Everybody who is logged in; the others are sent to the form."""
    return {**dict.fromkeys(WHO, status), "logged out": 303}


def only(status: int, *who: str) -> dict[str, int]:
    """These; everybody else who is logged in is refused."""
    return {**logged_in(403), **dict.fromkeys(who, status)}


STAFF = ("marketer", "supervisor", "not named", "operator")
CASES = [
    Case("GET", "/static/{file}", "/static/inbox.css", ALL),
    Case("GET", "/health", "/health", ALL),
    Case("GET", "/log-in", "/log-in", {**logged_in(303), "logged out": 200}),
    Case("POST", "/log-in", "/log-in", dict.fromkeys(WHO, 403), {"login": "sato", "password": "wrong"}),
    Case("POST", "/log-out", "/log-out", logged_in(303)),
    Case("POST", "/log-out-everywhere", "/log-out-everywhere", logged_in(303)),
    Case("POST", "/language", "/language", logged_in(303), {"language": "en"}),
    Case("GET", "/help", "/help", logged_in(200)),
    Case("GET", "/", "/", logged_in(200)),
    Case("GET", "/reviews/{review_id}", "/reviews/{batch}", only(200, *STAFF), note="a batch"),
    Case("GET", "/reviews/{review_id}", "/reviews/{draft}", only(200, *STAFF, "own rep"), note="a rep's draft"),
    Case("POST", "/reviews/{review_id}/decide", "/reviews/{batch}/decide", only(400, "supervisor"),
         {"answer": "approve", "digest": "{batch_digest}"}, note="a batch, unread"),
    Case("POST", "/reviews/{review_id}/decide", "/reviews/{batch}/decide", only(303, "supervisor"),
         {"answer": "reject", "reason": "too long", "digest": "{batch_digest}"}, note="a batch, rejected"),
    Case("POST", "/reviews/{review_id}/decide", "/reviews/{draft}/decide", only(303, "own rep"),
         {"answer": "approve", "digest": "{draft_digest}"}, note="a rep's draft"),
    Case("POST", "/reviews/{review_id}/hand-over", "/reviews/{batch}/hand-over", only(303, "supervisor"),
         {"to": "suzuki"}),
    Case("GET", "/reviews/{review_id}/draft", "/reviews/{batch}/draft?unit={batch_unit}&step=digest",
         only(200, *STAFF)),
    Case("GET", "/reviews/{review_id}/draft", "/reviews/{draft}/draft?unit={unit}&step=proposal",
         only(200, *STAFF, "own rep"), note="a rep's"),
    Case("GET", "/reviews/{review_id}/mail", "/reviews/{draft}/mail?unit={unit}&step=proposal",
         only(200, *STAFF, "own rep")),
    Case("GET", "/reviews/{review_id}/edit", "/reviews/{draft}/edit?unit={unit}&step=proposal",
         only(200, *STAFF, "own rep")),
    Case("POST", "/reviews/{review_id}/edit", "/reviews/{draft}/edit", only(303, "own rep"),
         {"do": "save", "unit": "{unit}", "step": "proposal", "subject": "{subject}", "text": "{text}",
          "digest": "{words_digest}"}, note="save"),
    Case("POST", "/checks", "/checks", only(200, *STAFF, "own rep"),
         {"review": "{draft}", "unit": "{unit}", "step": "proposal", "subject": "{subject}", "text": "{text}"}),
    Case("GET", "/campaign", "/campaign", logged_in(200)),
    Case("GET", "/report", "/report", logged_in(200)),
    Case("GET", "/segments", "/segments", logged_in(200)),
    Case("GET", "/why", "/why", logged_in(200), note="the form"),
    Case("GET", "/why", "/why?unit={unit}", only(200, *STAFF, "own rep"), note="a unit"),
    Case("POST", "/notes", "/notes", only(303, "own rep"), {"unit": "{unit}", "text": "They will call back."}),
    Case("POST", "/incidents/settle", "/incidents/settle", only(303, "supervisor", "not named"),
         {"incident": "complaint/1", "note": "We called and apologised."}),
    Case("POST", "/pause", "/pause", only(303, *STAFF), {"reason": "wrong price"}),
    Case("POST", "/resume", "/resume", only(400, "supervisor", "not named", "operator"), note="nothing is paused"),
]  # fmt: skip


@pytest.fixture
def world(company: Company) -> World:
    """Contents wait for their reviewers; somebody complained."""
    made = company("written")
    unit = _rep_draft(made)[1]
    mina = {"login": "mina", "name": "Mina", "email": "mina@nagare.example", "language": "ja"}
    incident = {"id": "complaint/1", "campaign": made.workspace.brief.name, "unit_id": unit, "contact_id": "C1"}

    rows = [
        PersonRow(**mina, password_hash=password_hash(), roles=["marketer"]),
        IncidentRow(**incident, kind="complaint", owner="sato", opened_at=MORNING),
    ]
    made.write(lambda session: session.add_all(rows))
    return made


def _rep_draft(world: World) -> tuple[str, str, str]:
    """(review, unit, draft) of r04's first draft."""
    review = next(row for row in world.open("each") if row.assignee == "r04")
    draft = world.rows(DraftRow, review_id=review.id)[0]
    return review.id, draft.unit_id, draft.id


def _places(world: World) -> dict[str, str]:
    review, unit, draft_id = _rep_draft(world)
    draft = world.draft(draft_id)
    return {
        "batch": BATCH,
        "batch_digest": world.one(ReviewRow, BATCH).digest,
        "batch_unit": world.rows(DraftRow, review_id=BATCH)[0].unit_id,
        "draft": review,
        "draft_digest": world.one(ReviewRow, review).digest,
        "unit": unit,
        "subject": draft.subject,
        "text": draft.text + "\n追伸：お会いできるのを楽しみにしております。",
        "words_digest": draft.digest,
    }


def _ask(here: Visitor, case: Case, places: Mapping[str, str]) -> int:
    address = case.address.format(**places)
    if case.method == "GET":
        answer = here.get(address)
    else:
        answer = here.post(address, **{name: value.format(**places) for name, value in case.form.items()})
    if answer.status_code == 303 and not here.csrf and case.route != "/log-in":
        assert answer.headers["location"].startswith("/log-in")
    return int(answer.status_code)


@pytest.mark.parametrize("who", WHO)
def test_every_role_may_read_what_the_table_says(world: World, who: str) -> None:
    here, places = Visitor(world, WHO[who]), _places(world)
    reads = [case for case in CASES if case.method == "GET"]
    assert {case.address: _ask(here, case, places) for case in reads} == {
        case.address: case.expected[who] for case in reads
    }


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.method == "POST"], ids=lambda case: f"{case.route} {case.note}".strip()
)
def test_every_role_may_do_what_the_table_says(world: World, case: Case, who: str) -> None:
    here = Visitor(world, WHO[who])
    assert _ask(here, case, _places(world)) == case.expected[who]


def test_no_route_is_missing_from_the_table(world: World) -> None:
    """The customers' pages are no part of it: they need no log-in and stay out of the schema."""
    schema = Visitor(world).app.openapi()["paths"]
    served = {(method.upper(), path) for path, methods in schema.items() for method in methods}
    assert served == {(case.method, case.route) for case in CASES}


def test_the_table_names_every_role_for_every_case() -> None:
    assert [case.address for case in CASES if set(case.expected) != set(WHO)] == []


def test_a_refused_attempt_to_decide_is_on_record(world: World) -> None:
    places = _places(world)
    Visitor(world, "kato").decide(BATCH, digest=places["batch_digest"])
    refused = [row for row in world.rows(AuditRow) if row.action == "approve_refused"]
    assert [(row.actor, row.subject) for row in refused] == [("kato", BATCH)]


def test_customers_data_of_another_rep_is_not_in_the_list(world: World) -> None:
    _, unit, _ = _rep_draft(world)
    name = world.one(UnitRow, unit).name
    assert name in Visitor(world, "r04").get("/").text
    assert name not in Visitor(world, "r06").get("/").text

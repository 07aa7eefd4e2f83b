"""What comes back counts once, and only with proof that it is about a message of ours; else nothing changes."""

from collections.abc import Callable
from typing import Any

import pytest
from kizuna.domain.bounce_address import bounce_address
from kizuna.domain.errors import Conflict, NotAllowed, UserError
from kizuna.domain.playbook import Channel
from kizuna.service import inbound, incidents
from kizuna.store import guardrails
from kizuna.store.tables import (
    CommentRow,
    ContactRow,
    DeliveryRow,
    IncidentRow,
    JourneyRow,
    OutcomeRow,
    PauseRow,
    SuppressionRow,
)

from .returned import bounce, complaint, reply
from .world import World, person

Company = Callable[..., World]
SURVEY = "survey_before_discount"


@pytest.fixture
def sent(company: Company) -> tuple[World, DeliveryRow]:
    """A company some of whose mails have left, and one of these: the first step of a journey that goes on."""
    world = company("queued")
    world.tick()
    row = next(row for row in world.rows(DeliveryRow, state="sent") if row.action == SURVEY)
    return world, row


def bounces_to(world: World, row: DeliveryRow) -> str:
    return bounce_address("bounces@nagare.example", row.message_id, world.workspace.secret)


def take(world: World, raw: bytes) -> str:
    return inbound.take(world.workspace, raw)


def suppressed(world: World, row: DeliveryRow) -> str | None:
    """Why the contact's address gets nothing any more."""
    found = world.one(SuppressionRow, world.one(ContactRow, row.contact_id).address_hash)
    return found.reason if found else None


def everything(world: World) -> list[Any]:
    tables = (DeliveryRow, SuppressionRow, OutcomeRow, IncidentRow, PauseRow, CommentRow, JourneyRow)
    return [str(row) for table in tables for row in world.rows(table)]


# bounces


def test_an_address_that_does_not_exist_turns_sent_into_bounced_and_is_suppressed_at_once(sent) -> None:
    world, row = sent
    assert take(world, bounce(bounces_to(world, row), "5.1.1")) == "bounce"
    after = world.one(DeliveryRow, row.key)
    assert (after.state, after.reason) == ("bounced", "refused_by_server")
    assert suppressed(world, row) == "bounced"


def test_the_same_bounce_twice_counts_once(sent) -> None:
    world, row = sent
    raw = bounce(bounces_to(world, row), "5.1.1")
    take(world, raw)
    before = everything(world)
    assert take(world, raw) == "seen"
    assert everything(world) == before


def test_a_forged_bounce_changes_nothing(sent) -> None:
    world, row = sent
    before = everything(world)
    token = bounces_to(world, row).split("@")[0]
    forged = [
        "bounces@nagare.example",
        f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}@nagare.example",
        bounce_address("bounces@nagare.example", row.message_id, b"another secret" * 3),
    ]
    for number, to in enumerate(forged):
        assert take(world, bounce(to, "5.1.1", ident=f"f{number}", message_id=row.message_id)) == "foreign"
    assert everything(world) == before


def test_a_delay_is_no_bounce(sent) -> None:
    world, row = sent
    before = everything(world)
    take(world, bounce(bounces_to(world, row), "4.4.1", action="delayed"))
    assert everything(world) == before


def test_a_server_that_gave_up_loses_the_message_but_not_the_address(sent) -> None:
    world, row = sent
    take(world, bounce(bounces_to(world, row), "4.4.7"))
    assert world.one(DeliveryRow, row.key).state == "bounced"
    assert suppressed(world, row) is None


def test_a_full_mailbox_is_left_alone_at_the_third_bounce_in_thirty_days(sent) -> None:
    world, row = sent
    to = bounces_to(world, row)
    for number in range(2):
        take(world, bounce(to, "5.2.2", ident=f"s{number}"))
        assert suppressed(world, row) is None
    world.live(days=31)
    take(world, bounce(to, "5.2.2", ident="s3"))
    assert suppressed(world, row) is None, "the first two are too long ago"
    for number in (4, 5):
        take(world, bounce(to, "5.2.2", ident=f"s{number}"))
    assert suppressed(world, row) == "bounced"


def test_a_policy_refusal_pauses_the_campaign_and_not_the_address(sent) -> None:
    world, row = sent
    take(world, bounce(bounces_to(world, row), "5.7.26"))
    assert suppressed(world, row) is None
    assert [(pause.scope, pause.paused_by) for pause in world.rows(PauseRow)] == [("nagare-save", "system")]


# complaints


def test_a_complaint_is_suppressed_at_once_stops_the_journey_and_opens_an_incident(sent) -> None:
    world, row = sent
    assert take(world, complaint(row.message_id)) == "complaint"
    assert suppressed(world, row) == "complaint"
    assert world.one(JourneyRow, row.decision_id).reason == "complained"
    assert [(one.kind, one.unit_id, one.owner) for one in world.rows(IncidentRow)] == [
        ("complaint", row.unit_id, "sato")
    ]


def test_a_complaint_that_names_the_bounce_address_is_known_too(sent) -> None:
    world, row = sent
    assert take(world, complaint("<redacted@x.example>", mail_from=bounces_to(world, row))) == "complaint"


@pytest.mark.parametrize("message_id", ["<1234@nagare.example>", f"<{'0' * 40}@nagare.example>"])
def test_a_forged_complaint_changes_nothing(sent, message_id) -> None:
    world, _ = sent
    before = everything(world)
    assert take(world, complaint(message_id)) == "foreign"
    assert everything(world) == before


def test_a_report_that_it_is_no_spam_is_no_complaint(sent) -> None:
    world, row = sent
    take(world, complaint(row.message_id, feedback="not-spam"))
    assert suppressed(world, row) is None and not world.rows(IncidentRow)


# replies


def test_a_reply_is_kept_for_people_and_counts_as_an_outcome(sent) -> None:
    world, row = sent
    text = "ありがとうございます。\n来週お返事します。\n\n> お客様各位\n> アンケートのお願い"
    assert take(world, reply(text, row.message_id)) == "reply"
    [comment] = world.rows(CommentRow, source="reply")
    assert comment.text == "ありがとうございます。\n来週お返事します。"
    assert (comment.contact_id, comment.unit_id) == (row.contact_id, row.unit_id)
    assert world.rows(OutcomeRow, kind="replied")[0].contact_id == row.contact_id
    assert not world.rows(IncidentRow) and suppressed(world, row) is None


def test_the_same_reply_twice_is_one_comment(sent) -> None:
    world, row = sent
    raw = reply("thanks", row.message_id)
    take(world, raw)
    assert take(world, raw) == "seen" and len(world.rows(CommentRow, source="reply")) == 1


def test_an_angry_reply_stops_everything_for_the_unit_and_reaches_a_named_person(sent) -> None:
    world, row = sent
    world.change_brief({"reviewers": {"complaints": "kato"}})
    take(world, reply("いい加減にしてください。何度も迷惑です。", row.message_id))
    [incident] = world.rows(IncidentRow)
    assert (incident.kind, incident.owner, incident.unit_id) == ("angry_reply", "kato", row.unit_id)
    under_way = [one for one in world.rows(JourneyRow, unit_id=row.unit_id) if one.state in ("waiting", "running")]
    assert under_way == [] and world.one(JourneyRow, row.decision_id).reason == "complained"


def test_nothing_is_queued_for_a_unit_with_an_incident_until_it_is_settled(sent) -> None:
    world, row = sent
    world.change(DeliveryRow, row.key, state="queued", ended_at=None)
    take(world, reply("This is outrageous.", row.message_id))
    assert world.one(DeliveryRow, row.key).state == "cancelled"
    workspace = world.workspace
    question = guardrails.Question(
        brief=workspace.brief,
        action=workspace.actions["usage_digest"],
        channel=Channel.EMAIL,
        at=world.clock.now(),
        caps=(),
        quiets=(),
        contacts=[row.contact_id],
        planning=True,
    )

    def spoken() -> str | None:
        with workspace.store.read() as session:
            return guardrails.guardrails_that_speak(session, question).get(row.contact_id)

    assert spoken() == "complained"
    [incident] = world.rows(IncidentRow)
    incidents.settle(workspace, incident.id, person("sato"), note="called, all is well")
    assert spoken() != "complained"


def test_a_request_to_stop_in_plain_words_is_obeyed(sent) -> None:
    world, row = sent
    take(world, reply("配信停止をお願いします。", row.message_id))
    assert suppressed(world, row) == "unsubscribed"


def test_our_own_footer_quoted_back_asks_for_nothing(sent) -> None:
    world, row = sent
    ours = world.draft(row.draft_id).text
    assert "配信" in ours or "unsubscribe" in ours.lower()
    take(world, reply(f"価格についてもう少し知りたいです。\n{ours}", row.message_id))
    [comment] = world.rows(CommentRow, source="reply")
    assert suppressed(world, row) is None and comment.text == "価格についてもう少し知りたいです。"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"Precedence": "List"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_automatic_answers_are_counted_and_never_taken_for_a_customers_words(sent, headers) -> None:
    world, row = sent
    before = everything(world)
    assert take(world, reply("最悪です。配信停止してください。", row.message_id, **headers)) == "automatic"
    assert everything(world) == before


def test_a_person_who_says_that_they_are_no_machine_is_read(sent) -> None:
    world, row = sent
    assert take(world, reply("hello", row.message_id, Auto_Submitted="no")) == "reply"


def test_html_comes_in_as_words_alone_and_not_too_many(sent) -> None:
    world, row = sent
    html = (
        "<html><head><title>x</title><style>p{}</style></head><body><p>Hello&nbsp;there</p><script>alert(1)</script>"
        f"<p>{'long ' * 5000}</p><blockquote>quoted unsubscribe</blockquote></body></html>"
    )
    take(world, reply("", row.message_id, html=html))
    [comment] = world.rows(CommentRow, source="reply")
    assert comment.text.startswith("Hello") and len(comment.text) <= 4000
    assert "alert" not in comment.text and "<" not in comment.text and "quoted" not in comment.text


@pytest.mark.parametrize("message_id", ["", "<unknown@x.example>", f"<{'1' * 40}@nagare.example>"])
def test_a_mail_about_nothing_of_ours_changes_nothing(sent, message_id) -> None:
    world, _ = sent
    before = everything(world)
    assert take(world, reply("配信停止。最悪。", message_id or "<a@b.example>")) == "foreign"
    assert everything(world) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"\xff\xfe" * 500,
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n--b\r\n--b--",
        b"Content-Type: text/plain; charset=nonsense\r\nIn-Reply-To: <x>\r\n\r\nhi",
        b"Content-Type: message/rfc822\r\n\r\n" * 300,
    ],
)
def test_hostile_bytes_are_sorted_out(sent, raw) -> None:
    world, _ = sent
    before = everything(world)
    assert take(world, raw) in ("foreign", "automatic")
    assert everything(world) == before


# settling


def test_only_the_owner_or_a_supervisor_settles_an_incident_and_once(sent) -> None:
    world, row = sent
    take(world, complaint(row.message_id))
    [incident] = world.rows(IncidentRow)
    for login in ("mori", "r02", "ono"):
        assert incidents.open_incidents(world.workspace, person(login)) == []
        with pytest.raises(NotAllowed):
            incidents.settle(world.workspace, incident.id, person(login), note="fine")
    with pytest.raises(UserError, match="how it was settled"):
        incidents.settle(world.workspace, incident.id, person("sato"), note=" ")
    assert [one.id for one in incidents.open_incidents(world.workspace, person("sato"))] == [incident.id]
    incidents.settle(world.workspace, incident.id, person("kato"), note="apologised by phone")
    with pytest.raises(Conflict):
        incidents.settle(world.workspace, incident.id, person("sato"), note="again")
    assert incidents.open_incidents(world.workspace, person("sato")) == []


def test_a_complaint_in_the_sources_opens_the_same_kind_of_incident_once(company: Company) -> None:
    world = company("queued")
    world.tick()
    row = next(row for row in world.rows(DeliveryRow, state="sent") if row.action == SURVEY)
    for day in range(3):
        world.live(hours=1)
        at = f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        with (world.workspace.data / "mail_events.csv").open("a", encoding="utf-8") as file:
            file.write(f"E90000{min(day, 1)},{row.contact_id},{'complained' if not day else 'opened'},{at},\n")
        world.tick()
    assert [(one.kind, one.unit_id) for one in world.rows(IncidentRow)] == [("complaint", row.unit_id)]
    assert world.one(JourneyRow, row.decision_id).state == "stopped"

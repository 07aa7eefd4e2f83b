"""The bytes of a mail: right headers for each channel, both parts intact, and no way in for a header."""

import random
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from kizuna.delivery.message import HeaderRefused, build_message, message_id
from kizuna.domain.draft import Draft, Party
from kizuna.domain.playbook import Channel

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
URL = "https://pages.flowdesk.example/u/0123456789abcdef"
ID = message_id("c/1/u1/survey", b"secret", "mail.flowdesk.example")
DRAFT = Draft.model_validate(
    {
        **{"id": "c/1/u1/survey#1", "decision_id": "c/1/u1", "step": "survey", "revision": 1, "unit_id": "u1"},
        **{"contact_id": "k1", "action": "survey_before_discount", "variant": "standard", "language": "ja"},
        **{"channel": "email", "sender": {"name": "フロウデスク", "email": "info@flowdesk.example"}},
        **{"recipient": {"name": "田中 花子", "email": "hanako@aoba.example"}, "links": (), "facts": {}},
        "subject": "フロウデスクのお使い心地について、ご意見をお聞かせください（株式会社青葉商事様）",
        "text": "田中 花子 様\n\n本文です。\n.\nhttps://a.example\n",
        "html": "<!doctype html>\n<p>本文です。</p>\n",
        **{"offer": None, "not_before": NOW, "not_after": NOW, "policy_version": "p"},
        **{"template_version": "t", "author": "rules"},
    }
)
CUSTOMER_HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "Organization", "Feedback-ID", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "Auto-Submitted", "MIME-Version", "Content-Type"),
]


def build(draft: Draft = DRAFT, **changes: Any) -> bytes:
    given: dict[str, Any] = {
        "organisation": "株式会社フロウデスク",
        "message_id": ID,
        "date": NOW,
        "unsubscribe_url": URL,
        "campaign": "raise-ltv",
    }
    return build_message(draft, **{**given, **changes})


def changed(**fields: Any) -> Draft:
    return DRAFT.model_copy(update=fields)


def read(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_customers_mail_reads_back_as_it_was_meant() -> None:
    mail = read(build())
    assert mail.keys() == CUSTOMER_HEADERS
    assert mail["Subject"] == DRAFT.subject
    assert str(mail["From"]) == "フロウデスク <info@flowdesk.example>" and str(mail["To"]) == "hanako@aoba.example"
    assert mail["Date"].datetime == NOW and mail["Message-ID"] == ID
    assert mail["Feedback-ID"] == "raise-ltv:survey_before_discount:survey:kizuna"
    assert mail["List-Unsubscribe"].strip() == f"<{URL}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["Organization"]) == "株式会社フロウデスク"


def test_both_parts_arrive_whole_text_first() -> None:
    mail = read(build())
    assert mail.get_content_type() == "multipart/alternative" and not mail.defects
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_payload(decode=True) == DRAFT.text.replace("\n", "\r\n").encode()
    assert html.get_payload(decode=True) == DRAFT.html.replace("\n", "\r\n").encode()


def test_a_reps_draft_opens_as_unsent_and_claims_no_machine() -> None:
    mail = read(build(changed(channel=Channel.REP_DRAFT), unsubscribe_url=None))
    assert mail["X-Unsent"] == "1"
    for name in ("Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert name not in mail


def test_a_customers_mail_without_a_way_to_leave_is_refused() -> None:
    for url in (
        None,
        "http://a.example/u",
        "https://a.example/u>,<mailto:x",
        "https://a.example/\r\nBcc: x",
        "https://a.example/=?x",
    ):
        with pytest.raises(HeaderRefused, match="unsubscribe"):
            build(unsubscribe_url=url)


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert build() == build()
    assert build(message_id=message_id("other/key", b"secret", "a.example")) != build()


def test_lines_are_short_and_end_as_smtp_wants_them() -> None:
    long = changed(subject="長い件名" * 200, text="あ" * 20_000 + "\nx\r\ny\rz", html="<p>" + "b" * 5000 + "</p>")
    for raw in (build(long), build(changed(subject="word " * 300)), build(unsubscribe_url=URL + "a" * 800)):
        assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(build(long))["Subject"] == long.subject


@pytest.mark.parametrize(
    "text",
    ["Grüße — 10 % für Ihr Team", "絵文字🎉と𠮷野家", "a" * 66, "b" * 67, 'Say "hi", \\ (ok)', "日本語 and English"],
)
def test_subjects_and_names_round_trip(text: str) -> None:
    raw = build(changed(subject=text, sender=Party(name=text, email="a@b.example")))
    head = message_from_bytes(raw, policy=policy.compat32)
    assert str(make_header(decode_header(head["Subject"]))) == text
    name = str(make_header(decode_header(head["From"].partition("\r\n <")[0]))) if len(text) > 60 else None
    assert (name or read(raw)["From"].addresses[0].display_name) == text
    assert read(raw)["From"].addresses[0].addr_spec == "a@b.example"


@pytest.mark.parametrize(
    "evil",
    [
        *("x\r\nBcc: e@x.com", "x\nBcc: e", "x\rBcc: e", "=?utf-8?q?=0D=0ABcc=3A_evil=40x.com?="),
        *(f"a{sign}b" for sign in "\0\x85\u2028\u2029\u202e\u200b\ufeff\u2066\ud800"),
    ],
)
def test_hidden_or_encoded_header_text_is_refused(evil: str) -> None:
    for draft in (
        changed(subject=evil),
        changed(sender=Party.model_construct(name=evil, email="a@b.example")),
        changed(step=evil),
    ):
        with pytest.raises(HeaderRefused):
            build(draft)
    for address in (f"{evil}@x.example", f"a@x.example{evil}"):
        with pytest.raises(HeaderRefused):
            build(changed(recipient=Party.model_construct(name="x", email=address)))
    changes: tuple[dict[str, Any], ...] = (
        {"organisation": evil},
        {"campaign": evil},
        {"message_id": f"<{evil}@a.example>"},
    )
    for change in changes:
        with pytest.raises(HeaderRefused):
            build(**change)


@pytest.mark.parametrize("name", ["田中 花子", "田中花子 フロウデスク", "For 田中　花子", "HANAKO@aoba.example"])
def test_a_senders_name_never_holds_the_recipients(name: str) -> None:
    with pytest.raises(HeaderRefused):
        build(changed(sender=Party(name=name, email="a@b.example")))


def test_a_shared_family_name_is_no_trick() -> None:
    assert build(
        changed(sender=Party(name="田中 太郎", email="a@b.example"), recipient=Party(name="田中", email="c@d.example"))
    )


def test_a_date_without_zone_an_empty_subject_and_a_broken_body_are_refused() -> None:
    for draft, changes in (
        (DRAFT, {"date": NOW.replace(tzinfo=None)}),
        (changed(subject=" "), {}),
        (changed(text="\ud800"), {}),
    ):
        with pytest.raises(HeaderRefused):
            build(draft, **changes)


def test_no_header_text_can_add_a_header() -> None:
    pieces = [*'\r\n\t :;a様é🎉"\\<>,()=?[\u2028\x0b\x0c\x1c\x85\u202e', "\r\n", "Bcc: e@x.com", "=?", "utf-8?q?"]
    pieces += ["=0D=0A", "?=", "?b?", "DQpCY2M6", "@x.com"]
    rng = random.Random(20261121)
    accepted = 0
    for _ in range(30_000):
        evil = "".join(rng.choices(pieces, k=rng.randint(1, 7)))
        place = rng.randrange(3)
        draft = changed(subject="s" + evil) if place == 0 else DRAFT
        if place == 1:
            draft = changed(sender=Party.model_construct(name=evil, email="a@b.example"))
        try:
            raw = build(draft, organisation=evil if place == 2 else "X")
        except HeaderRefused:
            continue
        accepted += 1
        head, _, body = raw.partition(b"\r\n\r\n")
        names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")]
        assert names == CUSTOMER_HEADERS
        assert body.startswith(b"--=_kizuna_") and b"\n" not in head.replace(b"\r\n", b"")
    assert accepted > 3_000


def test_what_was_accepted_survives_a_rewrite_by_the_standard_library() -> None:
    rng = random.Random(3)
    for _ in range(300):
        subject = "".join(rng.choices(["a", " ", "様", "=", "?", "é", ":", "Bcc", "0D", "_", ",", "🎉"], k=30))
        try:
            raw = build(changed(subject="x" + subject))
        except HeaderRefused:
            continue
        again = message_from_bytes(read(raw).as_bytes(), policy=policy.compat32)
        assert again.keys() == CUSTOMER_HEADERS


def test_a_message_id_is_stable_and_tells_nothing() -> None:
    first = message_id("camp/1/acct-9/survey", b"k1", "mail.example.com")
    assert first == message_id("camp/1/acct-9/survey", b"k1", "mail.example.com")
    assert first != message_id("camp/1/acct-9/survey", b"k2", "mail.example.com")
    assert "acct" not in first and first.endswith("@mail.example.com>")
    with pytest.raises(HeaderRefused):
        message_id("k", b"s", "bad domain\r\n")

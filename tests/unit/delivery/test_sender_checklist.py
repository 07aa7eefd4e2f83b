"""What receivers and the law ask of a sender, R1 to R10, over every packaged mail in both languages, as it leaves.

R8's other half, the page that takes the one click, is tested with the customers' pages.
"""

import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from functools import cache
from html import unescape
from pathlib import Path

import dkim
import pytest
from kizuna.agents.sample import sample_facts
from kizuna.delivery.message import HeaderRefused, message_id
from kizuna.delivery.packing import Cover, pack
from kizuna.domain.bounce_address import bounce_address
from kizuna.domain.brief import Language
from kizuna.domain.draft import Draft
from kizuna.domain.errors import RefusedForGood
from kizuna.domain.playbook import Channel
from kizuna.domain.token import make_token
from kizuna.playbooks.loader import load_playbooks, packaged_names
from kizuna.prompts.catalogue import LANGUAGES, STANDARD, needs
from kizuna.prompts.rendering import Footer, Link, render_message
from kizuna.tools.smtp import on_the_wire
from pydantic import ValidationError

SECRET = b"a secret of the workspace, 32 by"
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PAGES = "https://pages.nagare.example"
UNSUBSCRIBE = f"{PAGES}/unsubscribe/{make_token(SECRET, 'unsubscribe', 'C000001')}"
FOOTERS = {
    "ja": ("株式会社ナガレ分析（架空）", "〒100-0000 東京都架空区見本町1-2-3"),
    "en": ("Nagare Analytics K.K. (fictional)", "1-2-3 Mihoncho, Kaku-ku, Tokyo 100-0000, Japan"),
}
RECIPIENT = {"name": "田中 花子", "email": "hanako.tanaka@aoba.example"}
MAILS = (Channel.EMAIL, Channel.REP_DRAFT)


@dataclass(frozen=True)
class Built:
    """A packaged message, built as it leaves."""

    draft: Draft
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        mail = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail

    def part(self, kind: str) -> str:
        body = self.mail.get_body((kind,))
        assert body is not None
        return body.get_content()


def _packaged() -> Iterator[tuple[str, str, Channel]]:
    for action in load_playbooks(packaged_names(), None, lambda rule: []).values():
        for message in action.messages:
            for channel in dict.fromkeys(action.channel_of(message, chosen) for chosen in action.channels):
                if channel in MAILS:
                    yield action.action, message, channel


CASES = [(*one, language) for one in _packaged() for language in LANGUAGES]
TO_CUSTOMERS = [case for case in CASES if case[2] is Channel.EMAIL]


@cache
def built(action: str, message: str, channel: Channel, language: Language) -> Built:
    links = {
        name: Link("", f"{PAGES}/go/{make_token(SECRET, name, 'C000001')}") for name in needs(action, message).links
    }
    organisation, address = FOOTERS[language]
    footer = Footer(organisation, address, "privacy@nagare.example", UNSUBSCRIBE, f"{PAGES}/preferences/x")
    words = render_message(
        action, message, STANDARD, language, sample_facts(language), links, footer=footer, channel=channel
    )
    draft = Draft.model_validate(
        {
            **{"id": f"c/1/A1/{message}#1", "decision_id": f"c/1/A1/{action}", "step": message, "revision": 1},
            **{"unit_id": "A000001", "contact_id": "C000001", "action": action, "variant": STANDARD},
            **{"language": language, "channel": channel, "links": words.links_used, "facts": {}, "offer": None},
            "sender": {"name": "ナガレ分析 カスタマーサクセス", "email": "success@nagare.example"},
            **{"recipient": RECIPIENT, "subject": words.subject, "text": words.text, "html": words.html},
            **{"not_before": NOW, "not_after": NOW, "policy_version": "p"},
            **{"template_version": words.template_version, "author": "rules"},
        }
    )
    ident = message_id(draft.key, SECRET, "nagare.example")
    return Built(draft, pack(draft, Cover(organisation, ident, NOW, "nagare-save", f"{PAGES}/unsubscribe/")))


every_mail = pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
every_customer_mail = pytest.mark.parametrize("case", TO_CUSTOMERS, ids=lambda case: "-".join(map(str, case)))


def test_there_is_something_to_check() -> None:
    assert len(TO_CUSTOMERS) >= 20 and {case[2] for case in CASES} == set(MAILS)


@every_mail
def test_r1_exactly_one_from_date_message_id_subject_to(case) -> None:
    mail = built(*case).mail
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(mail.get_all(name, [])) == 1, name
    for name in ("From", "To"):
        assert len(getaddresses([str(mail[name])])) == 1, name
    assert parsedate_to_datetime(str(mail["Date"])) == NOW
    assert re.fullmatch(r"<[0-9a-f]{40}@nagare\.example>", mail["Message-ID"])


def test_r1_a_message_id_is_unique_and_the_same_on_every_try() -> None:
    keys = [built(*case).draft.key for case in CASES]
    ids = {key: message_id(key, SECRET, "nagare.example") for key in keys}
    assert len(set(ids.values())) == len(set(keys))
    assert ids == {key: message_id(key, SECRET, "nagare.example") for key in keys}


@every_mail
def test_r2_lines_are_short_end_in_crlf_and_never_end_the_message(case) -> None:
    raw = built(*case).raw
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n") and raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    wire = on_the_wire(raw)
    assert b"\r\n.\r\n" not in wire and wire.endswith(b"\r\n")


def test_r3_no_dynamic_text_makes_a_header() -> None:
    """A sample; the 30,000 cases are in test_message.py."""
    rng = random.Random(7)
    pieces = [
        "=?utf-8?q?=0D=0ABcc=3A_evil=40x.example?=",
        "\r\nBcc: e@x.example",
        "\u2028",
        "\u202e",
        "a",
        "日本",
        " ",
        ":",
    ]
    base = built(*TO_CUSTOMERS[0]).draft
    names = built(*TO_CUSTOMERS[0]).mail.keys()
    for _ in range(2000):
        hostile = "".join(rng.choices(pieces, k=rng.randint(1, 6)))
        draft = base.model_copy(update={"subject": hostile, "sender": base.sender.model_copy(update={"name": hostile})})
        cover = Cover("x", message_id("k", SECRET, "nagare.example"), NOW, "c", f"{PAGES}/unsubscribe/")
        try:
            raw = pack(draft, cover)
        except HeaderRefused:
            continue
        assert message_from_bytes(raw, policy=policy.default).keys() == names


@every_mail
def test_r4_the_subject_reads_back_as_it_was_written(case) -> None:
    one = built(*case)
    assert str(one.mail["Subject"]) == one.draft.subject


def test_r4_an_address_that_needs_smtputf8_is_refused() -> None:
    base = built(*TO_CUSTOMERS[0]).draft
    with pytest.raises(ValidationError):
        Draft.model_validate({**base.model_dump(), "recipient": {"name": "x", "email": "花子@aoba.example"}})
    with pytest.raises(RefusedForGood):
        on_the_wire("To: 花子@aoba.example\r\n\r\nx\r\n".encode())


@every_mail
def test_r5_text_comes_first_is_not_empty_and_says_the_same_as_the_html(case) -> None:
    one = built(*case)
    parts = list(one.mail.iter_parts())
    assert one.mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    text, html = one.part("plain"), one.part("html")
    assert text.strip()
    links = set(re.findall(r"https://[^\s<>\"]+", text))
    assert links == set(re.findall(r"https://[^\s<>\"]+", html.replace("&amp;", "&")))
    shown = unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))
    figures = re.compile(r"\d[\d,.:/-]*")
    without = [re.sub(r"https://\S+", "", each) for each in (text, shown)]
    assert set(figures.findall(without[0])) == set(figures.findall(without[1]))


@every_mail
def test_r6_a_first_contact_poses_neither_as_an_answer_nor_as_the_recipient(case) -> None:
    mail = built(*case).mail
    assert not re.match(r"\s*(re|fwd?|aw|返信|転送)\s*[:：]", str(mail["Subject"]), re.IGNORECASE)
    [(name, _)] = getaddresses([str(mail["From"])])
    assert "田中" not in name and "花子" not in name and "@" not in name


@every_customer_mail
def test_r7_every_mail_to_a_customer_says_how_to_leave_in_headers_and_in_words(case) -> None:
    one = built(*case)
    assert str(one.mail["List-Unsubscribe"]).strip() == f"<{UNSUBSCRIBE}>"
    assert one.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert UNSUBSCRIBE in one.part("plain") and UNSUBSCRIBE in one.part("html")
    organisation, address = FOOTERS[case[3]]
    for wanted in (organisation, address, "privacy@nagare.example"):
        assert wanted in one.part("plain"), "特定電子メール法 4条, CAN-SPAM"


@every_customer_mail
def test_r8_the_one_click_address_is_https_and_names_nobody(case) -> None:
    [url] = re.findall(r"<(.+)>", str(built(*case).mail["List-Unsubscribe"]))
    assert url.startswith("https://") and "@" not in url and "hanako" not in url.lower() and "C000001" not in url


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """(private key, the record that receivers find in the DNS)."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl is not here")
    path: Path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", path, "-pubout"], check=True, capture_output=True).stdout
    return path.read_bytes(), b"v=DKIM1; k=rsa; p=" + b"".join(public.split(b"\n")[1:-2])


@pytest.mark.parametrize("case", TO_CUSTOMERS[:4], ids=lambda case: "-".join(map(str, case)))
def test_r9_a_relays_signature_covers_both_unsubscribe_headers(case, key) -> None:
    private, record = key
    raw = built(*case).raw
    all_headers = [name.lower().encode() for name in built(*case).mail]  # as OpenDKIM does; RFC 8058, 4 asks for it
    signature = dkim.sign(raw, b"s1", b"nagare.example", private, include_headers=all_headers)
    signed = re.sub(rb"\s", b"", signature).lower()
    covered = re.search(rb"h=([^;]+);", signed)[1].split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from", b"subject", b"to"} <= set(covered)
    assert dkim.verify(signature + raw, dnsfunc=lambda name, timeout=5: record)
    tampered = raw.replace(b"One-Click", b"Two-Click")
    assert not dkim.verify(signature + tampered, dnsfunc=lambda name, timeout=5: record)


@every_customer_mail
def test_r10_auto_submitted_says_that_a_machine_sent_it(case) -> None:
    mail = built(*case).mail
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] is None and mail["Return-Path"] is None, "the relay's business"


def test_r10_what_a_rep_sends_is_a_persons() -> None:
    drafts = [case for case in CASES if case[2] is Channel.REP_DRAFT]
    assert drafts and all(built(*case).mail["Auto-Submitted"] is None for case in drafts)


def test_r11_failures_come_back_to_an_address_of_this_message_alone() -> None:
    ids = [message_id(built(*case).draft.key, SECRET, "nagare.example") for case in TO_CUSTOMERS]
    addresses = {bounce_address("bounces@nagare.example", one, SECRET) for one in ids}
    assert len(addresses) == len(set(ids))

"""What leaves over channels other than mail: letters to print, tasks, audiences."""

import hashlib
import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from kizuna.delivery.message import HeaderRefused
from kizuna.delivery.packing import Cover, pack
from kizuna.domain.draft import Addressee
from kizuna.domain.playbook import Channel

from .test_message import ID, NOW, URL, build, changed

HTML = '<!doctype html>\n<html lang="ja">\n<head>\n</head>\n<body style="margin:0">\n<p>本文</p>\n</body>\n</html>\n'
COVER = Cover("株式会社フロウデスク", ID, NOW, "raise-ltv", "https://pages.flowdesk.example/u/")


class _Marks(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.marks: dict[str, str] = {}
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if tag == "meta" and named.get("name"):
            self.marks[named["name"] or ""] = named["content"] or ""


def test_a_mail_is_packed_as_the_mail_it_always_was() -> None:
    assert pack(changed(links=(URL,)), COVER) == build(changed(links=(URL,)))


def test_a_letter_carries_its_address_and_its_marks() -> None:
    to = Addressee(name="田中 花子 <b>", postal_address="〒100-0000\n東京都架空区1-2-3")
    page = pack(changed(channel=Channel.LETTER, html=HTML, recipient=to), COVER).decode()
    read = _Marks(page)
    assert read.marks["kizuna-message"] == "raise-ltv:survey_before_discount:survey"
    assert read.marks["kizuna-id"] == ID and read.marks["kizuna-contact"] == "k1"
    assert "〒100-0000\n東京都架空区1-2-3\n田中 花子 &lt;b&gt;" in page and "b" not in read.tags
    assert page.index("東京都") < page.index("<p>本文</p>")


def test_a_letter_without_an_address_is_refused() -> None:
    with pytest.raises(HeaderRefused, match="postal address"):
        pack(changed(channel=Channel.LETTER, html=HTML), COVER)


def test_a_task_says_what_to_do_for_whom_and_until_when() -> None:
    task = changed(channel=Channel.STAFF_TASK, subject="電話", text="お話を伺う", not_after=NOW + timedelta(days=3))
    read = json.loads(pack(task, COVER))
    assert (read["subject"], read["text"], read["contact_id"]) == ("電話", "お話を伺う", "k1")
    assert read["until"] == "2026-11-27T01:30:00+00:00"


def test_an_audience_never_holds_the_address_itself() -> None:
    packed = pack(changed(channel=Channel.AUDIENCE), COVER)
    assert b"hanako@aoba.example" not in packed and "田中".encode() not in packed
    assert json.loads(packed)["email_sha256"] == hashlib.sha256(b"hanako@aoba.example").hexdigest()


@pytest.mark.parametrize("channel", [Channel.STAFF_TASK, Channel.AUDIENCE])
def test_the_same_draft_gives_the_same_bytes(channel: Channel) -> None:
    assert pack(changed(channel=channel), COVER) == pack(changed(channel=channel), COVER)

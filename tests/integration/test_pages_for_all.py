"""What holds for every page, and what a customer sees, takes along and has erased."""

import json
import re
from html import escape

import pytest
from kizuna.store import audit
from kizuna.store.tables import (
    AuditRow,
    ConsentRow,
    ContactRow,
)

from .conftest import Company
from .test_pages import save
from .visits import ONE_CLICK, Visit, everything, somebody


@pytest.fixture
def visit(company: Company) -> Visit:
    """Somebody who got the survey's mail."""
    world = company("queued")
    world.tick()
    return somebody(world)


# every page


def pages(visit: Visit) -> list[tuple[str, str]]:
    gets = [visit.unsubscribe, visit.preferences, visit.go("answer_fine"), visit.go("plans"), "/go/nothing"]
    gets += [f"{visit.preferences}/{page}" for page in ("data", "erase")]
    texts = [(path, visit.browser.get(f"{path}?lang={language}")) for path in gets for language in ("ja", "en")]
    texts += [("data shown", visit.browser.post(f"{visit.preferences}/data", data={"show": "all"}))]
    texts += [("unticked", visit.browser.post(f"{visit.preferences}/erase", data={"erase": "all"}))]
    texts += [("left", visit.browser.post(visit.unsubscribe, data={"stop": "all"}))]
    for path, answer in texts:
        assert "set-cookie" not in answer.headers, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    return [(path, answer.text) for path, answer in texts]


def test_no_page_loads_anything_keeps_a_cookie_or_needs_a_script(visit: Visit) -> None:
    for path, text in pages(visit):
        assert "<script" not in text and " on" + "click" not in text, path
        assert not re.search(r'\b(src|href|action)="(https?:|//)', text), path
        assert not re.search(r"url\(|@import", text), path
        assert 'style="' not in text, path


def test_the_style_is_the_one_that_the_policy_names(visit: Visit) -> None:
    import base64
    import hashlib

    answer = visit.browser.get(visit.unsubscribe)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_every_page_says_who_is_behind_it(visit: Visit) -> None:
    """特定電子メール法 4条: name, address, where to complain."""
    sender = visit.world.workspace.brief.sender
    for path, text in pages(visit):
        assert sender.contact in text, path
        assert any(name in text for name in sender.organisation.values()), path


def test_a_page_shows_no_id_in_its_links(visit: Visit) -> None:
    for path, text in pages(visit):
        if path != "data shown":
            assert visit.contact.contact_id not in text and visit.row.unit_id not in text, path


# seeing, taking along, being erased


def test_what_is_held_is_shown_by_kind(visit: Visit) -> None:
    visit.browser.post(visit.go("answer_fine"), data={"answer": "fine", "words": "nice tool"})
    save(visit, pause="until_ended", per_month="1", topic=["tips"])
    text = visit.browser.post(f"{visit.preferences}/data", data={"show": "all", "lang": "en"}).text
    draft = visit.world.draft(visit.row.draft_id)
    for told in (visit.contact.name, visit.contact.email, draft.subject, "nice tool", "At most 1 a month"):
        assert escape(told) in text
    assert "agreed" in text and "A break until I end it" in text and "All is well" in text


def test_the_file_to_take_along_is_not_given_to_who_only_opens_links(visit: Visit) -> None:
    assert "attachment" not in visit.browser.get(f"{visit.preferences}/export").headers.get("content-disposition", "")
    answer = visit.browser.post(f"{visit.preferences}/export", data={"take": "all"})
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    told = json.loads(answer.text)
    assert told["rows"]["contact"][0]["email"] == visit.contact.email
    assert visit.world.rows(AuditRow, action="person_exported")[0].actor == "customer"


def test_erasing_takes_a_tick_and_a_button(visit: Visit) -> None:
    stands = everything(visit.world)
    assert visit.browser.post(f"{visit.preferences}/erase", data={"erase": "all"}).status_code == 400
    assert everything(visit.world) == stands
    done = visit.browser.post(f"{visit.preferences}/erase", data={"erase": "all", "sure": "yes", "lang": "en"})
    assert "You are being erased" in done.text
    assert visit.world.one(ContactRow, visit.contact.contact_id) is None
    with visit.world.workspace.store.read() as session:
        assert audit.broken_at(session) is None


def test_the_links_of_the_erased_lead_to_a_page_that_says_so(visit: Visit) -> None:
    paths = [visit.unsubscribe, visit.preferences, visit.go("answer_fine")]
    visit.browser.post(f"{visit.preferences}/erase", data={"erase": "all", "sure": "yes"})
    stands = everything(visit.world)
    for path in paths:
        assert "You were erased" in visit.browser.get(f"{path}?lang=en").text
        assert visit.browser.post(path, data={**ONE_CLICK, "answer": "fine", "form": "preferences"}).status_code == 200
    assert everything(visit.world) == stands


def test_the_mail_of_somebody_whom_the_sources_forgot_still_stops_everything(visit: Visit) -> None:
    """The link outlives the customer's row: if they come back, they have left."""
    stranger = visit.token("unsubscribe", "C777777")
    assert visit.browser.post(f"/unsubscribe/{stranger}", data=ONE_CLICK).status_code == 200
    assert [row.state for row in visit.world.rows(ConsentRow, contact_id="C777777")] == ["withdrawn"]

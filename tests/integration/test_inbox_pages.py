"""Every page: headers, nothing inline, text stays text, and what a screen reader needs."""

import base64
import hashlib
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from kizuna.agents import graph
from kizuna.inbox.web.security import LONGEST_BODY_BYTES
from kizuna.service import desk, keeping
from kizuna.service.people import Person
from kizuna.store.tables import DraftRow, ReviewRow, UnitRow

from .inbox_client import Visitor, words
from .world import World

Company = Callable[..., World]
PLAN, BATCH = "nagare-save.1.plan.0", "nagare-save.1.usage_digest.0"
HOSTILE = '<script>alert(1)</script>\u202e"><img src=x onerror=alert(1)>'


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else ""

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]


@pytest.fixture
def written(company: Company) -> World:
    return company("written")


def addresses(world: World) -> dict[str, str]:
    each = next(row.id for row in world.open("each") if row.assignee == "r03")
    unit = world.rows(DraftRow, review_id=each)[0].unit_id
    of_batch = world.rows(DraftRow, review_id=BATCH)[0]
    return {
        "queue": "/",
        "plan": f"/reviews/{PLAN}",
        "batch": f"/reviews/{BATCH}",
        "draft": f"/reviews/{BATCH}/draft?unit={of_batch.unit_id}&step={of_batch.step}",
        "each": f"/reviews/{each}",
        "edit": f"/reviews/{each}/edit?unit={unit}&step=proposal",
        "campaign": "/campaign",
        "segments": "/segments",
        "why": f"/why?unit={unit}",
        "ask why": "/why",
        "help": "/help",
        "nowhere": "/nowhere",
    }


def pages(world: World, language: str) -> dict[str, str]:
    here = Visitor(world, "r03")
    here.post("/language", language=language)
    found = {name: here.get(address).text for name, address in addresses(world).items()}
    return {**found, "log in": Visitor(world).client.get("/log-in", params={"lang": language}).text}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_holds_script_or_style_and_every_field_has_a_label(written: World, language: str) -> None:
    for name, text in pages(written, language).items():
        page = Page(text)
        assert page.inline == [], name
        assert not [a for _, a in page.tags if any(key == "style" or key.startswith("on") for key in a)], name
        assert page.all("html")[0]["lang"] == language, name
        assert len(page.all("main")) == 1 and len(page.all("h1")) == 1, name
        ids = page.ids()
        assert len(ids) == len(set(ids)), (name, sorted(ids))
        labelled = {label.get("for") for label in page.all("label")}
        for field in [*page.all("input"), *page.all("textarea"), *page.all("select")]:
            is_inside_its_label = field.get("type") in ("checkbox", "radio")
            assert field.get("type") == "hidden" or is_inside_its_label or field["id"] in labelled, (name, field)
        for link in page.all("a"):
            href = str(link["href"])
            assert href.startswith(("/", "#")), (name, href)
            assert not href.startswith("#") or href[1:] in ids, (name, href)


@pytest.mark.parametrize("name", ["queue", "plan", "batch", "draft", "each", "edit", "campaign", "why", "nowhere"])
def test_every_page_forbids_what_it_does_not_need(written: World, name: str) -> None:
    answer = Visitor(written, "r03").get(addresses(written)[name])
    policy = answer.headers["content-security-policy"]
    for directive in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "camera=()" in answer.headers["permissions-policy"]


def test_behind_https_the_browser_is_told_to_stay_there(written: World) -> None:
    assert "strict-transport-security" not in Visitor(written).get("/log-in").headers
    assert "max-age" in Visitor(written, is_https=True).get("/log-in").headers["strict-transport-security"]


def test_a_mail_is_shown_without_scripts_origin_or_network(written: World) -> None:
    here = Visitor(written, "sato")
    row = written.rows(DraftRow, review_id=BATCH)[0]
    draft = written.draft(row.id)
    answer = here.get(f"/reviews/{BATCH}/mail", unit=row.unit_id, step=row.step)
    policy = answer.headers["content-security-policy"]
    assert answer.text == draft.html, "exactly the bytes that leave"
    assert "default-src 'none'" in policy and re.search(r"sandbox\b(?! allow)", policy)
    assert "script-src" not in policy and "frame-ancestors 'self'" in policy
    page = Page(here.get(f"/reviews/{BATCH}/draft", unit=row.unit_id, step=row.step).text)
    assert [frame["sandbox"] for frame in page.all("iframe")] == [None]


def test_the_report_runs_under_a_policy_that_names_its_own_style(written: World) -> None:
    answer = Visitor(written, "sato").get("/report")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"'sha256-{digest}'" in policy and "unsafe" not in policy
    assert 'href="/"' in answer.text
    assert not re.search(r"<[^>]+ style=", answer.text)


def test_a_hostile_name_stays_text_on_every_page(written: World) -> None:
    each = next(row.id for row in written.open("each") if row.assignee == "r03")
    row = written.rows(DraftRow, review_id=each)[0]
    written.change(UnitRow, row.unit_id, name=HOSTILE)
    written.change_draft(row.id, subject=HOSTILE, facts={"company_name": HOSTILE}, text=f"Dear {HOSTILE},\n\nhello.")
    for name, text in pages(written, "en").items():
        page = Page(text)
        assert page.inline == [] and page.all("img") == [], name
        assert "\u202e" not in text, name
    assert "alert(1)" in words(Visitor(written, "r03").get(f"/reviews/{each}").text)


def test_a_reviewers_words_stay_text(company: Company) -> None:
    world = company("planned")
    Visitor(world, "sato").decide(PLAN, "reject", reason=HOSTILE, wish="fewer")
    page = Page(Visitor(world, "suzuki").get(f"/reviews/{PLAN}").text)
    assert page.inline == [] and page.all("img") == []


def test_only_this_machine_is_answered_unless_a_proxy_stands_in_front(written: World) -> None:
    here = Visitor(written)
    assert here.client.get("/log-in", headers={"host": "rebound.example"}).status_code == 421
    assert here.client.get("/log-in", headers={"host": "localhost:8470"}).status_code == 200
    assert Visitor(written, is_https=True).client.get("/log-in").status_code == 200


def test_a_body_beyond_any_form_is_not_read(written: World) -> None:
    here = Visitor(written, "sato")
    assert here.post("/pause", reason="x" * LONGEST_BODY_BYTES).status_code == 413
    assert written.workspace.brief.name in here.get("/").text


def test_a_page_that_fails_shows_no_traceback(written: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Visitor(written, "sato")

    def fail(*_: object) -> Person:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(desk, "look", fail)
    answer = here.get(f"/reviews/{BATCH}")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]


def test_log_lines_hold_routes_and_no_values(written: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="kizuna.inbox")
    here = Visitor(written, "sato")
    unit = written.rows(DraftRow, review_id=BATCH)[0].unit_id
    here.get("/why", unit=unit)
    lines = [record.getMessage() for record in caplog.records if record.name == "kizuna.inbox"]
    assert any(re.fullmatch(r"GET /why 200 \d+ ms", line) for line in lines)
    assert not [line for line in lines if unit in line or "sato" in line]


def test_health_proves_whose_server_it_is(written: World) -> None:
    answer = Visitor(written).get("/health", nonce="n0nce").json()
    assert answer["service"] == "kizuna" and answer["status"] == "ok"
    assert keeping.is_ours(written.workspace, "n0nce", answer["proof"])
    assert not keeping.is_ours(written.workspace, "other", answer["proof"])
    assert "proof" not in Visitor(written).get("/health", nonce="no\nnce").json()


def test_the_campaigns_picture_is_the_graph_as_it_is_wired(written: World) -> None:
    drawn = graph.campaign().compile().get_graph()
    here = Visitor(written, "sato")
    here.post("/language", language="en")
    text = here.get("/campaign").text
    nodes = [node for node in drawn.nodes if not node.startswith("__")]
    ways = [edge for edge in drawn.edges if not edge.source.startswith("__") and not edge.target.startswith("__")]
    page = Page(text)
    assert len(page.all("rect")) == len(nodes)
    assert len([path for path in page.all("path") if "way" in str(path.get("class"))]) == len(ways)
    assert "Stands at: Wait for people and dates" in words(text)
    assert len([rect for rect in page.all("rect") if "here" in str(rect["class"])]) == 1


def test_a_pause_is_seen_on_every_page_and_ends_with_those_who_may(written: World) -> None:
    here, rep = Visitor(written, "sato"), Visitor(written, "r04")
    here.post("/pause", reason="wrong price on the page", then="/campaign")
    for address in addresses(written).values():
        assert "wrong price on the page" in here.get(address).text, address
    assert "wrong price on the page" in rep.get("/").text
    assert 'action="/resume"' not in rep.get("/").text
    here.post("/resume")
    assert "wrong price on the page" not in here.get("/").text


def test_the_inbox_takes_over_a_changed_brief_while_it_runs(written: World) -> None:
    here = Visitor(written, "kato")
    assert here.decide(BATCH, "reject", reason="no", digest=written.one(ReviewRow, BATCH).digest).status_code == 403
    with World(written.folder, written.clock) as other:
        other.change_brief({"reviewers": {"supervisors": ["sato", "kato"]}})
    assert here.decide(BATCH, "reject", reason="no", digest=written.one(ReviewRow, BATCH).digest).status_code == 303


def test_customers_pages_need_no_log_in_token_or_own_page(written: World) -> None:
    draft = written.draft(written.rows(DraftRow, review_id=BATCH)[0].id)
    link = next(link for link in draft.links if "/unsubscribe/" in link)
    path = "/unsubscribe/" + link.rsplit("/", 1)[1]
    provider = Visitor(written)
    for name in ("sec-fetch-site", "origin"):
        del provider.client.headers[name]
    answer = provider.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert provider.client.post("/unsubscribe/forged", data={"List-Unsubscribe": "One-Click"}).status_code == 404

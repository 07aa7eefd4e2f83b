"""Who somebody is on the pages: sessions on the server, a cookie that is only a key, forms that can't be forged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from kizuna.inbox.web import limits
from kizuna.service import sessions
from kizuna.store.tables import AuditRow, WebSessionRow

from .inbox_client import Visitor, field
from .world import PASSWORD, World

Company = Callable[..., World]


@pytest.fixture
def world(company: Company) -> World:
    return company("founded")


def cookie_of(answer: object) -> str:
    return str(answer.headers["set-cookie"])  # type: ignore[attr-defined]


def test_whoever_is_not_logged_in_is_asked_to_and_comes_back(world: World) -> None:
    here = Visitor(world)
    asked = here.get("/why?unit=A000001")
    assert (asked.status_code, asked.headers["location"]) == (303, "/log-in?then=%2Fwhy%3Funit%3DA000001")
    answer = here.client.post("/log-in", data={"login": "sato", "password": PASSWORD, "then": "/why?unit=A000001"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/why?unit=A000001")


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y", "evil"])
def test_log_in_leads_to_no_other_site(world: World, then: str) -> None:
    answer = Visitor(world).client.post("/log-in", data={"login": "sato", "password": PASSWORD, "then": then})
    assert answer.headers["location"] == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_the_store_holds_only_its_hash(world: World) -> None:
    here = Visitor(world)
    cookie = cookie_of(here.log_in("sato"))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie, "plain http on the loopback"
    token = cookie.split("=", 1)[1].split(";")[0]
    rows = world.rows(WebSessionRow)
    assert len(rows) == 1
    assert token not in repr(rows[0])


def test_behind_https_the_cookie_is_secure_and_of_this_host_alone(world: World) -> None:
    cookie = cookie_of(Visitor(world, is_https=True).log_in("sato"))
    assert cookie.startswith("__Host-") and "Secure" in cookie and "Domain" not in cookie


def test_log_in_gives_a_new_token_and_ends_the_old_one(world: World) -> None:
    here = Visitor(world, "sato")
    before = dict(here.client.cookies)
    here.log_in("sato")
    assert dict(here.client.cookies) != before
    assert len(world.rows(WebSessionRow)) == 1
    other = Visitor(world)
    other.client.cookies.update(before)
    assert other.get("/").status_code == 303


@pytest.mark.parametrize(("seen", "ends"), [(-61, 600), (-1, -1)], ids=["idle for an hour", "twelve hours old"])
def test_a_log_in_ends_by_itself(world: World, seen: int, ends: int) -> None:
    here, now = Visitor(world, "sato"), datetime.now(UTC)
    row = world.rows(WebSessionRow)[0]
    assert row.expires_at - now > timedelta(hours=11)
    moments = {"seen_at": now + timedelta(minutes=seen), "expires_at": now + timedelta(minutes=ends)}
    world.change(WebSessionRow, row.token_hash, **moments)
    assert here.get("/").status_code == 303


def test_use_keeps_a_log_in_alive(world: World) -> None:
    here, now = Visitor(world, "sato"), datetime.now(UTC)
    row = world.rows(WebSessionRow)[0]
    world.change(WebSessionRow, row.token_hash, seen_at=now - timedelta(minutes=59))
    assert here.get("/").status_code == 200
    assert world.rows(WebSessionRow)[0].seen_at > now - timedelta(minutes=1)


def test_log_out_ends_it_on_the_server_too(world: World) -> None:
    here = Visitor(world, "sato")
    before = dict(here.client.cookies)
    assert here.post("/log-out").status_code == 303
    here.client.cookies.update(before)
    assert here.get("/").status_code == 303
    assert world.rows(WebSessionRow) == []


def test_log_out_everywhere_ends_the_log_ins_of_this_person_alone(world: World) -> None:
    desk, phone, other = Visitor(world, "sato"), Visitor(world, "sato"), Visitor(world, "suzuki")
    desk.post("/log-out-everywhere")
    assert phone.get("/").status_code == 303
    assert other.get("/").status_code == 200


def test_wrong_password_and_unknown_login_look_the_same(world: World) -> None:
    here = Visitor(world)
    known, unknown = here.log_in("sato", "wrong password"), here.log_in("nobody", "wrong password")
    assert known.status_code == unknown.status_code == 403
    assert known.text.replace("sato", "nobody") == unknown.text


def test_an_unknown_login_is_checked_against_a_hash_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from kizuna.service import people

    verified: list[str] = []

    class Hasher(people.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            verified.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(people, "PasswordHasher", Hasher)
    Visitor(world).log_in("nobody", "wrong password")
    assert len(verified) == 1 and verified[0].startswith("$argon2id$")


def test_after_some_failures_even_the_right_password_has_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Visitor(world)
    for _ in range(limits.PER_LOGIN):
        assert here.log_in("sato", "wrong password").status_code == 403
    assert here.log_in("sato").status_code == 429
    assert here.log_in("suzuki").status_code == 303, "others are not kept out"
    later = limits.time.monotonic() + limits.WINDOW_SECONDS + 1
    monkeypatch.setattr(limits.time, "monotonic", lambda: later)
    assert here.log_in("sato").status_code == 303


def test_many_logins_from_one_address_have_to_wait(world: World) -> None:
    here = Visitor(world)
    answers = [here.log_in(f"nobody{n}", "x" * 12).status_code for n in range(limits.PER_ADDRESS + 1)]
    assert answers[-2:] == [403, 429]


FORGED = [
    ("another site's form", {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}),
    ("another port of this host", {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:9999"}),
    ("an old browser on another site", {"sec-fetch-site": "", "origin": "https://evil.example"}),
    ("an old browser that hides where it was", {"sec-fetch-site": "", "origin": "null"}),
]


@pytest.mark.parametrize(("headers",), [(headers,) for _, headers in FORGED], ids=[name for name, _ in FORGED])
@pytest.mark.parametrize("address", ["/log-in", "/pause", "/log-out"])
def test_a_form_from_elsewhere_is_refused_even_with_the_right_token(
    world: World, headers: dict[str, str], address: str
) -> None:
    here = Visitor(world, "sato")
    for name, value in headers.items():
        if value:
            here.client.headers[name] = value
        else:
            del here.client.headers[name]
    answer = here.post(address, login="sato", password=PASSWORD, reason="stop")
    assert answer.status_code == 403
    assert len(world.rows(WebSessionRow)) == 1


def test_an_old_browser_on_our_own_page_gets_through(world: World) -> None:
    here = Visitor(world, "sato")
    del here.client.headers["sec-fetch-site"]
    here.client.headers["origin"] = "http://127.0.0.1"
    assert here.post("/pause", reason="wrong price").status_code == 303


@pytest.mark.parametrize("csrf", ["", "guessed"])
def test_a_form_without_the_log_ins_token_is_refused(world: World, csrf: str) -> None:
    here = Visitor(world, "sato")
    assert here.client.post("/pause", data={"reason": "stop", "csrf": csrf}).status_code == 403


def test_the_token_of_another_log_in_is_refused(world: World) -> None:
    here, other = Visitor(world, "sato"), Visitor(world, "sato")
    assert here.csrf != other.csrf
    assert here.client.post("/pause", data={"reason": "stop", "csrf": other.csrf}).status_code == 403


def test_pages_are_in_the_persons_language_until_they_switch(world: World) -> None:
    here = Visitor(world, "sato")
    assert '<html lang="ja">' in here.get("/").text
    assert here.post("/language", language="en", then="/why").headers["location"] == "/why"
    assert '<html lang="en">' in here.get("/").text


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("en-GB,en;q=0.9,ja;q=0.5", "en"), ("ja", "ja"), ("fr", "ja"), ("", "ja"), ("ja;q=0.2, en;q=0.7", "en")],
)
def test_before_log_in_the_browser_says_which_language(world: World, wanted: str, language: str) -> None:
    here = Visitor(world)
    here.client.headers["accept-language"] = wanted
    assert f'<html lang="{language}">' in here.get("/log-in").text


def test_roles_are_those_of_now_not_of_the_log_in(world: World) -> None:
    from kizuna.store.tables import PersonRow

    here = Visitor(world, "sato")
    world.change(PersonRow, "sato", roles=["sales_rep"])
    assert here.post("/pause", reason="stop").status_code == 403


def test_log_ins_are_on_record_without_passwords_or_tokens(world: World) -> None:
    here = Visitor(world, "sato")
    events = [row for row in world.rows(AuditRow) if row.action == "logged_in"]
    assert [row.actor for row in events] == ["sato"]
    token = next(iter(here.client.cookies.values()))
    assert all(secret not in repr(world.rows(AuditRow)) for secret in (PASSWORD, token, here.csrf))


def test_the_form_holds_no_token_of_a_session_that_does_not_exist(world: World) -> None:
    page = Visitor(world).get("/log-in").text
    with pytest.raises(AssertionError):
        field(page, "csrf")


def test_the_idle_time_is_an_hour_and_the_longest_half_a_day() -> None:
    assert (timedelta(hours=1), timedelta(hours=12)) == (sessions.IDLE, sessions.LONGEST)

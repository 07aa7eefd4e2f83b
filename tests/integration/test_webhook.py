"""Signed calls over https to one checked address: nothing leads them astray, and a repeat does no harm."""

import hashlib
import hmac
import ipaddress
import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.delivery_settings import Webhook
from kizuna.domain.errors import KizunaError, NotSentYet, PauseSending, RefusedForGood
from kizuna.domain.playbook import Channel
from kizuna.tools.guarded_https import LARGEST_ANSWER_BYTES, Answer, NotReached, exchange, is_public
from kizuna.tools.webhook import WebhookWay, signature
from pydantic import SecretStr, ValidationError

from .certificates import Certificate, make_certificate
from .https_server import Asked, HttpsServer

SECRET = SecretStr("shared secret of a test")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[HttpsServer]:
    with HttpsServer(certificate) as started:
        yield started


def ask(server: HttpsServer, path: str = "/hook", **options: Any) -> Answer:
    """One request past the guard, as only a test on the loopback may ask for it."""
    given = {"public_only": False, "trust": server.certificate.trusted(), **options}
    return exchange("POST", server.url(path), body=b"{}", **given)


def way(server: HttpsServer) -> WebhookWay:
    settings = Webhook(url=server.url(), secret_env="HOOK_SECRET")
    return WebhookWay(settings, SECRET, partial(exchange, public_only=False, trust=server.certificate.trusted()))


def send(server: HttpsServer, body: bytes = b'{"id": "<m@x.example>"}') -> str:
    return way(server).send(
        body, message_id="<m@x.example>", channel=Channel.STAFF_TASK, sender="a@x.example", recipient="a@x.example"
    )


def failed(server: HttpsServer) -> KizunaError:
    with pytest.raises(KizunaError) as refused:
        send(server)
    return refused.value


# what the receiver sees


def test_a_record_comes_signed_with_its_key_and_its_time(server: HttpsServer) -> None:
    assert send(server) == "webhook 200"
    [asked] = server.asked
    stamp, mac = (part.split("=")[1] for part in asked.headers["kizuna-signature"].split(","))
    expected = hmac.new(SECRET.get_secret_value().encode(), f"{stamp}.".encode() + asked.body, hashlib.sha256)
    assert hmac.compare_digest(mac, expected.hexdigest()) and abs(time.time() - int(stamp)) < 60
    assert asked.headers["idempotency-key"] == json.loads(asked.body)["id"] == "<m@x.example>"
    assert asked.headers["host"] == f"localhost:{server.port}"


def test_another_body_or_time_has_another_signature() -> None:
    assert len({signature(body, SECRET, at) for body in (b"a", b"b") for at in (1, 2)}) == 4


def test_the_secret_shows_nowhere(server: HttpsServer) -> None:
    server.answer = lambda asked: (500, {}, b"")
    error = failed(server)
    assert "shared secret" not in repr(error) + repr(error.__cause__) + repr(vars(way(server)))


# what its answers mean


@pytest.mark.parametrize("status", [200, 201, 204, 409])
def test_a_yes_or_a_known_key_is_sent(server: HttpsServer, status: int) -> None:
    server.answer = lambda asked: (status, {}, b"")
    assert send(server) == f"webhook {status}"


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        *((500, NotSentYet), (503, NotSentYet), (429, NotSentYet), (408, NotSentYet), (400, RefusedForGood)),
        *((422, RefusedForGood), (401, PauseSending), (404, PauseSending), (302, PauseSending)),
    ],
)
def test_anything_else_says_that_it_was_not_taken(server: HttpsServer, status: int, meaning: type) -> None:
    server.answer = lambda asked: (status, {"Location": server.url("/other")}, b"")
    assert type(failed(server)) is meaning
    assert len(server.asked) == 1, "no redirect is followed"


def test_the_wait_that_it_asks_for_is_handed_on(server: HttpsServer) -> None:
    server.answer = lambda asked: (429, {"Retry-After": "120"}, b"")
    error = failed(server)
    assert isinstance(error, NotSentYet) and error.retry_after == timedelta(minutes=2)


def test_a_timeout_after_the_body_left_is_tried_again_with_the_same_key(server: HttpsServer) -> None:
    def hang_up_once(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if len(server.asked) == 1:
            raise ConnectionError
        return 409, {}, b""

    server.answer = hang_up_once
    assert isinstance(failed(server), NotSentYet)
    assert send(server) == "webhook 409"
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
    assert way(server).evidence(message_id="x", channel=Channel.AUDIENCE, sender="", recipient=None) is None


# what can't lead it astray


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "017700000001",
        "①②⑦.⓪.⓪.①",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_no_name_of_this_machine_is_called(server: HttpsServer, host: str) -> None:
    with pytest.raises(NotReached):
        exchange("POST", f"https://{host}:{server.port}/hook", body=b"{}")
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["http://localhost/", "https://a@localhost/", "https://x.example\\@127.0.0.1/", "ftp://x/"]
)
def test_only_plain_https_addresses_are_called(url: str) -> None:
    with pytest.raises(NotReached, match="only plain https"):
        exchange("GET", url, public_only=False)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("255.255.255.255", "192.0.0.8", "::1", "fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1", "64:ff9b:1::1"),
    ],
)
def test_what_is_not_a_public_host_is_known_as_such(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_hosts_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(socket.AF_INET, 1, 6, "", (host, 443)) for host in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: places)
    with pytest.raises(NotReached, match="not public"):
        exchange("GET", "https://rebinding.example/")


def test_the_name_is_looked_up_once_and_the_checked_address_is_called(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    find = socket.getaddrinfo

    def note(host: str, *args: Any, **more: Any) -> Any:
        looked_up.append(host)
        return find(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    ask(server)
    assert looked_up.count("localhost") == 1


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    with HttpsServer(make_certificate(tmp_path, names="DNS:other.example")) as server:
        with pytest.raises(NotReached, match="certificate"):
            ask(server)
        assert server.asked == []


def test_a_certificate_that_nobody_vouches_for_is_refused(server: HttpsServer) -> None:
    with pytest.raises(NotReached, match="certificate"):
        ask(server, trust=None)


def test_a_long_answer_is_cut_and_a_slow_one_is_cut_off(server: HttpsServer) -> None:
    server.answer = lambda asked: (200, {}, b"x" * (LARGEST_ANSWER_BYTES * 20))
    assert len(ask(server).body) == LARGEST_ANSWER_BYTES

    def drip(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        time.sleep(2)
        return 200, {}, b""

    server.answer = drip
    before = time.monotonic()
    with pytest.raises(NotReached):
        ask(server, seconds=0.3)
    assert time.monotonic() - before < 1.5


def test_a_brief_can_name_only_https_and_no_question_marks() -> None:
    for url in ("http://x.example/", "https://x.example/?a=b", "https://user@x.example/", "https://x.example/#a"):
        with pytest.raises(ValidationError):
            Webhook(url=url, secret_env="HOOK_SECRET")

"""Each channel goes its own way: a server where the brief names one, else the folder; `folder` sends nothing at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kizuna.domain.clock import FixedClock
from kizuna.domain.delivery_settings import Delivery, Smtp, Webhook
from kizuna.domain.errors import MayHaveLeft, NotSentYet, UserError
from kizuna.domain.playbook import Channel
from kizuna.tools.guarded_https import Answer
from kizuna.tools.outward import Outward

from .faulty_relay import FaultyRelay

NOW = datetime(2026, 4, 1, 1, tzinfo=UTC)
ID = f"<{'ab' * 20}@nagare.example>"
HOOK = Webhook(url="https://tasks.nagare.example/kizuna", secret_env="HOOK_SECRET")
WAYS = {Channel.REP_DRAFT: "handed_over", Channel.LETTER: "letters", Channel.STAFF_TASK: "tasks"}


def outward(folder: Path, delivery: Delivery, **more: Any) -> Outward:
    return Outward(delivery, folder, secret=b"s" * 32, clock=FixedClock(NOW), **more)


def send(out: Outward, channel: Channel) -> str:
    return out.send(
        b"Subject: x\r\n\r\nx\r\n",
        message_id=ID,
        channel=channel,
        sender="r@nagare.example",
        recipient="b@kakuu.example",
    )


def relayed(port: int, **more: Any) -> Delivery:
    smtp = Smtp(host="127.0.0.1", port=port, security="none", **more.pop("smtp", {}))
    return Delivery(kind="smtp", smtp=smtp, **more)


def test_a_mail_goes_to_the_relay_and_what_has_no_server_into_the_folder(tmp_path: Path) -> None:
    with FaultyRelay() as relay, outward(tmp_path, relayed(relay.port)) as out:
        assert send(out, Channel.EMAIL).startswith("250")
        for channel, folder in {**WAYS, Channel.AUDIENCE: "audiences"}.items():
            assert send(out, channel).startswith(folder)
        assert len(relay.kept) == 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4


def test_tasks_and_audiences_go_to_their_systems_where_the_brief_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "shared")
    called: list[str] = []

    def post(method: str, url: str, *, headers: dict[str, str], body: bytes) -> Answer:
        called.append(headers["Idempotency-Key"])
        return Answer(202, {}, b"")

    with FaultyRelay() as relay, outward(tmp_path, relayed(relay.port, tasks=HOOK, audiences=HOOK), post=post) as out:
        assert send(out, Channel.STAFF_TASK) == send(out, Channel.AUDIENCE) == "webhook 202"
    assert called == [ID, ID] and list(tmp_path.iterdir()) == []


def test_folder_means_that_nothing_is_sent_whatever_else_is_named(tmp_path: Path) -> None:
    out = outward(tmp_path, Delivery(kind="folder", tasks=HOOK, audiences=HOOK))
    assert [send(out, channel).split("/")[0] for channel in Channel] == [
        *("sent", "handed_over", "letters", "tasks", "audiences"),
    ]


def test_a_secret_that_is_not_set_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HOOK_SECRET, which the brief names, is not set"):
        outward(tmp_path, relayed(25, tasks=HOOK))


def test_only_a_relay_leaves_doubt_about_what_left(tmp_path: Path) -> None:
    out = outward(tmp_path, relayed(25))
    asked = {"message_id": ID, "sender": "r@nagare.example", "recipient": "b@kakuu.example"}
    assert [out.evidence(channel=channel, **asked) for channel in WAYS] == [None, None, None]
    with pytest.raises(MayHaveLeft):
        out.evidence(channel=Channel.EMAIL, **asked)


def test_the_hourly_limit_counts_what_left_before_this_round(tmp_path: Path) -> None:
    earlier = [NOW - timedelta(minutes=50), NOW - timedelta(minutes=5)]
    with (
        FaultyRelay() as relay,
        outward(tmp_path, relayed(relay.port, smtp={"per_hour": 2}), left_lately=earlier) as out,
        pytest.raises(NotSentYet) as refused,
    ):
        send(out, Channel.EMAIL)
    assert refused.value.retry_after == timedelta(minutes=10) and relay.commands == []

"""Each channel's way out, as the brief says: a server where it names one, else the folder."""

import ssl
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from ..domain.clock import Clock
from ..domain.delivery_settings import Delivery, Server, Webhook
from ..domain.playbook import Channel
from .folder_outbox import FolderOutbox
from .guarded_https import exchange
from .imap import RepMailboxes
from .pace import Pace
from .secret import secret_from
from .smtp import SmtpRelay
from .webhook import Poster, WebhookWay


class Way(Protocol):
    """One way out."""

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str: ...

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None: ...


class Outward:
    """All ways out of a campaign. Connections stay open until `close`, or the end of `with`."""

    def __init__(
        self,
        delivery: Delivery,
        folder: Path,
        *,
        secret: bytes,
        clock: Clock,
        left_lately: Iterable[datetime] = (),
        trust: ssl.SSLContext | None = None,
        post: Poster = exchange,
    ) -> None:
        """`left_lately`: when the mails of the last hour left, for the relay's pace. Raises UserError for a secret
        that the environment lacks."""
        self._delivery, self._folder, self._trust, self._post = delivery, FolderOutbox(folder), trust, post
        self.relay: SmtpRelay | None = None
        if delivery.smtp is not None:
            pace = Pace(delivery.smtp.per_hour, left_lately, clock.now)
            password = password_of(delivery.smtp)
            self.relay = SmtpRelay(delivery.smtp, secret=secret, password=password, pace=pace, trust=trust)
        self._ways = self._named_ways()

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Let it out by the channel's way; raises what that way raises."""
        way = self._ways.get(channel, self._folder)
        return way.send(message, message_id=message_id, channel=channel, sender=sender, recipient=recipient)

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """Where it lies if it left, by the channel's way."""
        way = self._ways.get(channel, self._folder)
        return way.evidence(message_id=message_id, channel=channel, sender=sender, recipient=recipient)

    def notify_by_mail(self, message: bytes, *, message_id: str, sender: str, recipient: str) -> str:
        """A mail to somebody who works with us: through the relay, or into the folder `notices`."""
        if self.relay is None:
            return self._folder.keep_notice(message, message_id=message_id)
        smtp = self._delivery.smtp
        envelope = smtp.bounces if smtp is not None and smtp.bounces else sender
        return self.relay.submit(message, envelope=envelope, recipient=recipient)

    def notify_by_webhook(self, webhook: Webhook, body: bytes, *, key: str) -> str:
        """A notice to our own system; also where the brief says `folder`, since it is no customer's."""
        return webhook_way(webhook, self._post).call(body, key=key)

    def close(self) -> None:
        if self.relay is not None:
            self.relay.close()

    def __enter__(self) -> "Outward":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _named_ways(self) -> dict[Channel, Way]:
        """None where the brief says `folder`: then nothing is sent, whatever else it names."""
        if self.relay is None:
            return {}
        ways: dict[Channel, Way] = {Channel.EMAIL: self.relay}
        if self._delivery.mailboxes is not None:
            mailboxes = self._delivery.mailboxes
            ways[Channel.REP_DRAFT] = RepMailboxes(mailboxes, password_of(mailboxes), self._trust)
        for channel, webhook in (
            (Channel.STAFF_TASK, self._delivery.tasks),
            (Channel.AUDIENCE, self._delivery.audiences),
        ):
            if webhook is not None:
                ways[channel] = webhook_way(webhook, self._post)
        return ways


def password_of(server: Server) -> SecretStr | None:
    return secret_from(server.password_env) if server.password_env is not None else None


def webhook_way(webhook: Webhook, post: Poster = exchange) -> WebhookWay:
    return WebhookWay(webhook, secret_from(webhook.secret_env), post)

"""The ways out as the brief states them: a folder or real servers, who may be written to, how people are told."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from .model import Frozen
from .quantity import Duration, EmailAddress

Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$", examples=["smtp.company.example"])]
Port = Annotated[int, Field(ge=1, le=65535)]
#: The name of an environment variable that holds a secret; secrets never stand in a brief.
SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,63}$", examples=["SMTP_PASSWORD"])]
#: An address, or a whole domain as `@company.example`.
Allowed = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Server(Frozen):
    """A mail server. Without encryption it must be this very machine."""

    host: Host
    port: Port
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password_env: SecretName | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=300)

    @model_validator(mode="after")
    def _encrypts(self) -> "Server":
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("`security: none` is for 127.0.0.1 alone; write `starttls` or `tls`")
        if self.user and self.password_env is None:
            raise ValueError("`user` needs `password_env`, the environment variable that holds the password")
        return self


class Smtp(Server):
    """The relay that takes mails. `bounces` is where failures come back to, with a token after a `+`."""

    bounces: EmailAddress | None = None
    per_hour: int | None = Field(default=None, ge=1)


class Mailboxes(Server):
    """The reps' own mailboxes by IMAP: `user` may hold `{mailbox}`, the rep's address."""

    folder: str = "Drafts"


class Inbound(Server):
    """The mailbox that bounces, complaints and replies come back to, by IMAP."""

    folder: str = "INBOX"


class Webhook(Frozen):
    """An https address of our own systems, called with a signed body."""

    url: Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?$", max_length=500)]
    secret_env: SecretName


class Delivery(Frozen):
    """The way out: `folder` writes files and sends nothing; `smtp` sends."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kind: Literal["folder", "smtp"]
    path: str = "outbox"
    """Where letters, and all that has no server of its own, is written."""
    smtp: Smtp | None = None
    mailboxes: Mailboxes | None = None
    """Where reps' drafts are put; without it, in the folder."""
    inbound: Inbound | None = None
    tasks: Webhook | None = None
    """The staff's task system; without it, tasks lie in the folder."""
    audiences: Webhook | None = None
    """The advertising or coupon system; without it, audiences lie in the folder."""
    allow_list: tuple[Allowed, ...] = ()
    """Who may be written to while the campaign is not live."""

    @model_validator(mode="after")
    def _names_its_server(self) -> "Delivery":
        if (self.kind == "smtp") != (self.smtp is not None):
            raise ValueError("`kind: smtp` and `smtp: {host: …}` go together")
        return self

    def allows(self, address: str) -> bool:
        """Whether an address is on the list of those who may be written to before the campaign is live."""
        wanted = address.strip().lower()
        return any(
            wanted == entry.lower() or (wanted.endswith(entry.lower()) and entry.startswith("@"))
            for entry in self.allow_list
        )


class Notices(Frozen):
    """How reviewers and deputies learn that something waits, and that it will soon expire."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    mail: bool = False
    """By the same way out as the campaign's mails."""
    webhook: Webhook | None = None
    remind_before: Duration = Field(default="24h", validate_default=True)
    inbox_url: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~/-]*)?$")] = (
        "http://127.0.0.1:8470"
    )
    """Where the inbox is, for the link in a notice."""

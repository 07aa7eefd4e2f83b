"""A real mail server for tests: Postfix takes mails, Dovecot keeps them and serves IMAP. All of it on the loopback."""

import imaplib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from .certificates import Certificate, make_certificate

PASSWORD = "Sakura-2026"
_PROGRAMS = ("postfix", "dovecot")
_SERVICES = """
{smtp} inet n - n - - smtpd
{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_POSTFIX = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/postfix.log
maillog_file_prefixes = /tmp, /var
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.nagare.example
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
recipient_delimiter = +
virtual_mailbox_domains = static:all
virtual_mailbox_maps = regexp:{folder}/accepted
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
"""
_DOVECOT = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/dovecot-state
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
recipient_delimiter = +
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
  default_fields = uid={user} gid={user} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
"""


@dataclass
class MailServer:
    """Postfix and Dovecot at work. Postfix accepts every address but those refused; who has no mailbox bounces."""

    folder: Path
    certificate: Certificate
    smtp: int
    submission: int
    imap: int
    imaps: int

    def add_mailboxes(self, addresses: Iterable[str]) -> None:
        """Give these addresses a mailbox, with PASSWORD."""
        with (self.folder / "users").open("a", encoding="utf-8") as users:
            users.writelines(f"{address}:{PASSWORD}::::::\n" for address in addresses)
        time.sleep(1.1)  # Dovecot looks whether the file changed once a second at most

    def refuse(self, addresses: Iterable[str]) -> None:
        """From now on Postfix says 550 5.1.1 to these; tell it before the first mail."""
        some = "|".join(map(re.escape, addresses))
        (self.folder / "accepted").write_text(f"!/^({some})$/ yes\n")

    def mails(self, address: str, folder: str = "INBOX") -> list[EmailMessage]:
        """What lies in a mailbox, read by IMAP."""
        connection = imaplib.IMAP4("127.0.0.1", self.imap, timeout=10)
        try:
            connection.login(address, PASSWORD)
            connection.select(folder, readonly=True)
            found = connection.search(None, "ALL")[1][0].split()
            parts = [connection.fetch(number.decode(), "(FLAGS BODY.PEEK[])")[1] for number in found]
        finally:
            connection.logout()
        return [_as_mail(part) for part in parts]

    def wait_for(self, address: str, count: int = 1, folder: str = "INBOX") -> list[EmailMessage]:
        """The mails of a mailbox, as soon as there are so many."""
        return until(lambda: found if len(found := self.mails(address, folder)) >= count else None, self.log)

    def log(self) -> str:
        logs = [path.read_text(errors="replace") for path in self.folder.glob("*.log")]
        return "\n".join(log[-3000:] for log in logs)


def until(look: Callable[[], object], why: Callable[[], str] = str, seconds: float = 20) -> object:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not come in {seconds} s\n{why()}")


def _as_mail(parts: list) -> EmailMessage:
    flags, raw = next(part for part in parts if isinstance(part, tuple))
    mail = message_from_bytes(raw, policy=policy.default)
    mail.flags = flags.decode()
    mail.raw = raw
    return mail


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    """Start both, stop both. Skips where they are not installed, or we are not root (Postfix's master must be)."""
    missing = [name for name in _PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"no mail server: {' and '.join(missing)} not installed" if missing else "Postfix needs root")
    folder = Path(tempfile.mkdtemp(prefix="kizuna-mail-", dir="/tmp"))
    folder.chmod(0o755)
    server = MailServer(folder, make_certificate(folder), *_free_ports(4))
    _write_configuration(server, *_free_ports(2))
    run = {"check": True, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    postfix, dovecot = (
        ["/usr/sbin/postfix", "-c", folder / "postfix"],
        ["/usr/sbin/dovecot", "-c", folder / "dovecot.conf"],
    )
    try:
        subprocess.run(dovecot, **run)  # goes to the background; attached to our output, the caller would wait for it
        subprocess.run([*postfix, "start"], **run)
        for port in (server.smtp, server.imap):
            until(lambda port=port: _listens(port), server.log)
        yield server
    finally:
        subprocess.run([*postfix, "stop"], **{**run, "check": False})
        subprocess.run([*dovecot, "stop"], **{**run, "check": False})
        shutil.rmtree(folder, ignore_errors=True)


def _write_configuration(server: MailServer, lmtp: int, auth: int) -> None:
    folder, user = server.folder, "nobody"
    values = {
        "folder": folder,
        "certificate": server.certificate.certificate,
        "key": server.certificate.key,
        "lmtp": lmtp,
        "auth": auth,
        "user": pwd.getpwnam(user).pw_uid,
        **{name: getattr(server, name) for name in ("smtp", "submission", "imap", "imaps")},
    }
    for name in ("postfix", "queue", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "state", "postfix")
    shutil.chown(folder / "mail", user)
    (folder / "postfix/main.cf").write_text(_POSTFIX.format(**values))
    (folder / "postfix/master.cf").write_text(_SERVICES.format(**values))
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**values))
    (folder / "accepted").write_text("/./ yes\n")
    (folder / "users").write_text("")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0

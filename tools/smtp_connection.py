"""A connection to a mail relay: encrypted, certificate checked, logged in; or a plain word why not."""

import select
import smtplib
import socket
import ssl
from typing import Any

from pydantic import SecretStr

from ..domain.delivery_settings import Smtp
from ..domain.errors import NotSentYet, PauseSending
from .smtp_replies import as_reply, refusal


def connect(settings: Smtp, password: SecretStr | None, trust: ssl.SSLContext | None) -> smtplib.SMTP:
    """An open, encrypted and logged-in connection. Without encryption only on this very machine (the brief's check).

    `trust` holds the authorities that are believed. Raises NotSentYet where trying again may help (nobody answers,
    4xx), PauseSending where a person has to look (the certificate, no STARTTLS, the log-in, 5xx).
    """
    place = f"{settings.host}:{settings.port}"
    try:
        return _logged_in(settings, password, trust)
    except ssl.SSLCertVerificationError as error:
        raise PauseSending(f"the certificate of {place} can't be trusted: {error.verify_message}") from None
    except smtplib.SMTPNotSupportedError:
        raise PauseSending(f"{place} does not offer what the brief asks for: STARTTLS, or a log-in") from None
    except smtplib.SMTPAuthenticationError as error:  # its text may repeat what we said
        if error.smtp_code < 500:
            raise NotSentYet(f"{place} can't check the log-in now ({error.smtp_code})") from None
        raise PauseSending(f"{place} refuses the log-in of {settings.user} ({error.smtp_code})") from None
    except UnicodeError:
        raise PauseSending(f"{settings.password_env} holds a password that is not ASCII; SMTP can't carry it") from None
    except smtplib.SMTPResponseException as error:
        raise refusal(as_reply(error.smtp_code, error.smtp_error), "us") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSentYet(f"{place} can't be reached: {type(error).__name__}") from None


def said_early(sock: Any) -> bytes | None:
    """What the server said, or b"" if it hung up, though it was not its turn; None if it waits quietly."""
    encrypted = isinstance(sock, ssl.SSLSocket)
    if not (encrypted and sock.pending()) and not select.select([sock], [], [], 0)[0]:
        return None
    before = sock.gettimeout()
    sock.settimeout(0)
    try:
        said: bytes = sock.recv(512)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None  # only the encryption's own business
    finally:
        sock.settimeout(before)
    return said


def _logged_in(settings: Smtp, password: SecretStr | None, trust: ssl.SSLContext | None) -> smtplib.SMTP:
    name = settings.bounces.split("@")[1] if settings.bounces else None
    place, seconds = (settings.host, settings.port), settings.timeout_seconds
    if settings.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(*place, local_hostname=name, timeout=seconds, context=trust)
    else:
        connection = smtplib.SMTP(*place, local_hostname=name, timeout=seconds)
    try:
        assert connection.sock is not None
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot is a write of its own
        if settings.security == "starttls":
            connection.starttls(context=trust)
        connection.ehlo_or_helo_if_needed()
        if settings.user and password is not None:
            connection.login(settings.user, password.get_secret_value())
    except BaseException:
        connection.close()
        raise
    return connection

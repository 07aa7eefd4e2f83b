"""https requests that can't be led astray: the address is checked once, for all it resolves to, and kept (no SSRF).

Names like 2130706433, 0x7f.1 or full-width digits resolve to 127.0.0.1, and some mapped addresses count as global for
Python, so what is judged is never the name: every address that it resolves to must be public, and the connection
goes to exactly the address that was judged. No redirect is followed; time and size of the answer are bounded.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..domain.errors import KizunaError

SECONDS = 5.0
LARGEST_ANSWER_BYTES = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Global for Python 3.11, but nobody's public host: protocol assignments and local-use NAT64.
_ODD = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48")))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotReached(KizunaError):
    """No answer: the name, the address, the certificate or the connection failed."""


@dataclass(frozen=True)
class Answer:
    """What the other side said; the body is cut at 64 KB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    public_only: bool = True,
    trust: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> Answer:
    """One request and its answer, redirects included as they are. Raises NotReached.

    `public_only=False` lets the address be any: for tests on the loopback, and to look at our own pages.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or 443
    except ValueError:
        raise NotReached("the address has no valid port") from None
    if parts.scheme != "https" or not parts.hostname or parts.username or "\\" in url:
        raise NotReached("only plain https addresses are called")
    address = _one_address(parts.hostname, port, public_only)
    connection = _Pinned(parts.hostname, port, address, trust or ssl.create_default_context(), seconds)
    ended = threading.Timer(seconds, connection.cut_off)
    ended.daemon = True
    ended.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(LARGEST_ANSWER_BYTES))
    except ssl.SSLCertVerificationError as error:
        raise NotReached(f"the certificate can't be trusted: {error.verify_message}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotReached(f"no answer: {type(error).__name__}") from None
    finally:
        ended.cancel()
        connection.close()


def is_public(address: Address) -> bool:
    """Whether an address is a host of the public internet, whatever it is wrapped in (6to4, NAT64, mapped, Teredo)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    if any(address in network for network in _ODD if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _one_address(host: str, port: int, public_only: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached(f"the name {host!r} is not known") from None
    addresses = [str(place[4][0]) for place in found]
    if public_only and not all(is_public(ipaddress.ip_address(address.split("%")[0])) for address in addresses):
        raise NotReached(f"{host!r} leads to an address that is not public; it is not called")
    return addresses[0]


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was judged; the certificate must be that of the name."""

    def __init__(self, host: str, port: int, address: str, trust: ssl.SSLContext, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds, context=trust)
        self._address, self._trust, self._is_over = address, trust, False

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = plain
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)
        if self._is_over:
            raise TimeoutError

    def cut_off(self) -> None:
        """Time is up, however slowly the other side still drips."""
        self._is_over = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

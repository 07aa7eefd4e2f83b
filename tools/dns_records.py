"""Looks up what receivers look up about a sender: SPF, DMARC, MX and PTR. Needs the extra `dns`, and a name server."""

import ipaddress
import socket
from typing import Any, Protocol

from ..domain.errors import KizunaError

SECONDS = 5.0


class NotKnown(KizunaError):
    """The name server did not answer, or there is no way to ask it; this says nothing about the record."""


class Resolver(Protocol):
    """Answers questions about names; raises NotKnown."""

    def txt(self, name: str) -> list[str]: ...

    def mx(self, name: str) -> list[str]: ...

    def names_of(self, host: str) -> list[str]: ...


class SystemResolver:
    """Asks the name servers of this system."""

    def txt(self, name: str) -> list[str]:
        """The TXT records, each joined from its parts; [] where there are none."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def mx(self, name: str) -> list[str]:
        """The hosts that take mail for a domain."""
        return [str(record.exchange).rstrip(".") for record in self._ask(name, "MX")]

    def names_of(self, host: str) -> list[str]:
        """The names that a host's addresses lead back to, where these lead to the same address again."""
        try:
            found = {str(place[4][0]) for place in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            raise NotKnown(f"the name {host!r} is not known here") from None
        confirmed = []
        for address in sorted(found):
            for record in self._ask(ipaddress.ip_address(address).reverse_pointer, "PTR"):
                name = str(record.target).rstrip(".")
                kind = "AAAA" if ":" in address else "A"
                if any(str(one.address) == address for one in self._ask(name, kind)):
                    confirmed.append(name)
        return confirmed

    def _ask(self, name: str, kind: str) -> Any:
        try:
            import dns.exception
            import dns.resolver
        except ImportError:
            raise NotKnown("the extra `dns` is not installed: pip install 'kizuna[dns]'") from None
        try:
            return list(dns.resolver.resolve(name, kind, lifetime=SECONDS))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NotKnown(f"the name server does not answer: {type(error).__name__}") from None

"""The address that failures of one message come back to: it names the message, and only we can make it (VERP).

Lower-case base32, since not every relay keeps capitals; short enough for the 64 octets of RFC 5321, 4.5.3.1.1.
"""

import base64
import hashlib
import hmac
import re

_OURS = re.compile(r"<([0-9a-f]{40})@")
_TOKEN = re.compile(r"^[^@+]+\+([a-z2-7]{32})([a-z2-7]{16})@", re.IGNORECASE)


def bounce_address(bounces: str, message_id: str, secret: bytes) -> str:
    """`bounces@company.example` -> `bounces+<token>@company.example` for this message of ours.

    An id that is not of our making (40 hexadecimal digits) gets the plain address: nothing could be told from it.
    """
    ours = _OURS.match(message_id)
    if ours is None:
        return bounces
    name = base64.b32encode(bytes.fromhex(ours[1])).decode().lower()
    local, domain = bounces.split("@")
    return f"{local}+{name}{_proof(name, secret)}@{domain}"


def message_behind(address: str, secret: bytes) -> str | None:
    """The left part of the Message-ID that a bounce address was made for; None unless we made it."""
    found = _TOKEN.match(address)
    if found is None:
        return None
    name, proof = found[1].lower(), found[2].lower()
    if not hmac.compare_digest(proof, _proof(name, secret)):
        return None
    return base64.b32decode(name.upper()).hex()


def _proof(name: str, secret: bytes) -> str:
    mac = hmac.new(secret, f"bounce\n{name}".encode(), hashlib.sha256).digest()[:10]
    return base64.b32encode(mac).decode().lower()

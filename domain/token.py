"""Opaque tokens for links in mails: they say whom and what they are about only to who holds the key."""

import base64
import hashlib
import hmac


def make_token(secret: bytes, purpose: str, subject: str) -> str:
    """A token for `subject`, good for `purpose` only. It holds a keyed hash and an id, never an address."""
    payload = f"{purpose}\n{subject}".encode()
    mac = hmac.new(secret, payload, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mac + payload).decode().rstrip("=")


def read_token(secret: bytes, purpose: str, token: str) -> str | None:
    """The subject, or None for anything that we did not make for this purpose."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        said, subject = raw[16:].decode().split("\n", 1)
    except (ValueError, UnicodeError):
        return None
    expected = make_token(secret, purpose, subject)
    return subject if said == purpose and hmac.compare_digest(expected, token) else None

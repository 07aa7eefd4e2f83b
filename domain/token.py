"""Opaque tokens for links in mails: without the key nobody reads whom or what they are about, or makes one.

Deterministic authenticated encryption in the manner of SIV (RFC 5297): the tag over the plain text is also the
nonce of the key stream, here with HMAC-SHA256 for both. The same input gives the same token, which the digest of a
draft depends on; equal tokens are equal links, so nothing is given away by that. Tokens never expire: a way out
must work as long as the mail exists.
"""

import base64
import hashlib
import hmac

_TAG_BYTES = 16
#: The plain text is filled up to a multiple of this, so that the length does not tell one answer from another.
_BLOCK_BYTES = 32
_FILL = b"\x00"
#: Longer ones are none of ours; they are refused before anything is computed.
_LONGEST = 4096


def make_token(secret: bytes, purpose: str, subject: str) -> str:
    """A token for `subject`, good for `purpose` only; letters, digits, `-` and `_`."""
    if "\n" in purpose or "\x00" in purpose + subject:
        raise ValueError("a purpose is one line, and neither it nor the subject holds a NUL")
    plain = f"{purpose}\n{subject}".encode()
    plain += _FILL * (-len(plain) % _BLOCK_BYTES)
    tag = _tag(secret, plain)
    return base64.urlsafe_b64encode(tag + _crypt(secret, tag, plain)).decode().rstrip("=")


def read_token(secret: bytes, purpose: str, token: str) -> str | None:
    """The subject, or None for anything that we did not make for this purpose."""
    opened = open_token(secret, token)
    return opened[1] if opened is not None and opened[0] == purpose else None


def open_token(secret: bytes, token: str) -> tuple[str, str] | None:
    """(purpose, subject) where the purpose is not known beforehand; None for anything that we did not make."""
    try:
        raw = base64.urlsafe_b64decode(token[:_LONGEST].encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None  # the same bytes written in another way
    tag, hidden = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    plain = _crypt(secret, tag, hidden)
    if not hidden or not hmac.compare_digest(_tag(secret, plain), tag):
        return None
    purpose, subject = plain.rstrip(_FILL).decode().split("\n", 1)
    return purpose, subject


def _tag(secret: bytes, plain: bytes) -> bytes:
    return hmac.digest(_key(secret, b"authenticate"), plain, hashlib.sha256)[:_TAG_BYTES]


def _crypt(secret: bytes, tag: bytes, text: bytes) -> bytes:
    """Text xor key stream; the same again undoes it."""
    key = _key(secret, b"encrypt")
    blocks = range(-(-len(text) // 32))
    stream = b"".join(hmac.digest(key, tag + i.to_bytes(4, "big"), hashlib.sha256) for i in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _key(secret: bytes, use: bytes) -> bytes:
    """A key of its own for each use of the workspace's secret."""
    return hmac.digest(secret, b"kizuna link token: " + use, hashlib.sha256)

"""What stands in front of every page: allowed hosts, size limit, headers, and a log line without personal data."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Nothing from elsewhere, nothing inline (W3C CSP Level 3); frames hold our own previews only.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: A mail as its reader sees it: its own inline styles, nothing loaded, no script, no origin.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
_HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}
LONGEST_BODY_BYTES = 256 * 1024
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_log = logging.getLogger("kizuna.inbox")


class Guard:
    """ASGI middleware around everything, the customers' pages included: headers that an answer sets itself stay."""

    def __init__(self, app: App, *, is_https: bool, failed: Callable[[Scope], App]) -> None:
        """`failed` makes the answer to an error that nobody foresaw."""
        self._app = app
        self._failed = failed
        self._headers = _HEADERS | (_HTTPS_ONLY if is_https else {})
        self._hosts = None if is_https else LOOPBACK_HOSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        began, status, has_begun = time.monotonic(), 500, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                message["headers"] = _with_defaults(message.get("headers", []), self._headers)
            await send(message)

        try:
            refused = self._refused(given)
            if refused:
                await _answer(send_with_headers, *refused)
            else:
                await self._app(scope, _limited(receive), send_with_headers)
        except Exception as error:
            _log.error("%s", told(error))
            if has_begun:
                raise
            await self._failed(scope)(scope, receive, send_with_headers)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            _log.info("%s %s %d %d ms", scope["method"], route, status, 1000 * (time.monotonic() - began))

    def _refused(self, given: dict[str, str]) -> tuple[int, str] | None:
        """A name of this machine that is none (DNS rebinding), or a body beyond any form of ours."""
        if self._hosts is not None and host_name(given.get("host", "")) not in self._hosts:
            return 421, "This inbox answers to 127.0.0.1 and localhost only."
        length = given.get("content-length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY_BYTES:
            return 413, "Too long."
        return None


def told(error: BaseException) -> str:
    """An error for the log: its kind and where it came from, without its words, which may name a customer."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def host_name(host: str) -> str:
    """The Host header without its port."""
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def is_from_our_page(headers: Any) -> bool:
    """Whether a form was sent by one of our own pages, by what the browser says of itself (W3C Fetch Metadata).

    Sec-Fetch-Site counts where there is one: under `no-referrer` the Origin of a form is `null`. Without both: no.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return bool(site == "same-origin")
    origin, host = headers.get("origin", ""), headers.get("host", "")
    return bool(host) and origin in (f"http://{host}", f"https://{host}")


def _with_defaults(headers: list[tuple[bytes, bytes]], defaults: dict[str, str]) -> list[tuple[bytes, bytes]]:
    have = {name.decode("latin-1").lower() for name, _ in headers}
    more = [(name.encode(), value.encode()) for name, value in defaults.items() if name not in have]
    return [*headers, *more]


def _limited(receive: Receive) -> Receive:
    """Counts what comes, for bodies that do not say how long they are; the rest of a body too long is not read."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > LONGEST_BODY_BYTES else message

    return counted


async def _answer(send: Send, status: int, words: str) -> None:
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

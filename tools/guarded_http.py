"""HTTP that ends: one deadline over connecting, headers and body, and a cap on what comes back.

The usual timeouts count from the last byte, so that a server which sends a byte a second is never too slow. Here
every read and write is bound by one moment, under TLS and behind a proxy as well.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

CONNECT_SECONDS = 5.0


class TooMuch(httpx2.TransportError):
    """The other side sent more than we take."""


class Deadline:
    """The moment by which everything must be done, and the bytes that may still come; set anew for each request."""

    def __init__(self) -> None:
        self.start(0.0, 0)

    def start(self, seconds: float, max_bytes: int) -> None:
        self._until = time.monotonic() + seconds
        self._bytes_left = max_bytes

    @property
    def seconds_left(self) -> float:
        return self._until - time.monotonic()

    def bound(self, timeout: float | None) -> float:
        """A timeout that does not go past the deadline."""
        left = self.seconds_left
        if left <= 0:
            raise httpx2.ReadTimeout("the deadline is over")
        return left if timeout is None else min(timeout, left)

    def count(self, received: bytes) -> bytes:
        self._bytes_left -= len(received)
        if self._bytes_left < 0:
            raise TooMuch("more came back than any answer should have")
        return received


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._deadline.count(self._inner.read(max_bytes, self._deadline.bound(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.bound(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.bound(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._inner, self._deadline = httpcore2.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        seconds = min(self._deadline.seconds_left, timeout or CONNECT_SECONDS, CONNECT_SECONDS)
        if seconds <= 0:  # nothing was sent, so nothing can have cost anything
            raise httpcore2.ConnectTimeout("the deadline is over")
        return _Stream(self._inner.connect_tcp(host, port, seconds, local_address, socket_options), self._deadline)


class _Body(httpx2.SyncByteStream):
    def __init__(self, parts: Any) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        with _in_httpx_words():
            yield from self._parts

    def close(self) -> None:
        self._parts.close()


class GuardedTransport(httpx2.BaseTransport):
    """A transport for `httpx2.Client` that keeps to a deadline. For one thread at a time; it unpacks nothing.

    The proxy of the environment (HTTPS_PROXY, NO_PROXY) is used unless the address is this machine's own.
    """

    def __init__(self, url: str, deadline: Deadline) -> None:
        self._pool = _pool(httpx2.URL(url), _Backend(deadline))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        content = request.read()
        with _in_httpx_words():
            got = self._pool.handle_request(
                httpcore2.Request(
                    request.method, url, headers=request.headers.raw, content=content, extensions=request.extensions
                )
            )
        if any(name.lower() == b"content-encoding" and value.lower() != b"identity" for name, value in got.headers):
            got.close()
            raise TooMuch("the answer is compressed, so nobody knows how long it is")
        return httpx2.Response(got.status, headers=got.headers, stream=_Body(got.stream), extensions=got.extensions)

    def close(self) -> None:
        self._pool.close()


def _pool(url: httpx2.URL, backend: httpcore2.NetworkBackend) -> httpcore2.ConnectionPool:
    proxy = getproxies().get(url.scheme)
    tls = ssl.create_default_context()
    if proxy is None or url.host in ("127.0.0.1", "::1", "localhost") or proxy_bypass(url.host):
        return httpcore2.ConnectionPool(ssl_context=tls, max_connections=1, network_backend=backend)
    way = httpx2.Proxy(proxy)
    return httpcore2.HTTPProxy(str(way.url), way.raw_auth, ssl_context=tls, max_connections=1, network_backend=backend)


@contextmanager
def _in_httpx_words() -> Iterator[None]:
    """httpcore's errors as those of httpx, which the callers know."""
    try:
        yield
    except (httpcore2.ConnectTimeout, httpcore2.ConnectError) as error:
        raise httpx2.ConnectError(str(error)) from error
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
        raise httpx2.ReadError(str(error)) from error

"""A small https server on the loopback that answers as a test says and keeps what it was asked."""

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from .certificates import Certificate


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpsServer:
    """`answer` takes what was asked and gives (status, headers, body), or raises to hang up."""

    certificate: Certificate
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes]] = lambda asked: (200, {}, b"")
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> "HttpsServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _go(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.asked.append(
                    Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                )
                status, headers, answer = outer.answer(outer.asked[-1])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(answer)

            do_GET = do_POST = _go

            def log_message(self, *_: Any) -> None:
                pass

        class Server(HTTPServer):
            def get_request(self) -> Any:
                client, address = super().get_request()
                try:
                    return outer.certificate.for_server().wrap_socket(client, server_side=True), address
                except (OSError, ssl.SSLError):
                    client.close()
                    raise OSError from None

            def handle_error(self, *_: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, path: str = "/hook", host: str = "localhost") -> str:
        return f"https://{host}:{self.port}{path}"

"""A chat server on the loopback that behaves as badly as a test asks, and counts what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Plays the server's behaviours one after another; the last one for ever."""

    server: "Misbehaving"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        with self.server.lock:
            self.server.requests.append(json.loads(self.rfile.read(length)))
            self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.server.paths.append(self.path)
            behaviour = self.server.behaviours[min(len(self.server.requests), len(self.server.behaviours)) - 1]
        with suppress(BrokenPipeError, ConnectionResetError):
            behaviour(self)

    def reply(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class Misbehaving(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviours: list[Behaviour]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = behaviours
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def misbehaving(*behaviours: Behaviour) -> Iterator[Misbehaving]:
    server = Misbehaving(list(behaviours))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def completion(content: str | None, *, finish: str = "stop", refusal: str | None = None, usage: Any = ...) -> bytes:
    told = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18} if usage is ... else usage
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choices = [{"index": 0, "finish_reason": finish, "message": message}]
    return json.dumps(
        {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": told}
    ).encode()


def says(content: str | None, **more: Any) -> Behaviour:
    return lambda handler: handler.reply(200, completion(content, **more))


def status(code: int, message: str = "no", **headers: str) -> Behaviour:
    body = json.dumps({"error": {"message": message, "type": "e", "code": None}}).encode()
    return lambda handler: handler.reply(code, body, **headers)


def page(html: str = "<html>Sign in to the guest network</html>") -> Behaviour:
    return lambda handler: handler.reply(200, html.encode(), "text/html; charset=utf-8")


def raw(body: bytes, kind: str = "application/json", **headers: str) -> Behaviour:
    return lambda handler: handler.reply(200, body, kind, **headers)


def drips(body: bytes, seconds_each: float) -> Behaviour:
    """A byte now and then: no read ever times out by itself."""

    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for byte in body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(seconds_each)

    return drip


def drips_headers(seconds_each: float) -> Behaviour:
    def drip(handler: Handler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 10_000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(seconds_each)

    return drip


def hangs_up(body: bytes = completion("{}")) -> Behaviour:
    """Promises a whole body, sends half of it, and closes."""

    def drop(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        handler.close_connection = True

    return drop


def floods(megabytes: int, status_code: int = 200) -> Behaviour:
    def flood(handler: Handler) -> None:
        handler.send_response(status_code)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(megabytes * 1_000_000))
        handler.end_headers()
        for _ in range(megabytes):
            handler.wfile.write(b"[" * 1_000_000)

    return flood


def only_takes(way: str, answer: str, code: int = 400) -> Behaviour:
    """Knows one way of being held to a form: `json_schema`, `json_object`, or none of them (`prompt`)."""

    def judge(handler: Handler) -> None:
        asked = handler.server.requests[-1].get("response_format", {}).get("type", "prompt")
        if asked == way:
            handler.reply(200, completion(answer))
        else:
            status(code, f"response_format: {asked} is not supported")(handler)

    return judge

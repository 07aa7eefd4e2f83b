"""How fast mails leave, and at what cost beside bare smtplib: the same bytes, the same sink, the same run.

    .venv/bin/python -m kizuna.benchmarks.sending     (needs smtp-sink, which comes with Postfix)

The ratio counts: rates change with the machine and what else it does. CPU is this process's, without the sink's.
"""

import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from kizuna.domain.delivery_settings import Smtp
from kizuna.domain.playbook import Channel
from kizuna.tools.smtp import SmtpRelay

MESSAGES = 3000
ROUNDS = 3
_LINE = b"U29tZXRoaW5nIGluIGJhc2U2NCwgYXMgdGhlIGJvZGllcyBvZiBvdXIgbWFpbHMgYXJlLiAg\r\n"


@dataclass(frozen=True)
class Measured:
    """One way's best round."""

    per_second: float
    cpu_us: float


def main() -> None:
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if program is None:
        sys.exit("smtp-sink is not here; on Debian it comes with: apt install postfix")
    for kilobytes in (3, 10, 30):
        message = _message(kilobytes)
        with _sink(program) as port:
            bare, ours = (_best(partial(way, port, message)) for way in (_bare, _ours))
        print(
            f"{kilobytes:3d} KB: smtplib {bare.per_second:6.0f}/s {bare.cpu_us:5.0f} us CPU; "
            f"kizuna {ours.per_second:6.0f}/s {ours.cpu_us:5.0f} us CPU; ratio {ours.cpu_us / bare.cpu_us:.2f} in CPU"
        )


def _message(kilobytes: int) -> bytes:
    head = b"From: a@nagare.example\r\nTo: b@kakuu.example\r\nSubject: benchmark\r\n\r\n"
    return head + _LINE * (kilobytes * 1024 // len(_LINE))


def _best(send_all: Callable[[], None]) -> Measured:
    return min((_measured(send_all) for _ in range(ROUNDS)), key=lambda one: one.cpu_us)


def _measured(send_all: Callable[[], None]) -> Measured:
    wall, cpu = time.perf_counter(), time.process_time()
    send_all()
    return Measured(MESSAGES / (time.perf_counter() - wall), (time.process_time() - cpu) / MESSAGES * 1e6)


def _bare(port: int, message: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for _ in range(MESSAGES):
            connection.sendmail("a@nagare.example", ["b@kakuu.example"], message)


def _ours(port: int, message: bytes) -> None:
    relay = SmtpRelay(Smtp(host="127.0.0.1", port=port, security="none", bounces="b@nagare.example"), secret=b"s" * 32)
    for number in range(MESSAGES):
        relay.send(
            message,
            message_id=f"<{number:040x}@nagare.example>",
            channel=Channel.EMAIL,
            sender="a@nagare.example",
            recipient="b@kakuu.example",
        )
    relay.close()


@contextmanager
def _sink(program: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [program, "-u", "nobody", f"127.0.0.1:{port}", "100"]
    sink = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()

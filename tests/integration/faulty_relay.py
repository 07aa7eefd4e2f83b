"""A mail relay on the loopback that keeps what it takes and fails as it is told to, at any moment of a message."""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

DROP = "drop"  #: hang up instead of answering
ACCEPT_THEN_DROP = "accept then drop"  #: keep the message, then hang up without a word
SILENCE = "silence"  #: keep the message and never answer
Moment = Literal["greeting", "ehlo", "mail", "rcpt", "data", "body", "dot"]
_USUAL = {
    "greeting": "220 faulty.test ESMTP",
    "ehlo": "250 faulty.test",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 queued",
}


@dataclass(frozen=True)
class Kept:
    """A message that the relay took responsibility for."""

    envelope: str
    recipient: str
    message: bytes


@dataclass
class FaultyRelay:
    """Answers `faults` at their moments, `times` times in all (None: always); else as a relay should."""

    faults: dict[Moment, str] = field(default_factory=dict)
    times: int | None = None
    kept: list[Kept] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> "FaultyRelay":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            _hang_up(one)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            self._threads.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
            self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError, _Over), client, client.makefile("rwb") as lines:
            _Talk(self, client, lines).go()

    def answer(self, moment: Moment) -> str:
        if moment in self.faults and self.times != 0:
            if self.times is not None:
                self.times -= 1
            return self.faults[moment]
        return _USUAL.get(moment, "")

    def wait_for_the_end(self) -> None:
        self._over.wait(30)


class _Over(Exception):
    """This connection is done."""


@dataclass
class _Talk:
    relay: FaultyRelay
    client: socket.socket
    lines: object
    envelope: str = ""
    recipient: str = ""

    def go(self) -> None:
        self._say("greeting")
        while line := self.lines.readline():
            command = line.decode("ascii").strip()
            self.relay.commands.append(command)
            self._obey(command.split(" ")[0].split(":")[0].upper(), command)

    def _obey(self, verb: str, command: str) -> None:
        if verb in ("EHLO", "HELO"):
            self._say("ehlo")
        elif verb == "MAIL":
            self.envelope = command.split("<")[1].split(">")[0]
            self._say("mail")
        elif verb == "RCPT":
            self.recipient = command.split("<")[1].split(">")[0]
            self._say("rcpt")
        elif verb == "DATA" and self._say("data"):
            self._take()
        elif verb == "QUIT":
            self._write("221 bye")
            raise _Over
        elif verb == "RSET":
            self._write("250 2.0.0 ok")

    def _take(self) -> None:
        if self.relay.answer("body") == DROP:
            self._reset()
        read = []
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise _Over
            read.append(line[1:] if line.startswith(b"..") else line)
        answer = self.relay.answer("dot")
        if answer.startswith("2") or answer in (ACCEPT_THEN_DROP, SILENCE):
            self.relay.kept.append(Kept(self.envelope, self.recipient, b"".join(read)))
        if answer == SILENCE:
            self.relay.wait_for_the_end()
        if answer in (DROP, ACCEPT_THEN_DROP, SILENCE):
            raise _Over
        self._write(answer)

    def _say(self, moment: Moment) -> bool:
        """Answer; whether it was the usual answer."""
        answer = self.relay.answer(moment)
        if answer == DROP:
            raise _Over
        self._write(answer)
        if answer.startswith("421"):
            raise _Over
        return answer == _USUAL[moment]

    def _write(self, text: str) -> None:
        self.lines.write(text.encode() + b"\r\n")
        self.lines.flush()

    def _reset(self) -> None:
        """Hang up hard: what still arrives is refused by the system."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Over


def _hang_up(client: socket.socket) -> None:
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)

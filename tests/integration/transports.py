"""Ways out that a test can look into, or make fail."""

from collections.abc import Callable

from kizuna.domain.errors import MayHaveLeft
from kizuna.domain.playbook import Channel


class Recorder:
    """Keeps what left. With `knows` it can tell afterwards what left; else it can't, like a mail relay."""

    def __init__(self, *, knows: bool = True, before: Callable[[str], None] | None = None) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self._knows = knows
        self._before = before

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        if self._before is not None:
            self._before(message_id)
        self.sent.append((message_id, message))
        return f"recorded/{len(self.sent)}"

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        if not self._knows:
            raise MayHaveLeft("nobody can tell")
        left = any(sent == message_id for sent, _ in self.sent)
        return f"recorded/{message_id}" if left else None

    @property
    def ids(self) -> list[str]:
        return [message_id for message_id, _ in self.sent]

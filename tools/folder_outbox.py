"""Messages written to a folder (mails as .eml files that any mail program opens): the way out without a server."""

import hashlib
import os
from pathlib import Path

from ..domain.playbook import Channel


class FolderOutbox:
    """Writes each message once, under a name made of its Message-ID; what lies there is proof that it left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: bytes, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str:
        """Put the message in place atomically and return where it lies; the same message twice is one file."""
        return self._put(self._place(message_id, channel, sender, recipient), message)

    def keep_notice(self, message: bytes, *, message_id: str) -> str:
        """Put a mail to our own people in place; it is no customer's."""
        return self._put(self.folder / "notices" / f"{_file_name(message_id)}.eml", message)

    def _put(self, place: Path, message: bytes) -> str:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(f".{os.getpid()}.part")
        with open(draft, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, place)
        _sync_folder(place.parent)
        return str(place.relative_to(self.folder))

    def evidence(self, *, message_id: str, channel: Channel, sender: str, recipient: str | None) -> str | None:
        """Where the message lies if it left; None is certain here: it did not."""
        place = self._place(message_id, channel, sender, recipient)
        return str(place.relative_to(self.folder)) if place.exists() else None

    def _place(self, message_id: str, channel: Channel, sender: str, recipient: str | None) -> Path:
        name = _file_name(message_id)
        if channel is Channel.REP_DRAFT:
            return self.folder / "handed_over" / _folder_name(sender) / f"{name}.eml"
        if channel is Channel.STAFF_TASK:
            return self.folder / "tasks" / _folder_name(sender) / f"{name}.json"
        if channel is Channel.AUDIENCE:
            return self.folder / "audiences" / _folder_name(recipient or "") / f"{name}.json"
        if channel is Channel.LETTER:
            return self.folder / "letters" / f"{name}.html"
        return self.folder / "sent" / f"{name}.eml"


def _file_name(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:24]


def _folder_name(mailbox: str) -> str:
    return "".join(c if c.isalnum() or c in "@._-" else "_" for c in mailbox).strip(".")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

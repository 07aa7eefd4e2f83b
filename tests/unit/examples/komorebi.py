"""The shop as tests take it: written once, copied by those who change it; and what leaves the product, as files."""

import csv
import json
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

TODAY = date(2026, 4, 15)
Rows = list[dict[str, str]]


def rows_of(folder: Path, name: str) -> Rows:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def moment(day: date) -> datetime:
    return datetime.combine(day, time(1, 0), UTC)


def mail(outbox: Path, to: str, action: str, step: str, day: date, *, way: str = "sent") -> Path:
    """A mail, or a draft in somebody's mailbox."""
    message = EmailMessage()
    message["To"] = to
    message["From"] = "木洩れ日 <care@komorebi.example>"
    message["Subject"] = "ご案内"
    message["Date"] = format_datetime(moment(day))
    message["Message-ID"] = f"<{to.replace('@', '.')}.{action}.{step}@komorebi.example>"
    message["Feedback-ID"] = f"spring:{action}:{step}:kizuna"
    message.set_content("いつもありがとうございます。")
    return _put(outbox / way / f"{to}.{action}.{step}.eml", message.as_bytes())


def letter(outbox: Path, person: str, action: str, step: str, day: date) -> Path:
    metas = {"message": f"spring:{action}:{step}", "contact": person, "id": f"&lt;{person}.{action}.{step}&gt;"}
    metas["date"] = moment(day).isoformat()
    head = "\n".join(f'<meta name="kizuna-{name}" content="{value}">' for name, value in metas.items())
    return _put(outbox / "letters" / f"{person}.{action}.html", f"<html><head>{head}</head></html>".encode())


def entry(outbox: Path, folder: str, person: str, action: str, step: str, day: date) -> Path:
    """A task in `tasks/<mailbox>`, or a place in `audiences/<action>`."""
    about = {"id": f"{person}.{action}.{step}", "campaign": "spring", "action": action, "step": step}
    about |= {"unit_id": person, "contact_id": person, "date": moment(day).isoformat(), "text": ""}
    return _put(outbox / folder / f"{person}.{action}.{step}.json", json.dumps(about).encode())


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path

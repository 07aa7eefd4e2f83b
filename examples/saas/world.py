"""The hidden world in fast-forward: customers read the product's mails, and the source files grow by a day."""

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .calendar_days import day_number, to_date
from .day import simulate_day, subscription_lines, usage_lines
from .mailbox import new_mails
from .reactions import Happened
from .state import State, load
from .tables import HEADERS

APPENDED = ("app_events", "mail_events", "orders", "survey_answers", "consents")
"""Files that only grow. Tickets, subscriptions and usage are replaced, because rows in them change."""


class DayOutOfOrder(ValueError):
    """Days are lived one after the other; live the days before this one first."""


@dataclass(frozen=True)
class DaySummary:
    """What the day brought."""

    day: date
    already_lived: bool
    active: int
    cancelled: int = 0
    upgraded: int = 0
    renewed: int = 0
    events: int = 0
    tickets: int = 0
    sent: int = 0
    """Mails that reached customers' providers: the product's, those that reps sent, and the newsletter."""
    handed_over: int = 0
    bounced: int = 0
    opened: int = 0
    clicked: int = 0
    answered: int = 0
    unsubscribed: int = 0
    complained: int = 0


def live_one_day(folder: Path, day: date, outbox: Path) -> DaySummary:
    """Live `day`, once: read the mails let out up to its end, append what the customers did to `folder/data`.

    Mails are `.eml` files under `outbox/sent` and, as drafts in a rep's mailbox, under `outbox/handed_over`.
    A crash in the middle is made good by living the same day again.
    """
    data, world = folder / "data", folder / "world"
    state = load(world / "state.npz")
    if day_number(day) <= state.day:
        return DaySummary(day, already_lived=True, active=int(state.active.sum()))
    if day_number(day) > state.day + 1:
        raise DayOutOfOrder(f"{day} cannot be lived yet: the world stands at {to_date(state.day)}")
    about = json.loads((world / "company.json").read_text(encoding="ascii"))
    sizes, again = _begin(data, world / "journal.json", day)
    mails = new_mails(state, outbox, day_number(day))
    happened = simulate_day(state, mails, seed=about["seed"], effects=not about["no_effect"])
    if day.day == 1:
        state.usage_block = sizes["usage"]
    _write(data, state, happened, again)
    state.save(world / "state.npz")
    (world / "journal.json").unlink()
    return DaySummary(day, already_lived=False, **happened.counts)


def _begin(data: Path, journal: Path, day: date) -> tuple[dict[str, int], bool]:
    """How long the files were when the day began; after a crash, cuts off what the day had written."""
    if journal.exists():
        began = json.loads(journal.read_text(encoding="ascii"))
        if began["day"] == day.isoformat():
            for name in APPENDED:
                _cut(data / f"{name}.csv", began["sizes"][name])
            return began["sizes"], True
    sizes = {name: (data / f"{name}.csv").stat().st_size for name in HEADERS}
    part = journal.with_suffix(".part")
    part.write_text(json.dumps({"day": day.isoformat(), "sizes": sizes}), encoding="ascii")
    part.replace(journal)
    return sizes, False


def _cut(path: Path, size: int) -> None:
    if path.stat().st_size > size:
        os.truncate(path, size)


def _write(data: Path, state: State, happened: Happened, again: bool) -> None:
    for name in APPENDED:
        append_lines(data / f"{name}.csv", happened.lines[name])
    if again or happened.lines["tickets"] or happened.closed:
        _replace_tickets(data / "tickets.csv", happened)
    if again or any(happened.counts[what] for what in ("cancelled", "renewed")) or happened.counts.get("upgraded"):
        _replace(data / "subscriptions.csv", 0, [HEADERS["subscriptions"] + "\n", *subscription_lines(state)])
    _replace(data / "usage.csv", state.usage_block, usage_lines(state))


def append_lines(path: Path, lines: list[str]) -> None:
    """Add rows at the end of a file."""
    if lines:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.writelines(lines)


def _replace(path: Path, keep: int, lines: list[str]) -> None:
    """Keep the first bytes of a file and replace the rest, in one step."""
    part = path.with_suffix(".part")
    with part.open("wb") as new:
        with path.open("rb") as old:
            while keep and (block := old.read(min(keep, 1 << 20))):
                new.write(block)
                keep -= len(block)
        new.write("".join(lines).encode())
    part.replace(path)


def _replace_tickets(path: Path, happened: Happened) -> None:
    """Close tickets and add today's. Rows that today had written before a crash are left out."""
    today = f"T{happened.stamp}-"
    lines: list[str] = []
    with path.open(encoding="utf-8", newline="") as file:
        for line in file:
            ticket = line.split(",", 1)[0]
            if ticket in happened.closed:
                before, _, after = line.partition("Z,")
                closed, _, rest = after.partition(",")
                line = f"{before}Z,{closed or happened.closed[ticket]},{rest}"
            if not ticket.startswith(today):
                lines.append(line)
    _replace(path, 0, [*lines, *happened.lines["tickets"]])

"""The hidden world in fast-forward: customers read the product's mails, and the source files grow by a day."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..kit.calendar_days import day_number, to_date
from ..kit.journal import DayOutOfOrder, append_lines, begin_day, replace_lines
from .day import simulate_day, subscription_lines, usage_lines
from .mailbox import new_mails
from .reactions import Happened
from .state import State, load
from .tables import HEADERS

APPENDED = ("app_events", "mail_events", "orders", "survey_answers", "consents")
"""Files that only grow. Tickets, subscriptions and usage are replaced, because rows in them change."""


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
    begun = begin_day(data, world / "journal.json", day, files=HEADERS, appended=APPENDED)
    mails = new_mails(state, outbox, day_number(day))
    happened = simulate_day(state, mails, seed=about["seed"], effects=not about["no_effect"])
    if day.day == 1:
        state.usage_block = begun.sizes["usage"]
    _write(data, state, happened, begun.again)
    state.save(world / "state.npz")
    (world / "journal.json").unlink()
    return DaySummary(day, already_lived=False, **happened.counts)


def _write(data: Path, state: State, happened: Happened, again: bool) -> None:
    for name in APPENDED:
        append_lines(data / f"{name}.csv", happened.lines[name])
    if again or happened.lines["tickets"] or happened.closed:
        _replace_tickets(data / "tickets.csv", happened)
    if again or any(happened.counts[what] for what in ("cancelled", "renewed")) or happened.counts.get("upgraded"):
        replace_lines(data / "subscriptions.csv", 0, [HEADERS["subscriptions"] + "\n", *subscription_lines(state)])
    replace_lines(data / "usage.csv", state.usage_block, usage_lines(state))


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
    replace_lines(path, 0, [*lines, *happened.lines["tickets"]])

"""What a hidden world knows of every person, as parallel arrays. Companies add what is theirs."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .arrays import NEVER, Bools, Bytes, Floats, Hashes, Ints
from .reactions import Pending

JA, EN = 0, 1


def _no_marks() -> Hashes:
    return np.zeros(0, np.uint64)


def _no_numbers() -> npt.NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(kw_only=True)
class PersonState:
    """Days are days since 1970-01-01. Arrays have one entry per person, those who have not joined yet included."""

    day: int
    """The last day that was lived."""

    joined: Ints
    """The day a person becomes a customer; it may lie ahead."""
    left: Ints
    """The day they left for good, or -1."""
    held: Bools
    """Their days are written by hand until the world begins: chance leaves them alone."""

    language: Bytes
    family: Bytes
    given: Bytes
    ward: Bytes
    house: Ints
    host: Bytes
    source: Bytes
    """How they came, in the order of the company's sources."""
    rep: npt.NDArray[np.int8]
    """Their member of staff, or -1."""
    consents: Bools
    """Per channel in the order of `persons.CHANNELS`, then per person."""
    bad_address: Bools

    reads: Floats
    """How likely they open a mail when fully engaged."""
    reads_letters: Floats
    """How likely they read a letter, however quiet they have gone."""
    responds: Floats
    """How strongly they respond to what works: 1 on average."""
    warmth: Floats
    warmth_mean: Floats
    reason: Bytes
    """What they would answer when asked what is in the way."""
    answer: npt.NDArray[np.int8]
    """What they did answer, or -1."""
    unhappy_until: Ints

    mails: Bytes
    """Mails of each of the last 30 days: row = day % 30."""
    effect_factor: Floats
    """Per row of the company's effects, then per person; so are `effect_from` and `effect_until`."""
    effect_from: Ints
    effect_until: Ints

    ticket_person: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    ticket_opened: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """Seconds since 1970."""
    ticket_closes: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """The day."""
    ticket_text: npt.NDArray[np.int64] = field(default_factory=_no_numbers)
    """Which of the company's ticket texts."""
    seen_ids: Hashes = field(default_factory=_no_marks)
    seen_paths: Hashes = field(default_factory=_no_marks)
    pending: list[Pending] = field(default_factory=list)

    @property
    def persons(self) -> int:
        """How many there are, those who left and those yet to come included."""
        return len(self.joined)

    @property
    def consent(self) -> Bools:
        """Who has consented to mails; a view, so that a withdrawal can be written into it."""
        agreed: Bools = self.consents[0]
        return agreed

    def there(self, day: int) -> Bools:
        """Who is a customer on a day, and lives it by chance."""
        present: Bools = (self.joined <= day) & ((self.left == NEVER) | (self.left > day)) & ~self.held
        return present

    def is_unhappy(self, day: int) -> Bools:
        """Who waits for something to be put right."""
        waiting: Bools = self.unhappy_until > day
        return waiting

"""Drawing fictional people, and the rows that tell who they are and what they consented to."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .arrays import NEVER, WINDOW_DAYS, Columns, Ints, Rows
from .calendar_days import DAY_SECONDS
from .happened import Happened
from .names import FAMILY_EN, FAMILY_JA, GIVEN_EN, GIVEN_JA, MAIL_HOSTS, WARDS
from .person_state import JA, PersonState
from .sql import by_language, day, moment, person, pick

CHANNELS = ("email", "letter", "phone", "audience")
PERSONS = "person_id,full_name,email,phone,postal_address,language,created_on,acquisition_source,rep_id"
CONSENTS = "person_id,channel,purpose,state,recorded_at,evidence"
EVIDENCE = (
    "CASE WHEN state = 1 THEN 'unsubscribe-link v1 2022-04-01' "
    "WHEN recorded >= epoch(DATE '2024-04-01') THEN 'signup-form v3 2024-04-01' "
    "WHEN recorded >= epoch(DATE '2022-04-01') THEN 'signup-form v2 2022-04-01' "
    "ELSE 'signup-form v1 2019-10-01' END"
)


def draw_persons(
    rng: np.random.Generator,
    joined: Ints,
    *,
    japanese: float = 0.88,
    sources: int,
    reps: int = 0,
    consenting: Sequence[float] = (0.90, 0.85, 0.5, 0.75),
    reasons: Sequence[float] = (1.0,),
) -> dict[str, Any]:
    """The columns of `PersonState` that tell who the people are, one for each day in `joined`.

    `consenting` are the shares by channel, `reasons` how often each answer would be given.
    """
    n = len(joined)
    mean = np.where(rng.random(n) < 0.55, rng.normal(0.5, 0.35, n), rng.normal(-0.45, 0.35, n))
    return {
        "joined": joined.astype(np.int32),
        "left": np.full(n, NEVER, np.int32),
        "held": np.zeros(n, np.bool_),
        "language": (rng.random(n) >= japanese).astype(np.uint8),
        "family": rng.integers(0, len(FAMILY_JA), n, np.uint8),
        "given": rng.integers(0, len(GIVEN_JA), n, np.uint8),
        "ward": rng.integers(0, len(WARDS), n, np.uint8),
        "house": rng.integers(111, 1000, n, np.int32),
        "host": rng.integers(0, len(MAIL_HOSTS), n, np.uint8),
        "source": rng.integers(0, sources, n, np.uint8),
        "rep": rng.integers(0, reps, n, np.int8) if reps else np.full(n, -1, np.int8),
        "consents": rng.random((len(CHANNELS), n)) < np.array(consenting)[:, None],
        "bad_address": rng.random(n) < 0.005,
        "reads": np.clip(rng.normal(0.62, 0.15, n), 0.05, 0.95).astype(np.float32),
        "reads_letters": np.clip(rng.normal(0.70, 0.12, n), 0.1, 0.95).astype(np.float32),
        "responds": np.exp(rng.normal(-0.08, 0.4, n)).astype(np.float32),
        "warmth": mean.astype(np.float32),
        "warmth_mean": mean.astype(np.float32),
        "reason": rng.choice(len(reasons), n, p=reasons).astype(np.uint8),
        "answer": np.full(n, -1, np.int8),
        "unhappy_until": np.full(n, NEVER, np.int32),
        "mails": np.zeros((WINDOW_DAYS, n), np.uint8),
    }


def seat(state: PersonState, at: int, **columns: Any) -> None:
    """Make somebody who is needed by name: long-standing, reachable, content; `columns` say the rest."""
    reachable = {
        "bad_address": False,
        "language": JA,
        "reads": 0.9,
        "reads_letters": 0.9,
        "responds": 1.0,
        "held": True,
    }
    state.consents[:, at] = True
    for name, value in {**reachable, "held": True, **columns}.items():
        getattr(state, name)[at] = value


def welcome(state: PersonState, happened: Happened, *, since: int | None = None) -> None:
    """Rows for everybody who joins on the day (or from `since` to the day): who they are, what they agree to."""
    first = happened.day if since is None else since
    rows = np.flatnonzero((state.joined >= first) & (state.joined <= happened.day))
    if not len(rows):
        return
    own = ("language", "family", "given", "ward", "house", "host", "source", "rep", "joined")
    happened.add("persons", person=rows, **{name: getattr(state, name)[rows] for name in own})
    channel, which = np.nonzero(state.consents[:, rows])
    add_consents(happened, rows[which], channel, state=0, recorded=state.joined[rows[which]] * DAY_SECONDS + 7200)
    happened.count("joined", len(rows))


def add_consents(happened: Happened, persons: Rows, channel: Any, *, state: int, recorded: Any) -> None:
    """Consents given with the form (state 0), or withdrawn by the link in a mail (1)."""
    n = len(persons)
    columns: Columns = {"channel": np.broadcast_to(channel, n), "recorded": np.broadcast_to(recorded, n)}
    happened.add("consents", person=persons, state=np.full(n, state), **columns)


def _full_name() -> str:
    family, given = ([kanji for kanji, _ in names] for names in (FAMILY_JA, GIVEN_JA))
    ja = f"{pick(family, 'family')} || ' ' || {pick(given, 'given')}"
    return by_language(ja, f"{pick(GIVEN_EN, 'given')} || ' ' || {pick(FAMILY_EN, 'family')}")


def _email() -> str:
    """`hanako.yamada.310@kazemail.example` for person 310."""
    family, given = ([romaji for _, romaji in names] for names in (FAMILY_JA, GIVEN_JA))
    ja = f"{pick(given, 'given')} || '.' || {pick(family, 'family')}"
    en = f"lower({pick(GIVEN_EN, 'given')} || '.' || {pick(FAMILY_EN, 'family')})"
    return f"{by_language(ja, en)} || '.' || (person + 1) || '@' || {pick(MAIL_HOSTS, 'host')} || '.example'"


def _postal_address() -> str:
    number = "house // 100 || '-' || (house // 10) % 10 || '-' || house % 10"
    ja = f"'〒000-' || printf('%04d', ward::INT * 111) || ' ' || {pick([w[0] for w in WARDS], 'ward')} || {number}"
    en = f"{number} || ' ' || {pick([w[1] for w in WARDS], 'ward')} || ' 000-' || printf('%04d', ward::INT * 111)"
    return by_language(ja, en)


def persons_select(sources: Sequence[str], rep_ids: Sequence[str] = ()) -> str:
    """SQL for the rows of persons.csv. Telephone numbers begin with 000, as none does."""
    rep = f"CASE WHEN rep >= 0 THEN {pick(rep_ids, 'rep')} END" if rep_ids else "NULL"
    phone = "printf('000-%04d-%04d', house * 7, person % 10000)"
    return f"""{person()}, {_full_name()}, {_email()}, {phone}, {_postal_address()},
        {pick(("ja", "en"), "language")}, {day("joined")}, {pick(sources, "source")}, {rep}"""


CONSENTS_SELECT = f"""{person()}, {pick(CHANNELS, "channel")}, 'marketing', {pick(("granted", "withdrawn"), "state")},
    {moment("recorded::BIGINT")}, {EVIDENCE}"""

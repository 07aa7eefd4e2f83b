"""Log-ins of the inbox: begun with a password, ended by leaving, by an hour of silence, or after half a day.

The cookie holds a random token, the store only its hash (OWASP ASVS 5.0, V7): who reads the database can't log in
with it. All times here are real time, not the campaign's.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..agents.workspace import Workspace
from ..domain.brief import Language
from ..store import audit, people, web_sessions
from ..store.tables import WebSessionRow
from .people import Person, as_person, check_password

IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
#: `seen_at` is written at most this often.
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class LogIn:
    """A running log-in: who it is, the token that forms must carry, the language of the pages."""

    person: Person
    csrf: str
    language: Language


def begin(
    workspace: Workspace, login: str, password: str, language: Language | None = None, old_token: str = ""
) -> str:
    """Check the password and begin a new log-in; returns the cookie's token. An older one of this browser ends.

    Pages are in the person's own language, unless another is named. Raises NotAllowed.
    """
    row = check_password(workspace, login, password)
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with workspace.store.write() as session:
        web_sessions.drop_over(session, now, now - IDLE)
        web_sessions.drop(session, _hash(old_token))
        web_sessions.keep(
            session,
            WebSessionRow(
                token_hash=_hash(token),
                login=row.login,
                csrf=secrets.token_urlsafe(24),
                language=language or _known(row.language),
                seen_at=now,
                expires_at=now + LONGEST,
            ),
        )
        audit.record(session, at=workspace.clock.now(), actor=row.login, action="logged_in", subject=row.login)
    return token


def look_up(workspace: Workspace, token: str) -> LogIn | None:
    """The log-in of a cookie's token, with the person's roles as they are now; None when it is over."""
    if not token:
        return None
    now, key = datetime.now(UTC), _hash(token)
    with workspace.store.read() as session:
        row = web_sessions.find(session, key)
        if row is None or row.expires_at <= now or row.seen_at + IDLE <= now:
            return None
        person = people.person(session, row.login)
        if person is None:
            return None
    if row.seen_at + _TOUCH_EVERY <= now:
        with workspace.store.write() as session:
            web_sessions.touch(session, key, now)
    return LogIn(as_person(person), row.csrf, _known(row.language))


def speak(workspace: Workspace, token: str, language: Language) -> None:
    """Switch the language of this log-in's pages."""
    with workspace.store.write() as session:
        web_sessions.speak(session, _hash(token), language)


def end(workspace: Workspace, token: str) -> None:
    """Log out here."""
    with workspace.store.write() as session:
        web_sessions.drop(session, _hash(token))


def end_everywhere(workspace: Workspace, person: Person) -> int:
    """Log out in every browser; how many log-ins there were."""
    with workspace.store.write() as session:
        count = web_sessions.drop_of(session, person.login)
        audit.record(
            session,
            at=workspace.clock.now(),
            actor=person.login,
            action="logged_out_everywhere",
            subject=person.login,
        )
    return count


def _known(language: str) -> Language:
    return "ja" if language == "ja" else "en"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

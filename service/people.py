"""Who a person is: accounts, log-ins, roles. Identity comes from a log-in token, never from a flag."""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from ..agents.workspace import Workspace, write_private
from ..domain.errors import NotAllowed, NotLoggedIn, UserError
from ..domain.playbook import Role
from ..store import audit, people
from ..store.tables import PersonRow

LOGIN_LASTS = timedelta(days=7)
SHORTEST_PASSWORD = 10
_LOGIN = re.compile(r"^[a-z][a-z0-9._-]{1,31}$")
#: Verified where the login is unknown, so that both cases take the same time.
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$pYFQGwvUBCH5MwaQ8ELqTIYvb0j2LcNqaZCEZqEfYoM"


@dataclass(frozen=True)
class Person:
    """Somebody logged in."""

    login: str
    name: str
    roles: frozenset[Role]
    rep_id: str | None

    def must_be(self, *roles: Role) -> None:
        """Raises NotAllowed unless the person has one of the roles."""
        if not self.roles.intersection(roles):
            wanted = " or ".join(role.value for role in roles)
            raise NotAllowed(f"{self.login} may not do this: it takes the role {wanted}")


def add_person(
    workspace: Workspace,
    *,
    by: Person | None,
    login: str,
    name: str,
    email: str,
    password: str,
    roles: list[str],
    language: str,
    rep_id: str | None = None,
) -> None:
    """Add somebody. The first person of a workspace adds themselves as operator; later it takes an operator."""
    if not _LOGIN.match(login):
        raise UserError(f"{login!r} is no login: 2 to 32 of a-z, 0-9, '.', '_', '-', starting with a letter")
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(f"the password needs at least {SHORTEST_PASSWORD} characters")
    known = [role.value for role in Role]
    unknown = [role for role in roles if role not in known]
    if unknown or not roles:
        raise UserError(f"roles are {', '.join(known)}; got {', '.join(unknown) or 'none'}")
    if (Role.SALES_REP.value in roles) != (rep_id is not None):
        raise UserError("a sales rep needs --rep-id (as in reps.csv), and only a sales rep has one")
    row = PersonRow(
        login=login,
        name=name,
        email=email,
        password_hash=PasswordHasher().hash(password),
        roles=sorted(roles),
        language=language,
        rep_id=rep_id,
    )
    with workspace.store.write() as session:
        if people.people(session):
            if by is None:
                raise NotLoggedIn()
            by.must_be(Role.OPERATOR)
        elif Role.OPERATOR.value not in roles:
            raise UserError("the first person must have the role operator: they add the others")
        if people.person(session, login) is not None:
            raise UserError(f"there is a {login!r} already")
        people.add_person(session, row)
        audit.record(
            session,
            at=workspace.clock.now(),
            actor=by.login if by else login,
            action="person_added",
            subject=login,
            details={"roles": sorted(roles)},
        )


def check_password(workspace: Workspace, login: str, password: str) -> PersonRow:
    """The person with this login and password; raises NotAllowed, after the same time whichever is wrong."""
    with workspace.store.read() as session:
        row = people.person(session, login)
    try:
        PasswordHasher().verify(row.password_hash if row else _NOBODYS_HASH, password)
    except VerificationError:
        row = None
    if row is None:
        raise NotAllowed("login or password is wrong")
    return row


def log_in(workspace: Workspace, login: str, password: str) -> Person:
    """Check the password and keep a token in the token file (mode 0600). Lasts 7 days of real time."""
    row = check_password(workspace, login, password)
    token = secrets.token_urlsafe(32)
    with workspace.store.write() as session:
        people.keep_token(session, _hash(token), row.login, datetime.now(UTC) + LOGIN_LASTS)
        audit.record(session, at=workspace.clock.now(), actor=row.login, action="logged_in", subject=row.login)
    write_private(token_file(workspace), token)
    return as_person(row)


def log_out(workspace: Workspace) -> None:
    """Forget the token here and in the store."""
    path = token_file(workspace)
    if path.exists():
        token = path.read_text(encoding="ascii").strip()
        with workspace.store.write() as session:
            people.drop_token(session, _hash(token))
        path.unlink()


def who(workspace: Workspace) -> Person:
    """The person logged in; raises NotLoggedIn."""
    path = token_file(workspace)
    if not path.exists():
        raise NotLoggedIn(_nobody_yet(workspace))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise NotAllowed(f"{path} can be read by others: chmod 600 it, or log in again")
    token = path.read_text(encoding="ascii").strip()
    with workspace.store.read() as session:
        row = people.person_of_token(session, _hash(token), datetime.now(UTC))
    if row is None:
        raise NotLoggedIn("the log-in is over. Log in again: kizuna login NAME")
    return as_person(row)


def _nobody_yet(workspace: Workspace) -> str | None:
    """What to do first in a workspace that knows nobody."""
    with workspace.store.read() as session:
        if people.people(session):
            return None
    return (
        "nobody can log in yet. Add yourself first: "
        "kizuna add-person NAME --name '…' --email … --role operator --role marketer"
    )


def token_file(workspace: Workspace) -> Path:
    """$KIZUNA_TOKEN_FILE, or one per workspace in the user's own configuration folder."""
    named = os.environ.get("KIZUNA_TOKEN_FILE")
    if named:
        return Path(named)
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kizuna"
    place = hashlib.sha256(str(workspace.folder.resolve()).encode()).hexdigest()[:16]
    return base / f"{place}.token"


def as_person(row: PersonRow) -> Person:
    """Somebody as their log-in makes them known."""
    return Person(row.login, row.name, frozenset(Role(role) for role in row.roles), row.rep_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

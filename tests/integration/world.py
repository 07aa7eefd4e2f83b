"""A small fictional company with its people, on a clock that moves when told to, as far along as a test needs it."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from argon2 import PasswordHasher
from kizuna.agents.facts import unsubscribe_base
from kizuna.agents.workspace import Workspace, open_workspace
from kizuna.delivery.worker import Transport, Worker
from kizuna.domain.clock import FixedClock
from kizuna.domain.draft import Draft
from kizuna.domain.playbook import Role
from kizuna.domain.review import Answer
from kizuna.examples.saas.generator import write_company
from kizuna.service import reviewing, running
from kizuna.service.people import Person
from kizuna.store import reviews
from kizuna.store.tables import DeliveryRow, DraftRow, PersonRow, ReviewRow
from sqlmodel import Session, SQLModel, col, select

TODAY = date(2026, 4, 1)
#: Wednesday, 10:00 in Tokyo.
MORNING = datetime(2026, 4, 1, 1, tzinfo=UTC)
CAMPAIGN = "nagare-save"
PASSWORD = "correct horse battery"
#: login -> roles, rep id. Every second rep is a supervisor too; kato is a supervisor whom the brief does not name.
CAST: dict[str, tuple[tuple[str, ...], str | None]] = {
    "mori": (("operator", "marketer"), None),
    "ueda": (("marketer", "supervisor"), None),
    "sato": (("supervisor",), None),
    "suzuki": (("supervisor",), None),
    "kato": (("supervisor",), None),
    "ono": (("operator",), None),
    **{f"r0{n}": (("sales_rep", "supervisor"), f"R0{n}") for n in (1, 3, 5)},
    **{f"r0{n}": (("sales_rep",), f"R0{n}") for n in (2, 4, 6)},
}
#: What the tests' brief says other than the packaged one.
CHANGES: dict[str, Any] = {
    "goal": {"horizon": "60d"},
    "reviewers": {"supervisors": ["sato", "ueda", "r01", "r03", "r05"], "deputies": {"sato": "suzuki"}},
}
#: The actions of the brief that cost somebody's time each: chance neither gives nor takes them.
BY_HAND = {"upsell_draft", "apology_care"}
Row = SQLModel


@cache
def password_hash() -> str:
    """One hash for everybody: argon2 is slow by design."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, folder by folder."""
    result = dict(base)
    for key, value in changes.items():
        mine = result.get(key)
        is_deep = isinstance(value, Mapping) and isinstance(mine, Mapping)
        result[key] = merged(mine, value) if is_deep and isinstance(mine, Mapping) else value
    return result


def write_brief(folder: Path, changes: Mapping[str, Any], name: str = "brief.yaml") -> Path:
    """The packaged example's brief with the tests' changes, and these."""
    packaged = yaml.safe_load(files("kizuna.examples.saas").joinpath("brief.yaml").read_text(encoding="utf-8"))
    brief = merged(merged(packaged, CHANGES), changes)
    path = folder / name
    path.write_text(yaml.safe_dump(brief, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def own_action(folder: Path, action: str, changes: Mapping[str, Any]) -> None:
    """A packaged action with changes, as a user's own; None takes a key away."""
    text = files("kizuna.playbooks").joinpath(f"{action}.yaml").read_text(encoding="utf-8")
    content = {**yaml.safe_load(text), **changes}
    folder.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in content.items() if value is not None}
    (folder / f"{action}.yaml").write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")


def make_company(folder: Path, *, units: int = 160, seed: int = 3, changes: Mapping[str, Any] | None = None) -> None:
    """Data, brief, secret and people; no campaign yet."""
    folder.mkdir(parents=True, exist_ok=True)
    write_company(folder, units=units, seed=seed, today=TODAY)
    write_brief(folder, changes or {})
    with World(folder) as world:
        assert world.workspace.secret
        with world.workspace.store.write() as session:
            session.add_all([_person_row(login) for login in CAST])


def _person_row(login: str) -> PersonRow:
    roles, rep = CAST[login]
    return PersonRow(
        login=login,
        name=login.title(),
        email=f"{login}@nagare.example",
        password_hash=password_hash(),
        roles=sorted(roles),
        language="ja",
        rep_id=rep,
    )


def person(login: str) -> Person:
    """Somebody as their log-in makes them known."""
    roles, rep = CAST[login]
    return Person(login, login.title(), frozenset(Role(role) for role in roles), rep)


@dataclass
class World:
    """One company's folder, opened. Close it, or use it in `with`."""

    folder: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(MORNING))

    def __post_init__(self) -> None:
        self.workspace: Workspace = open_workspace(self.folder / "brief.yaml", clock=self.clock)

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.workspace.store.close()

    def reopen(self) -> None:
        """As another process would find it."""
        self.close()
        self.workspace = open_workspace(self.folder / "brief.yaml", clock=self.clock)

    # what people and time do

    def start(self, by: str = "mori") -> None:
        running.start(self.workspace, person(by))

    def tick(self) -> running.Status:
        return running.tick(self.workspace)

    def release(self) -> None:
        """What a tick does, but for the deliveries: they stay queued."""
        with patch.object(running, "_deliver", return_value=False):
            self.tick()

    def live(self, **span: float) -> None:
        """Let business time pass."""
        self.clock.moment += timedelta(**span)

    def open(self, kind: str = "") -> list[ReviewRow]:
        """The reviews that wait for somebody."""
        return [row for row in reviewing.waiting(self.workspace) if kind in ("", row.kind)]

    def decide(self, review: str, by: str, **answer: Any) -> ReviewRow:
        return reviewing.decide(self.workspace, review, person(by), Answer(**{"type": "approve", **answer}))

    def approve_all(self, kind: str = "") -> None:
        """Reps approve their own drafts, the supervisor the rest."""
        for row in self.open(kind):
            self.decide(row.id, row.assignee or "sato")

    def edit(self, draft: str, by: str, **words: Any) -> reviewing.Edited:
        return reviewing.edit(self.workspace, draft, person(by), **{"subject": None, "text": None, **words})

    def change_brief(self, changes: Mapping[str, Any], by: str = "mori") -> None:
        """The marketer changes the brief of the running campaign."""
        write_brief(self.folder, changes)
        self.start(by)
        self.reopen()

    # what is stored

    def worker(self, transport: Transport | None = None) -> Worker:
        workspace = self.workspace
        terms = workspace.terms(1)
        way_out = transport or workspace.transport
        return Worker(workspace.store, way_out, self.clock, terms, unsubscribe_base(workspace.brief))

    def rows(self, table: type[Any], **wanted: Any) -> list[Any]:
        """All rows of a table that have these values."""
        query = select(table).filter_by(**wanted)
        with self.workspace.store.read() as session:
            return sorted(session.exec(query), key=lambda row: str(_key(row)))

    def one(self, table: type[Any], key: Any) -> Any:
        with self.workspace.store.read() as session:
            return session.get(table, key)

    def write(self, do: Callable[[Session], object]) -> None:
        """Change the store past all services: what a fault, or somebody with the database in hand, could do."""
        with self.workspace.store.write() as session:
            do(session)

    def change(self, table: type[Any], key: Any, **values: Any) -> None:
        def change(session: Session) -> None:
            row = session.get(table, key)
            assert row is not None, f"no {table.__name__} {key!r}"
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

        self.write(change)

    def change_draft(self, key: str, **values: Any) -> None:
        """Change what is stored of a draft, and nothing that was computed from it."""
        stored: DraftRow = self.one(DraftRow, key)
        body = reviews.as_draft(stored).model_copy(update=values)
        self.change(DraftRow, key, body=body.model_dump(mode="json"))

    def draft(self, key: str) -> Draft:
        return reviews.as_draft(self.one(DraftRow, key))

    def deliveries(self) -> dict[str, DeliveryRow]:
        return {row.key: row for row in self.rows(DeliveryRow)}

    def states(self) -> dict[str, str]:
        """Delivery key -> state."""
        return {key: row.state for key, row in self.deliveries().items()}

    def mails(self) -> list[str]:
        """The files that left, by path."""
        outbox = self.folder / "outbox"
        return sorted(str(path.relative_to(outbox)) for path in outbox.rglob("*.eml"))

    def only(self, keys: Iterable[str]) -> None:
        """Cancel all queued deliveries but these, so that a test is about few."""
        queued = select(DeliveryRow).where(DeliveryRow.state == "queued", col(DeliveryRow.key).not_in(list(keys)))

        def cancel(session: Session) -> None:
            for row in session.exec(queued).all():
                session.delete(row)

        self.write(cancel)


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in row.__table__.primary_key.columns)


@dataclass
class Stages:
    """One company, prepared once as far as each stage; tests copy what they need."""

    folder: Path
    build: Callable[[Path], None] = make_company

    def at(self, stage: str) -> Path:
        """The folder of a stage; made when first asked for."""
        path = self.folder / stage
        if not path.exists():
            names = list(_NEXT)
            part = self.folder / f"{stage}.part"
            shutil.rmtree(part, ignore_errors=True)
            if stage == names[0]:
                self.build(part)
            else:
                shutil.copytree(self.at(names[names.index(stage) - 1]), part)
            with World(part) as world:
                _NEXT[stage](world)
            part.rename(path)
        return path

    def copy(self, stage: str, to: Path) -> World:
        return World(Path(shutil.copytree(self.at(stage), to)))


def _plan(world: World) -> None:
    world.start()
    world.tick()


def _write(world: World) -> None:
    world.approve_all("plan")
    world.tick()


def _queue(world: World) -> None:
    world.approve_all()
    world.release()


#: Stage -> what leads to it from the one before.
_NEXT: dict[str, Callable[[World], None]] = {
    "founded": lambda world: None,
    "planned": _plan,  # the plan waits for a supervisor
    "written": _write,  # the content waits for its reviewers
    "queued": _queue,  # all is approved, nothing has left yet
}

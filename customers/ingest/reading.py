"""One ingest: read what is new in the feeds, check it, and write it in parts. The caller keeps the manifest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from ...domain.errors import Fault, FaultyFile
from ...domain.refusals import RowFault
from ...domain.sources import Feed
from ..contract.limit import STRANGERS, check_limit
from ..contract.load import Loaded, load
from ..contract.missing import check_files
from ..contract.model import Model, Source, UnitKind, contract
from ..erased import Door, KeepOut
from ..opening import connect
from ..sources.batch import Batch, batches, feeds_of
from .adding import add, keep_aside, replace_all, set_orphans_aside
from .compacting import compact
from .manifest import Entity, Manifest
from .shelf import Shelf, definition_of
from .touching import Touch
from .waiting import naive, note_since, overdue, waiting_batches


@dataclass(frozen=True)
class Terms:
    """What an ingest must know of the brief and of the store."""

    folder: Path  #: of the company's files
    parts: Path  #: where the parts are written
    unit: UnitKind = "account"
    model: Model = "subscription"
    feeds: Mapping[str, Sequence[Feed]] = field(default_factory=dict)
    faulty_rows_allowed: float = 0.0
    keep_out: KeepOut | None = None
    erasures: int = 0  #: how many hashes `keep_out` knows
    now: datetime | None = None  #: None: nobody can tell how long rows have waited for what they name


@dataclass(frozen=True)
class News:
    """What an ingest found in the feeds of one entity."""

    read: int
    new: int
    changed: int
    repeated: int
    removed: int
    set_aside: int  #: rows that break a rule
    waiting: int  #: rows that name something not known yet
    overdue: int  #: rows of the entity that have waited for it too long, these and earlier ones
    let_in: int  #: rows set aside earlier that are good now
    faults: Sequence[RowFault]


@dataclass(frozen=True)
class Ingest:
    """The manifest to keep, and what is new in it. The number is the old one where nothing is new."""

    manifest: Manifest
    news: Mapping[str, News]
    touched: Sequence[str] | None  #: units that the new rows concern; None: all
    met_anew: frozenset[tuple[str, str]]  #: (kind, id) of erased people who came under new ids


def ingest(terms: Terms, previous: Manifest) -> Ingest:
    """Read what is new since the previous manifest.

    Raises FaultyFile or ContractBroken where the feeds can't be read as they are; then the previous manifest stands.
    """
    sources = contract(terms.unit)
    check_files(terms.folder, sources, terms.feeds, unit=terms.unit, model=terms.model)
    connection = connect()
    try:
        shelf = Shelf(connection, terms.parts, {source.name: source for source in sources}, {})
        door = Door(terms.keep_out) if terms.keep_out is not None else None
        touch = Touch(shelf, is_first=not previous.entities, unit=terms.unit)
        news: dict[str, News] = {}
        faults: list[Fault] = []
        for source in sources:
            entity = previous.entities.get(source.name, Entity())
            definition = definition_of(source, feeds_of(source, terms.feeds))
            shelf.entities[source.name] = entity if entity.definition == definition else Entity(definition=definition)
            try:
                found = _Entity(shelf, source, terms, door).read()
            except FaultyFile as error:
                faults += error.faults
                continue
            if found is not None:
                news[source.name] = found
                touch.note(source, found.new + found.changed + found.removed)
        if faults:
            raise FaultyFile(faults)
        changed = {name for name, entity in shelf.entities.items() if entity != previous.entities.get(name)}
        if not changed and previous.erasures == terms.erasures:
            return Ingest(previous, news, [], frozenset())
        for name in changed:
            compact(shelf, shelf.sources[name])
        number = previous.number + 1
        touched = touch.written(previous.touched, number)
        manifest = Manifest(number, dict(shelf.entities), touched, terms.erasures)
        return Ingest(manifest, news, touch.units(), frozenset(door.met_anew() if door is not None else ()))
    finally:
        connection.close()


def has_news(terms: Terms, previous: Manifest) -> bool:
    """Whether any feed holds something that is not published, told without reading more than has to be."""
    sources = contract(terms.unit)
    check_files(terms.folder, sources, terms.feeds, unit=terms.unit, model=terms.model)
    connection = connect()
    try:
        for source in sources:
            feeds, entity = feeds_of(source, terms.feeds), previous.entities.get(source.name, Entity())
            if entity.definition != definition_of(source, feeds) or has_lost_a_file(source, entity, terms.folder):
                return True
            fresh = batches(connection, source, feeds, terms.folder, entity.marks)
            found = next(fresh, None)
            fresh.close()  # type: ignore[attr-defined]  # it is a generator
            if found is not None:
                return True
        return False
    finally:
        connection.close()


def has_lost_a_file(source: Source, entity: Entity, folder: Path) -> bool:
    """Whether a file is gone that the state was read from; of events, what was read stays."""
    return source.keeps == "state" and any(not (folder / origin).is_file() for origin in entity.files)


@dataclass
class _Entity:
    """The reading of one entity."""

    shelf: Shelf
    source: Source
    terms: Terms
    door: Door | None

    def read(self) -> News | None:
        """None where nothing is new."""
        shelf, source = self.shelf, self.source
        parents = {column.references.partition(".")[0] for column in source.columns if column.references}
        entity = shelf.entities[source.name]
        retry = bool(entity.waiting and parents & shelf.gained)
        orphaned = bool(parents & shelf.lost)
        found = self._batches(entity, again=retry or orphaned)
        first = next(found, None)
        is_state = source.keeps == "state"
        if first is None and not has_lost_a_file(source, entity, self.terms.folder) and not (retry or orphaned):
            return None
        for parent in parents | ({"contacts"} & shelf.entities.keys()):
            shelf.show(parent)
            if self.door is not None and parent in ("accounts", "contacts", "persons"):
                self.door.homes.add(parent)
        let_in = 0
        if retry and not is_state:
            let_in = load(shelf.connection, source, waiting_batches(shelf, source), self.door).kept
        rest = [] if first is None else [first]
        loaded = load(shelf.connection, source, chain(rest, found), self.door)
        now = naive(self.terms.now) if self.terms.now is not None else None
        note_since(shelf, source, entity.aside, now)
        late = overdue(shelf, source, entity.aside, loaded.whole_origins, now, retried=retry)
        self._check(loaded, entity, late, parents)
        return self._publish(loaded, entity, let_in, late, now, retried=retry)

    def _batches(self, entity: Entity, *, again: bool) -> Iterator[Batch]:
        """What is new; of a state all rows, where any of them may have changed."""
        feeds = feeds_of(self.source, self.terms.feeds)
        run = self.shelf.connection, self.source, feeds, self.terms.folder
        if self.source.keeps == "events":
            yield from batches(*run, entity.marks)
            return
        fresh = batches(*run, entity.marks)
        first = next(fresh, None)
        if first is None and not again and not has_lost_a_file(self.source, entity, self.terms.folder):
            return
        if first is not None and not first.is_whole and first.text is None and len(feeds) == 1 and not again:
            yield first  # rows of a table above its watermark
            yield from fresh
            return
        fresh.close()  # type: ignore[attr-defined]  # it is a generator
        yield from batches(*run, {})

    def _check(self, loaded: Loaded, entity: Entity, late: int, parents: set[str]) -> None:
        """Raises TooManyFaulty. Rows that wait count as faulty once they are `late`, of all rows that there are; and on
        a first reading where not one names anything known: those are ids of another system, and nothing to wait for."""
        file = loaded.origins[0] if len(loaded.origins) == 1 else self.source.name
        known = 0 if loaded.is_whole else entity.rows + entity.set_aside
        allowed = self.terms.faulty_rows_allowed
        faulty = [fault for fault in loaded.faults if not fault.waits]
        check_limit(file, faulty=loaded.faulty, rows=loaded.read, known=known, allowed=allowed, faults=faulty)
        waiting = [fault for fault in loaded.faults if fault.waits]
        total = max(loaded.read + known, late)
        check_limit(file, faulty=late, rows=total, known=0, allowed=allowed, faults=waiting, kind="overdue")
        is_first = not entity.rows and not loaded.kept and loaded.waiting >= STRANGERS
        if is_first and all(self.shelf.entities[parent].rows for parent in parents):
            count, read = loaded.waiting, loaded.read
            check_limit(file, faulty=count, rows=read, known=0, allowed=allowed, faults=waiting, kind="strangers")

    def _publish(
        self, loaded: Loaded, entity: Entity, let_in: int, late: int, now: datetime | None, *, retried: bool
    ) -> News:
        shelf, source = self.shelf, self.source
        if source.keeps == "state" and loaded.is_whole:
            shelf.put(source.name, replace(entity, marks={}, files=()))
            added = replace_all(shelf, source)
            aside = None
        else:
            added = add(shelf, source)
            aside = entity.aside
        orphans = set_orphans_aside(shelf, source, now) if source.keeps == "events" else 0
        keep_aside(shelf, source, aside, loaded.whole_origins, retried=retried)
        kept = shelf.entities[source.name]
        files = {*kept.files, *(origin for origin in loaded.origins if (self.terms.folder / origin).is_file())}
        shelf.put(source.name, replace(kept, marks={**kept.marks, **loaded.marks}, files=tuple(sorted(files))))
        return News(
            read=loaded.read,
            new=added.new,
            changed=added.changed,
            repeated=added.repeated + loaded.repeated,
            removed=added.removed + orphans,
            set_aside=loaded.faulty,
            waiting=loaded.waiting,
            overdue=late,
            let_in=let_in,
            faults=loaded.faults,
        )

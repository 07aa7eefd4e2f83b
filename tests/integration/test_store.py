"""The store: schema by migrations, durable commits, an audit trail that can't be changed unseen."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from kizuna.store import audit
from kizuna.store.database import Store, open_store, sqlite_url
from kizuna.store.migrations import run
from kizuna.store.tables import AuditRow, CycleRow
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel

from .postgres import drop_database, new_database
from .world import World, write_brief

Company = Callable[..., World]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, upgraded, on either database."""
    if request.param == "sqlite":
        opened = open_store(sqlite_url(tmp_path / "store.db"))
        yield opened
        opened.close()
        return
    server: str = request.getfixturevalue("postgres")
    url = new_database(server)
    opened = open_store(url)
    yield opened
    opened.close()
    drop_database(server, url)


def test_migrations_lead_to_the_tables_as_declared(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert context.get_current_revision() == run.HEAD


def test_head_is_the_newest_file() -> None:
    versions = Path(run.__file__).parent / "versions"
    newest = max(path.name for path in versions.glob("0*.py"))
    assert newest.startswith(f"{run.HEAD}_")


def test_upgrading_again_changes_nothing(store: Store) -> None:
    record(store, "first")
    store.upgrade()
    with store.read() as session:
        assert audit.broken_at(session) is None
        assert session.get(AuditRow, 1) is not None


def test_a_store_of_the_version_before_is_brought_up_when_it_is_opened(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent))
    with store.engine.connect() as bare, bare.execution_options(kizuna_write=True).begin():
        config.attributes["connection"] = bare
        command.downgrade(config, "-1")
        assert bare.execute(text("SELECT version_num FROM alembic_version")).scalar() != run.HEAD
    store.upgrade()
    test_migrations_lead_to_the_tables_as_declared(store)


def test_threads_may_open_new_stores_at_once(tmp_path: Path) -> None:
    def opened(number: int) -> bool:
        store = open_store(sqlite_url(tmp_path / f"{number}.db"))
        with store.read() as session:
            empty = session.get(AuditRow, 1) is None
        store.close()
        return empty

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(opened, range(8)))


def test_sqlite_commits_are_durable(company: Company) -> None:
    """kill -9 can't tell FULL from NORMAL: only the pragmas can be shown."""
    world = company("founded")
    with world.workspace.store.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }


def record(store: Store, *subjects: str) -> None:
    with store.write() as session:
        for subject in subjects:
            audit.record(session, at=datetime(2026, 4, 1, tzinfo=UTC), actor="sato", action="tried", subject=subject)


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'mori' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"])
def test_audit_rows_refuse_changes(store: Store, change: str) -> None:
    record(store, "a", "b", "c")
    with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(change))
    with store.read() as session:
        assert audit.broken_at(session) is None


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("UPDATE audit SET actor = 'mori' WHERE seq = 2", 2),
        ("UPDATE audit SET details = '{\"changed\": 1}' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET previous = hash WHERE seq = 1", 1),
    ],
)
def test_broken_chain_is_found(store: Store, change: str, at: int) -> None:
    """Somebody with the database in hand takes the triggers away first."""
    record(store, "a", "b", "c")
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            for event in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_append_only_{event}"))
        connection.execute(text(change))
    with store.read() as session:
        assert audit.broken_at(session) == at


def test_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as session:
        audit.record(session, at=datetime(2026, 4, 1, tzinfo=UTC), actor="sato", action="tried", subject="a")
        raise RuntimeError("no")
    with store.read() as session:
        assert session.get(AuditRow, 1) is None


def test_plan_for_nobody_is_kept_on_either_database(company_anywhere: Company) -> None:
    """Figures without an audience are infinite or unknown, and JSON knows neither."""
    world = company_anywhere("founded")
    write_brief(world.folder, {"segment": "is_active and churn_risk >= 0.9999"})
    world.reopen()
    world.start()
    world.tick()
    plan = world.open("plan")[0]
    assert (plan.summary["audience"], plan.summary["contacts"]) == (0, 0)
    json.dumps([plan.summary, world.rows(CycleRow)[0].feasibility], allow_nan=False)
    world.approve_all()
    world.tick()
    assert not world.open() and not world.deliveries()


@pytest.mark.slow
def test_whole_campaign_runs_on_either_database(company_anywhere: Company) -> None:
    """From the first tick to the second plan, checkpoints included."""
    world = company_anywhere("founded")
    world.start()
    world.tick()
    world.approve_all("plan")
    world.tick()
    world.approve_all()
    world.tick()
    assert set(world.states().values()) == {"sent", "handed_over"}
    assert len(world.mails()) == len(world.states()) > 20
    world.live(days=30, hours=1)
    world.tick()
    assert [row.cycle for row in world.open("plan")] == [2]
    with world.workspace.store.read() as session:
        assert audit.broken_at(session) is None

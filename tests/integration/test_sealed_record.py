"""The record before and after it was sealed: old rows are taken over, and the chain proves itself."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from kizuna.store import audit
from kizuna.store.database import Store, sqlite_url
from kizuna.store.migrations import run
from kizuna.store.tables import AuditRow
from sqlalchemy import text
from sqlmodel import Session, col, select


def migrate(store: Store, revision: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent))
    with store.engine.connect() as bare:
        connection = bare.execution_options(kizuna_write=True)
        with connection.begin():
            config.attributes["connection"] = connection
            (command.downgrade if down else command.upgrade)(config, revision)


def old_chain(store: Store, subjects: list[str]) -> None:
    """Rows as the version before wrote them."""
    at, previous = datetime(2026, 4, 1, tzinfo=UTC), "0" * 64
    with store.engine.begin() as connection:
        for seq, subject in enumerate(subjects, 1):
            parts = [previous, seq, at.isoformat(), "sato", "tried", subject, {"n": seq}]
            new = hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
            connection.execute(
                text("INSERT INTO audit VALUES (:seq, :at, 'sato', 'tried', :subject, :details, :previous, :hash)"),
                {
                    "seq": seq,
                    "at": at.strftime("%Y-%m-%d %H:%M:%S.%f"),
                    "subject": subject,
                    "details": json.dumps({"n": seq}),
                    "previous": previous,
                    "hash": new,
                },
            )
            previous = new


def test_old_rows_are_sealed_and_can_be_forgotten(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path / "old.db"))
    migrate(store, "0002")
    old_chain(store, ["a/1/U7/survey", "b", "平成"])
    store.upgrade()
    with store.write() as session:
        assert audit.broken_at(session) is None
        names = {"a/1/U7/survey": "a/1/erased-1/survey"}
        assert audit.forget(session, names, at=datetime(2026, 4, 2, tzinfo=UTC), actor="mori") == 1
    with store.read() as session:
        assert audit.broken_at(session) is None
        assert [row.subject for row in rows(session)] == ["a/1/erased-1/survey", "b", "平成", "person"]
    store.close()


def test_the_way_back_keeps_a_chain_that_the_version_before_understands(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path / "new.db"))
    store.upgrade()
    with store.write() as session:
        audit.record(session, at=datetime(2026, 4, 1, tzinfo=UTC), actor="sato", action="tried", subject="a")
    migrate(store, "0002", down=True)
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT seq, actor, action, subject, details, previous, hash FROM audit")).one()
    parts = [row.previous, row.seq, "2026-04-01T00:00:00+00:00", row.actor, row.action, row.subject, {}]
    assert row.hash == hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    store.close()


def rows(session: Session) -> list[AuditRow]:
    return list(session.exec(select(AuditRow).order_by(col(AuditRow.seq))))

"""The record is sealed: an erased person's ids can leave it, and the chain still proves itself"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: An erasure may change subject and details of a row, and takes the salt away; the rest stays as it was written.
_KEPT = ("seq", "at", "actor", "action", "seal", "previous", "hash")
_REFUSED = "the audit trail is append-only"


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    _drop_triggers(["audit_append_only"] if is_postgres else ["audit_append_only_update", "audit_append_only_delete"])
    op.add_column("audit", sa.Column("salt", sa.String(), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("seal", sa.String(), nullable=False, server_default=""))
    _chain_again(sealed=True)
    unlike = "IS DISTINCT FROM" if is_postgres else "IS NOT"
    differs = " OR ".join(f'NEW."{name}" {unlike} OLD."{name}"' for name in _KEPT)
    refuse = "EXECUTE FUNCTION kizuna_refuse()" if is_postgres else f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    for event, when in (("UPDATE", f"WHEN (NEW.salt <> '' OR {differs}) "), ("DELETE", "")):
        name = f"audit_append_only_{event.lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON audit FOR EACH ROW {when}{refuse}")


def downgrade() -> None:
    """What was erased from the record stays erased: the chain is made anew over what stands there."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    _drop_triggers(["audit_append_only_update", "audit_append_only_delete"])
    _chain_again(sealed=False)
    op.drop_column("audit", "seal")
    op.drop_column("audit", "salt")
    if is_postgres:
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION kizuna_refuse()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_append_only_{event.lower()} BEFORE {event} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )


def _drop_triggers(names: list[str]) -> None:
    on = " ON audit" if op.get_bind().dialect.name == "postgresql" else ""
    for name in names:
        op.execute(f"DROP TRIGGER {name}{on}")


def _chain_again(*, sealed: bool) -> None:
    """Every row in turn: with a seal of its own, or as it was before there were seals."""
    columns = [sa.column("at", sa.DateTime(timezone=True)), sa.column("details", sa.JSON())]
    names = ("seq", "actor", "action", "subject", "salt", "seal", "previous", "hash")
    audit = sa.table("audit", *columns, *(sa.column(name) for name in names))
    previous = "0" * 64
    for row in op.get_bind().execute(sa.select(audit).order_by(audit.c.seq)).mappings().all():
        at = row["at"].replace(tzinfo=UTC) if row["at"].tzinfo is None else row["at"].astimezone(UTC)
        salt = secrets.token_hex(16) if sealed else ""
        seal = _sha256([salt, row["subject"], row["details"]]) if sealed else ""
        told = [seal] if sealed else [row["subject"], row["details"]]
        new = _sha256([previous, row["seq"], at.isoformat(), row["actor"], row["action"], *told])
        values = {"salt": salt, "seal": seal, "previous": previous, "hash": new}
        op.execute(audit.update().where(audit.c.seq == row["seq"]).values(values))
        previous = new


def _sha256(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

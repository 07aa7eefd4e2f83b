"""Who is who: merges, and records that are kept apart"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


_INDEXED = (
    ("identity_link", "customer_id"),
    ("identity_link", "flag"),
    ("identity_apart", "other"),
    ("identity_joined", "other"),
    ("identity_conflict", "alias"),
)


def upgrade() -> None:
    op.create_table(
        "identity_link",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("shared", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("flag", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_identity_link")),
    )
    for table, more in (("identity_apart", []), ("identity_joined", [sa.Column("reason", sa.Text(), nullable=False)])):
        op.create_table(
            table,
            sa.Column("one", sa.String(), nullable=False),
            sa.Column("other", sa.String(), nullable=False),
            sa.Column("by", sa.String(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            *more,
            sa.PrimaryKeyConstraint("one", "other", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "identity_conflict",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("alias_group", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "unit_id", "alias", name=op.f("pk_identity_conflict")),
    )
    for table, column in _INDEXED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table, column in _INDEXED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    for table in ("identity_conflict", "identity_joined", "identity_apart", "identity_link"):
        op.drop_table(table)

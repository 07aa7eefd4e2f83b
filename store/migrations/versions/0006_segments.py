"""Segments that people move between, and how they moved"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "signal",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "unit_id", "signal", "raised_on", name=op.f("pk_signal")),
    )
    op.create_table(
        "movement",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("came_from", sa.String(), nullable=True),
        sa.Column("went_to", sa.String(), nullable=True),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "as_of", "family", "unit_id", name=op.f("pk_movement")),
    )
    op.create_table(
        "segmentation",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("flows", sa.JSON(), nullable=False),
        sa.Column("proposals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "as_of", name=op.f("pk_segmentation")),
    )
    for table in ("signal", "movement"):
        op.create_index(op.f(f"ix_{table}_unit_id"), table, ["unit_id"], unique=False)


def downgrade() -> None:
    for table in ("signal", "movement"):
        op.drop_index(op.f(f"ix_{table}_unit_id"), table_name=table)
    for table in ("segmentation", "movement", "signal"):
        op.drop_table(table)

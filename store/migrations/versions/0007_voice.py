"""What customers said, as typed fields"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "voice",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("mood", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("asks_to_stop", sa.Boolean(), nullable=False),
        sa.Column("read_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "row_id", name=op.f("pk_voice")),
    )
    op.create_index(op.f("ix_voice_unit_id"), "voice", ["unit_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_voice_unit_id"), table_name="voice")
    op.drop_table("voice")

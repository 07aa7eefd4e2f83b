"""What a plan was made from, what was chosen before somebody took it out, and variants' standing"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("plan", sa.Column("made_from", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("decision", sa.Column("planned_action", sa.String(), nullable=True))
    op.add_column("decision", sa.Column("variant", sa.String(), nullable=True))
    op.add_column("decision", sa.Column("variant_probability", sa.Float(), nullable=True))
    op.create_table(
        "variant",
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "cycle", "action", "language", "variant", name=op.f("pk_variant")),
    )


def downgrade() -> None:
    op.drop_table("variant")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("variant_probability")
        batch_op.drop_column("variant")
        batch_op.drop_column("planned_action")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_column("made_from")

"""What to look at next: each meme that was chosen, with its reason, and its turn in the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meme") as meme:
        meme.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default=str(2**31 - 1)))
        meme.create_index("ix_meme_turn", ["split", "status", "turn", "id"])
    op.create_table(
        "pick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meme_id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meme_id"], ["meme.id"], name="fk_pick_meme_id"),
        sa.ForeignKeyConstraint(["version_id"], ["head_version.id"], name="fk_pick_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pick"),
    )
    for column in ("meme_id", "batch", "strategy"):
        op.create_index(f"ix_pick_{column}", "pick", [column])

"""What pictures look like, and memes by family."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "likeness",
        sa.Column("picture", sa.String(128), nullable=False),
        sa.Column("upright", sa.LargeBinary(), nullable=False),
        sa.Column("mirrored", sa.LargeBinary(), nullable=False),
        sa.Column("whole_quality", sa.Integer(), nullable=False),
        sa.Column("bare_quality", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("picture", name="pk_likeness"),
    )
    op.create_index("ix_meme_family", "meme", ["family"])

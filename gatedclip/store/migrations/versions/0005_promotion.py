"""Promotions keep the verdict they were made on; frozen sets of memes to judge on, and who looked at them."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("promotion") as promotion:
        promotion.add_column(sa.Column("verdict", sa.JSON(), nullable=False, server_default=json.dumps({})))
        promotion.add_column(sa.Column("override", sa.Boolean(), nullable=False, server_default=sa.false()))
        promotion.add_column(sa.Column("manifest", sa.String(64), nullable=False, server_default=""))
        promotion.add_column(sa.Column("receipt", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "manifest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_manifest"),
    )
    op.create_index("ix_manifest_kind", "manifest", ["kind"])
    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("manifest_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name="fk_look_manifest_id"),
        sa.ForeignKeyConstraint(["version_id"], ["head_version.id"], name="fk_look_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_look"),
    )

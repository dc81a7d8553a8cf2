"""Several people: roles, policy, drafts, exposure, second answers, and a chain of receipts over the record."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meme") as meme:
        meme.add_column(sa.Column("answers", sa.Integer(), nullable=False, server_default="1"))
        meme.add_column(sa.Column("others_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        meme.add_column(sa.Column("assigned_to", sa.Text(), nullable=False, server_default=""))
        meme.add_column(sa.Column("score", sa.Double(), nullable=True))
        meme.add_column(sa.Column("scored_by", sa.Integer(), nullable=True))
        meme.create_index("ix_meme_assigned_to", ["assigned_to"])
    with op.batch_alter_table("decision") as decision:
        decision.add_column(sa.Column("policy_id", sa.Integer(), nullable=False, server_default="0"))
        decision.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default=json.dumps({})))
        decision.add_column(sa.Column("confidence", sa.Double(), nullable=True))
        decision.add_column(sa.Column("adjudicates", sa.Boolean(), nullable=False, server_default=sa.false()))
        decision.add_column(sa.Column("bulk", sa.String(64), nullable=False, server_default=""))
        decision.add_column(sa.Column("previous", sa.String(16), nullable=True))
        decision.add_column(sa.Column("salt", sa.String(32), nullable=False, server_default=""))
        decision.add_column(sa.Column("digest", sa.String(64), nullable=False, server_default=""))
        decision.add_column(sa.Column("receipt", sa.String(64), nullable=False, server_default=""))
        decision.add_column(sa.Column("erased", sa.Boolean(), nullable=False, server_default=sa.false()))
        decision.create_index("ix_decision_bulk", ["bulk"])
    op.create_table(
        "person",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_person"),
    )
    op.create_index("ix_person_email", "person", ["email"])
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facets", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy"),
    )
    op.create_table(
        "draft",
        sa.Column("reviewer", sa.String(80), nullable=False),
        sa.Column("meme_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["meme_id"], ["meme.id"], name="fk_draft_meme_id"),
        sa.PrimaryKeyConstraint("reviewer", "meme_id", name="pk_draft"),
    )
    op.create_table(
        "exposure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("meme_id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exposure"),
    )
    op.create_index("ix_exposure_person", "exposure", ["person"])
    op.create_index("ix_exposure_at", "exposure", ["at"])

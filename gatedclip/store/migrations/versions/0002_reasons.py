"""A person's marks and how they compare with the model's reasons, with the decision."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("decision") as decision:
        decision.add_column(sa.Column("marks", sa.JSON(), nullable=True))
        decision.add_column(sa.Column("reasons", sa.JSON(), nullable=True))
        decision.add_column(sa.Column("wrong_reason", sa.Boolean(), server_default=sa.false(), nullable=False))
        decision.create_index("ix_decision_wrong_reason", ["wrong_reason"])

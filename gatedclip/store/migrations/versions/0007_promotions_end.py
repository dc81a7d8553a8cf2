"""The end of the chain of promotions is kept apart from them; what trust was measured at temperature 1 is measured again."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    receipts = connection.execute(sa.text("select receipt from promotion where receipt <> '' order by id")).scalars().all()
    if receipts:
        connection.execute(
            sa.text("insert into setting (key, value) values (:key, :value)"),
            {"key": "receipts of promotions", "value": json.dumps({"newest": receipts[-1], "count": len(receipts)})},
        )
    connection.execute(sa.text("delete from attribution where method like 'trust:%'"))

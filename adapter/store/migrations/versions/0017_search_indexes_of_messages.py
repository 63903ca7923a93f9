"""search indexes of messages hold those that are indexed"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = ("type", "sender", "received_at")


def upgrade() -> None:
    where = sa.text("indexed = 1")
    for column in _COLUMNS:
        name = f"ix_readout_message_{column}"
        op.drop_index(name, table_name="readout_message")
        op.create_index(
            name,
            "readout_message",
            [column, "id"],
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    for column in _COLUMNS:
        name = f"ix_readout_message_{column}"
        op.drop_index(name, table_name="readout_message")
        op.create_index(name, "readout_message", [column, "id"])

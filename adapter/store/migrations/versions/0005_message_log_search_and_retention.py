"""message log search and retention"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_message_key",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column(
            "message_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("kind", "value", "message_id", name=op.f("pk_readout_message_key")),
    )
    with op.batch_alter_table("readout_message_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_message_key_message_id"), ["message_id"], unique=False
        )

    with op.batch_alter_table("readout_delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("body_sha256", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("remarks", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_readout_delivery_destination", ["destination", "id"], unique=False
        )
        batch_op.create_index("ix_readout_delivery_issued_at", ["issued_at", "id"], unique=False)
        batch_op.create_index("ix_readout_delivery_kind", ["kind", "id"], unique=False)
        batch_op.create_index("ix_readout_delivery_state", ["state", "id"], unique=False)

    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remarks", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("indexed", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index("ix_readout_message_received_at", ["received_at", "id"], unique=False)
        batch_op.create_index("ix_readout_message_sender", ["sender", "id"], unique=False)
        batch_op.create_index("ix_readout_message_type", ["type", "id"], unique=False)
        batch_op.create_index(
            "ix_readout_message_unindexed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("indexed = 0"),
            postgresql_where=sa.text("indexed = 0"),
        )
    _fill_hashes(op.get_bind())


def _fill_hashes(tx: sa.Connection) -> None:
    """The hash of each delivery's body, which from now on is written with it."""
    delivery = sa.table(
        "readout_delivery",
        sa.column("id", sa.BigInteger),
        sa.column("body", sa.LargeBinary),
        sa.column("body_sha256", sa.Text),
    )
    for id_ in tx.execute(sa.select(delivery.c.id)).scalars().all():
        mine = delivery.c.id == id_
        body = tx.execute(sa.select(delivery.c.body).where(mine)).scalar_one()
        digest = hashlib.sha256(body).hexdigest()
        tx.execute(sa.update(delivery).where(mine).values(body_sha256=digest))


def downgrade() -> None:
    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_readout_message_unindexed",
            sqlite_where=sa.text("indexed = 0"),
            postgresql_where=sa.text("indexed = 0"),
        )
        batch_op.drop_index("ix_readout_message_type")
        batch_op.drop_index("ix_readout_message_sender")
        batch_op.drop_index("ix_readout_message_received_at")
        batch_op.drop_column("indexed")
        batch_op.drop_column("remarks")

    with op.batch_alter_table("readout_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_delivery_state")
        batch_op.drop_index("ix_readout_delivery_kind")
        batch_op.drop_index("ix_readout_delivery_issued_at")
        batch_op.drop_index("ix_readout_delivery_destination")
        batch_op.drop_column("remarks")
        batch_op.drop_column("body_sha256")

    with op.batch_alter_table("readout_message_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_message_key_message_id"))

    op.drop_table("readout_message_key")

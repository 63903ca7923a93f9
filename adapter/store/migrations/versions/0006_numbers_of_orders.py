"""numbers of orders"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_order_number",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("placer_number", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_order_number")),
        sa.UniqueConstraint(
            "sender", "placer_number", name=op.f("uq_readout_order_number_sender_placer_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("readout_order_number")

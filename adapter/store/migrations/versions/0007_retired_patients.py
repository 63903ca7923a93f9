"""retired patients"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_retired_patient",
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("survivor_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("patient_key", name=op.f("pk_readout_retired_patient")),
    )
    with op.batch_alter_table("readout_retired_patient", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_retired_patient_survivor_key"), ["survivor_key"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("readout_retired_patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_retired_patient_survivor_key"))

    op.drop_table("readout_retired_patient")

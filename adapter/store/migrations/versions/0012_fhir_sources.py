"""fhir sources"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_fhir_seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("task", sa.Text(), server_default="", nullable=False),
        sa.Column("task_status", sa.Text(), server_default="", nullable=False),
        sa.Column("task_version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("pk_readout_fhir_seen")),
    )
    with op.batch_alter_table("readout_fhir_seen", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_fhir_seen_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_fhir_source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("subscription", sa.Text(), server_default="", nullable=False),
        sa.Column("renew_at", sa.Text(), server_default="", nullable=False),
        sa.Column("last_event", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readout_fhir_source")),
    )


def downgrade() -> None:
    op.drop_table("readout_fhir_source")
    with op.batch_alter_table("readout_fhir_seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_fhir_seen_accession"))

    op.drop_table("readout_fhir_seen")

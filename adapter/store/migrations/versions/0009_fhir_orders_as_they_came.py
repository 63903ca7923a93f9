"""fhir orders as they came"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_fhir_id",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_fhir_id")),
    )
    with op.batch_alter_table("readout_fhir_id", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_fhir_id_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_fhir_identifier",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "value", "system", "accession", name=op.f("pk_readout_fhir_identifier")
        ),
    )
    with op.batch_alter_table("readout_fhir_identifier", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_fhir_identifier_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_fhir_order",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", name=op.f("pk_readout_fhir_order")),
    )


def downgrade() -> None:
    op.drop_table("readout_fhir_order")
    with op.batch_alter_table("readout_fhir_identifier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_fhir_identifier_accession"))

    op.drop_table("readout_fhir_identifier")
    with op.batch_alter_table("readout_fhir_id", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_fhir_id_accession"))

    op.drop_table("readout_fhir_id")

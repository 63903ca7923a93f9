"""prior reports and differences"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_prior_report",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("report_json", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_prior_report")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_readout_prior_report_source_number")),
    )
    with op.batch_alter_table("readout_prior_report", schema=None) as batch_op:
        batch_op.create_index("ix_readout_prior_report_patient_key", ["patient_key"], unique=False)

    op.create_table(
        "readout_report_difference",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("difference_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", "number", name=op.f("pk_readout_report_difference")),
    )


def downgrade() -> None:
    op.drop_table("readout_report_difference")
    with op.batch_alter_table("readout_prior_report", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_prior_report_patient_key")

    op.drop_table("readout_prior_report")

"""review steps and locks"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_review_step",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("step_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_review_step")),
    )
    with op.batch_alter_table("readout_review_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_review_step_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_study_lock",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("person_json", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", name=op.f("pk_readout_study_lock")),
    )
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("review_state", sa.Text(), server_default="none", nullable=False)
        )
        batch_op.create_index(
            "ix_readout_study_review", ["review_state", "updated_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_study_review")
        batch_op.drop_column("review_state")

    op.drop_table("readout_study_lock")
    with op.batch_alter_table("readout_review_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_review_step_accession"))

    op.drop_table("readout_review_step")

"""AI results and the archives they come from"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_awaited_study",
        sa.Column(
            "message_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "message_id", "kind", "value", name=op.f("pk_readout_awaited_study")
        ),
    )
    with op.batch_alter_table("readout_awaited_study", schema=None) as batch_op:
        batch_op.create_index("ix_readout_awaited_study_value", ["value", "kind"], unique=False)

    op.create_table(
        "readout_dicom_seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("study_date", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "study_uid", name=op.f("pk_readout_dicom_seen")),
    )
    op.create_table(
        "readout_dicom_source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readout_dicom_source")),
    )
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.add_column(sa.Column("study_uid", sa.Text(), server_default="", nullable=False))
        batch_op.create_index("ix_readout_study_study_uid", ["study_uid"], unique=False)

    _fill(op.get_bind())


def _fill(tx: sa.Connection) -> None:
    """The DICOM study UID of the orders that are there."""
    names = ("accession", "order_json", "study_uid")
    study = sa.table("readout_study", *(sa.column(name, sa.Text) for name in names))
    rows = tx.execute(sa.select(study.c.accession, study.c.order_json)).tuples().all()
    told = [(accession, json.loads(order).get("study_uid", "")) for accession, order in rows]
    known = [{"which": which, "uid": uid} for which, uid in told if uid and len(uid) <= 200]
    if known:
        change = sa.update(study).where(study.c.accession == sa.bindparam("which"))
        tx.execute(change.values(study_uid=sa.bindparam("uid")), known)


def downgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_study_study_uid")
        batch_op.drop_column("study_uid")

    op.drop_table("readout_dicom_source")
    op.drop_table("readout_dicom_seen")
    with op.batch_alter_table("readout_awaited_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_awaited_study_value")

    op.drop_table("readout_awaited_study")

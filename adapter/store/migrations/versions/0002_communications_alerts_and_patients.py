"""communications, alerts and patients"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_alert",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("shown_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", "flag", name=op.f("pk_readout_alert")),
    )
    with op.batch_alter_table("readout_alert", schema=None) as batch_op:
        batch_op.create_index("ix_readout_alert_code", ["code", "state"], unique=False)
        batch_op.create_index("ix_readout_alert_shown_at", ["shown_at"], unique=False)

    op.create_table(
        "readout_communication",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("communication_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", "id", name=op.f("pk_readout_communication")),
    )
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.add_column(sa.Column("patient_key", sa.Text(), server_default="", nullable=False))
        batch_op.create_index("ix_readout_study_patient_key", ["patient_key"], unique=False)

    _fill_patient_keys(op.get_bind())


def _fill_patient_keys(tx: sa.Connection) -> None:
    """Number and issuer of the patients of studies that are there, as the store hashes them."""
    names = ("accession", "order_json", "patient_key")
    study = sa.table("readout_study", *(sa.column(name, sa.Text) for name in names))
    rows = tx.execute(sa.select(study.c.accession, study.c.order_json)).tuples().all()
    known = [
        {"which": accession, "key": hashlib.sha256(f"{issuer}\n{mrn}".encode()).hexdigest()}
        for accession, order in rows
        for patient in (json.loads(order)["patient"],)
        for issuer, mrn in ((patient.get("issuer", ""), patient["mrn"]),)
        if mrn
    ]
    if known:
        change = sa.update(study).where(study.c.accession == sa.bindparam("which"))
        tx.execute(change.values(patient_key=sa.bindparam("key")), known)


def downgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_study_patient_key")
        batch_op.drop_column("patient_key")

    op.drop_table("readout_communication")
    with op.batch_alter_table("readout_alert", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_alert_shown_at")
        batch_op.drop_index("ix_readout_alert_code")

    op.drop_table("readout_alert")

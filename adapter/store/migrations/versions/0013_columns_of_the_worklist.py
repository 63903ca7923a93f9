"""columns of the worklist"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PRIORITIES = ("stat", "high", "medium", "routine")
_SIGNED = ("final", "addended", "corrected")


def upgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), server_default="3", nullable=False))
        batch_op.add_column(sa.Column("modality", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("patient_name", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("search", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("signed_at", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_readout_study_queue",
            ["report_status", "rank", "created_at", "accession"],
            unique=False,
        )
        batch_op.create_index(
            "ix_readout_study_scan",
            [
                "rank",
                "created_at",
                "accession",
                "report_status",
                "order_status",
                "review_state",
                "modality",
                "updated_at",
                "patient_name",
                "search",
            ],
            unique=False,
        )
        batch_op.create_index("ix_readout_study_signed_at", ["signed_at"], unique=False)
        batch_op.create_index("ix_readout_study_modality", ["modality"], unique=False)

    _fill(op.get_bind())


def _fill(tx: sa.Connection) -> None:
    """The columns of the orders that are there, and when each report was signed first."""
    names = ("accession", "order_json", "modality", "patient_name", "search", "signed_at")
    study = sa.table(
        "readout_study", sa.column("rank", sa.Integer), *(sa.column(n, sa.Text) for n in names)
    )
    columns = (sa.column(n, sa.Text) for n in ("accession", "status", "created_at"))
    report = sa.table("readout_report", *columns)
    first = sa.select(report.c.accession, sa.func.min(report.c.created_at))
    signed = first.where(report.c.status.in_(_SIGNED)).group_by(report.c.accession)
    at = dict(tx.execute(signed).tuples().all())
    rows = tx.execute(sa.select(study.c.accession, study.c.order_json)).tuples().all()
    known = [
        {"which": accession, "at": at.get(accession, ""), **_values(json.loads(order))}
        for accession, order in rows
    ]
    if known:
        binds: dict[str, sa.BindParameter[object]] = {
            n: sa.bindparam(f"new_{n}") for n in ("rank", "modality", "patient_name", "search")
        }
        change = sa.update(study).where(study.c.accession == sa.bindparam("which"))
        tx.execute(change.values(signed_at=sa.bindparam("at"), **binds), known)


def _values(order: dict[str, Any]) -> dict[str, object]:
    patient, procedure = order["patient"], order["procedure"]
    name = ", ".join(filter(None, (patient.get("family", ""), patient.get("given", ""))))
    words = (
        order["accession"], name, patient.get("mrn", ""), procedure.get("text", ""),
        procedure.get("code", ""),
    )  # fmt: skip
    return {
        "new_rank": _PRIORITIES.index(order.get("priority", "routine")),
        "new_modality": order.get("modality", "")[:200],
        "new_patient_name": name.lower()[:200],
        "new_search": "\n".join(filter(None, words)).lower()[:400],
    }


def downgrade() -> None:
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_study_modality")
        batch_op.drop_index("ix_readout_study_signed_at")
        batch_op.drop_index("ix_readout_study_scan")
        batch_op.drop_index("ix_readout_study_queue")
        batch_op.drop_column("signed_at")
        batch_op.drop_column("search")
        batch_op.drop_column("patient_name")
        batch_op.drop_column("modality")
        batch_op.drop_column("rank")

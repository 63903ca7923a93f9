"""modes of AI sources"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_ai_study_model",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("first_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "accession", "model", "version", name=op.f("pk_readout_ai_study_model")
        ),
    )
    with op.batch_alter_table("readout_ai_study_model", schema=None) as batch_op:
        batch_op.create_index(
            "ix_readout_ai_study_model_model", ["model", "version", "first_at"], unique=False
        )

    op.create_table(
        "readout_ai_switch",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_readout_ai_switch")),
    )
    with op.batch_alter_table("readout_ai_result", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refused", sa.Text(), server_default="", nullable=False))

    _fill(op.get_bind())


def _fill(tx: sa.Connection) -> None:
    """The models that told something of a study, from the findings that are there."""
    names = ("accession", "findings_json", "received_at")
    result = sa.table("readout_ai_result", sa.column("id"), *map(sa.column, names))
    model = sa.table(
        "readout_ai_study_model", *map(sa.column, ("accession", "model", "version", "first_at"))
    )
    first: dict[tuple[str, str, str], str] = {}
    rows = sa.select(*(result.c[name] for name in names)).order_by(result.c.id)
    for accession, findings, at in tx.execute(rows):
        if not findings.startswith("["):
            continue  # sealed: its key is not here
        for each in json.loads(findings):
            first.setdefault((accession, each["model"], each["version"]), at)
    if first:
        named = [
            {"accession": key[0], "model": key[1], "version": key[2], "first_at": at}
            for key, at in first.items()
        ]
        tx.execute(sa.insert(model), named)


def downgrade() -> None:
    with op.batch_alter_table("readout_ai_result", schema=None) as batch_op:
        batch_op.drop_column("refused")
    op.drop_table("readout_ai_switch")
    with op.batch_alter_table("readout_ai_study_model", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_ai_study_model_model")

    op.drop_table("readout_ai_study_model")

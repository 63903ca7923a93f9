"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readout_ai_result",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("findings_json", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_ai_result")),
        sa.UniqueConstraint(
            "accession", "body_sha256", name=op.f("uq_readout_ai_result_accession_body_sha256")
        ),
    )
    op.create_table(
        "readout_decision",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("decision_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_decision")),
    )
    with op.batch_alter_table("readout_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_decision_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_dictation",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("audio_sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("transcript_json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("accession", "id", name=op.f("pk_readout_dictation")),
        sa.UniqueConstraint(
            "accession", "audio_sha256", name=op.f("uq_readout_dictation_accession_audio_sha256")
        ),
    )
    with op.batch_alter_table("readout_dictation", schema=None) as batch_op:
        batch_op.create_index("ix_readout_dictation_state", ["state"], unique=False)

    op.create_table(
        "readout_history",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_history")),
    )
    with op.batch_alter_table("readout_history", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_readout_history_accession"), ["accession"], unique=False
        )

    op.create_table(
        "readout_mapping_version",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "name", name=op.f("pk_readout_mapping_version")),
    )
    op.create_table(
        "readout_message",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_message")),
        sa.UniqueConstraint(
            "control_id",
            "sender",
            "body_sha256",
            name=op.f("uq_readout_message_control_id_sender_body_sha256"),
        ),
    )
    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.create_index("ix_readout_message_state", ["state", "id"], unique=False)

    op.create_table(
        "readout_report",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("inputs_json", sa.Text(), nullable=False),
        sa.Column("mappings_json", sa.Text(), nullable=False),
        sa.Column("report_json", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_report")),
        sa.UniqueConstraint("accession", "number", name=op.f("uq_readout_report_accession_number")),
    )
    op.create_table(
        "readout_study",
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("order_json", sa.Text(), nullable=False),
        sa.Column("order_status", sa.Text(), nullable=False),
        sa.Column("report_status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession", name=op.f("pk_readout_study")),
    )
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.create_index(
            "ix_readout_study_list", ["report_status", "updated_at"], unique=False
        )
        batch_op.create_index("ix_readout_study_updated", ["updated_at"], unique=False)

    op.create_table(
        "readout_delivery",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("control_id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.Float(), server_default="0", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answer_text", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["readout_report.id"], name=op.f("fk_readout_delivery_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readout_delivery")),
        sa.UniqueConstraint("control_id", name=op.f("uq_readout_delivery_control_id")),
        sa.UniqueConstraint(
            "destination", "report_id", name=op.f("uq_readout_delivery_destination_report_id")
        ),
    )
    with op.batch_alter_table("readout_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_readout_delivery_accession", ["accession", "id"], unique=False)
        batch_op.create_index(
            "ix_readout_delivery_queue", ["destination", "state", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("readout_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_delivery_queue")
        batch_op.drop_index("ix_readout_delivery_accession")

    op.drop_table("readout_delivery")
    with op.batch_alter_table("readout_study", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_study_updated")
        batch_op.drop_index("ix_readout_study_list")

    op.drop_table("readout_study")
    op.drop_table("readout_report")
    with op.batch_alter_table("readout_message", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_message_state")

    op.drop_table("readout_message")
    op.drop_table("readout_mapping_version")
    with op.batch_alter_table("readout_history", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_history_accession"))

    op.drop_table("readout_history")
    with op.batch_alter_table("readout_dictation", schema=None) as batch_op:
        batch_op.drop_index("ix_readout_dictation_state")

    op.drop_table("readout_dictation")
    with op.batch_alter_table("readout_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_readout_decision_accession"))

    op.drop_table("readout_decision")
    op.drop_table("readout_ai_result")

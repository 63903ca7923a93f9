"""All tables. What happened is here; jobs only promise to look."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store import ai_tables, fhir_tables, intake_tables, model_tables, node_tables
from adapter.store.access_tables import broken_glass, service_token, session
from adapter.store.audit_table import audit, audit_sent
from adapter.store.columns import ID as _ID
from adapter.store.columns import metadata
from adapter.store.columns import row_id as _row_id
from adapter.store.columns import text as _text
from adapter.store.context_table import context
from adapter.store.data_key_table import data_key
from adapter.store.link_table import link
from adapter.store.sealed import SealedBytes, SealedText

__all__ = [
    "ai_tables",
    "audit",
    "audit_sent",
    "broken_glass",
    "context",
    "data_key",
    "fhir_tables",
    "intake_tables",
    "link",
    "metadata",
    "model_tables",
    "node_tables",
    "service_token",
    "session",
]

VERSION_TABLE = "readout_schema_version"
"""Where alembic writes which migration the tables are at."""


def _index_once_indexed(column: str) -> sa.Index:
    where = sa.text("indexed = 1")
    name = f"ix_readout_message_{column}"
    return sa.Index(name, column, "id", sqlite_where=where, postgresql_where=where)


message = sa.Table(  # every message that came in, byte for byte
    "readout_message",
    metadata,
    _row_id(),
    _text("protocol"),
    _text("peer"),
    _text("sender"),
    _text("control_id"),
    _text("type"),
    sa.Column("body", SealedBytes("message.body"), nullable=False),
    _text("body_sha256"),
    _text("received_at"),
    _text("state"),
    _text("reason", ""),
    _text("remarks", ""),  # a line for each replay, and the proof of a body that was removed
    sa.Column("indexed", sa.Integer, nullable=False, server_default="0"),  # 1: see message_key
    _text("owed_by", ""),  # listener that has yet to tell the sender what became of it (MSH-16)
    sa.UniqueConstraint("control_id", "sender", "body_sha256"),
    sa.Index("ix_readout_message_state", "state", "id"),
    # what a person searches by is written once a message is indexed, not while its sender waits
    _index_once_indexed("type"),
    _index_once_indexed("sender"),
    _index_once_indexed("received_at"),
    sa.Index(
        "ix_readout_message_unindexed",
        "id",
        sqlite_where=sa.text("indexed = 0"),
        postgresql_where=sa.text("indexed = 0"),
    ),
    sa.Index(
        "ix_readout_message_owed",
        "owed_by",
        "id",
        sqlite_where=sa.text("owed_by <> ''"),
        postgresql_where=sa.text("owed_by <> ''"),
    ),
)

message_key = sa.Table(  # by what a message is found: accession, number of an order, hash of a
    # patient's number
    "readout_message_key",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("message_id", _ID, primary_key=True, index=True, autoincrement=False),
)

study = sa.Table(  # one row an accession: the worklist
    "readout_study",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    _text("order_json"),
    _text("order_status"),
    _text("report_status"),
    _text("review_state", "none"),  # between the one who prepares and the one who signs
    _text("patient_key", ""),  # issuer and number of the patient, hashed; empty: not known
    sa.Column("rank", sa.Integer, nullable=False, server_default="3"),  # of the priority, 0: STAT
    _text("modality", ""),
    _text("patient_name", ""),  # lower case, to sort by
    _text("search", ""),  # lower case, what a study is found by
    _text("signed_at", ""),  # for the first time
    _text("placer_number", ""),  # of the order, as far as it can be looked up
    _text("filler_number", ""),
    _text("study_uid", ""),  # of DICOM
    _text("access", ""),  # access labels by blanks, in alphabetical order
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    _text("created_at"),
    _text("updated_at"),
    sa.Index("ix_readout_study_list", "report_status", "updated_at"),
    sa.Index("ix_readout_study_updated", "updated_at"),
    sa.Index("ix_readout_study_patient_key", "patient_key"),
    sa.Index("ix_readout_study_review", "review_state", "updated_at"),
    sa.Index("ix_readout_study_queue", "report_status", "rank", "created_at", "accession"),
    sa.Index("ix_readout_study_signed_at", "signed_at"),
    sa.Index("ix_readout_study_modality", "modality"),
    sa.Index(  # holds all that the worklist filters and sorts by: the rows need not be read
        "ix_readout_study_scan",
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
        "access",
    ),
    sa.Index("ix_readout_study_placer_number", "placer_number"),
    sa.Index("ix_readout_study_filler_number", "filler_number"),
    sa.Index("ix_readout_study_study_uid", "study_uid"),
    sa.Index(  # finds the labels that there are; lists run along the indexes of their order
        "ix_readout_study_access",
        "access",
        sqlite_where=sa.text("access <> ''"),
        postgresql_where=sa.text("access <> ''"),
    ),
)

dictation = sa.Table(
    "readout_dictation",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),  # d-1, d-2, …
    sa.Column("number", sa.Integer, nullable=False),
    _text("audio_sha256"),
    _text("media_type"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    _text("received_at"),
    _text("author", ""),
    _text("state"),
    _text("reason", ""),
    sa.Column("transcript_json", SealedText("dictation.transcript_json")),
    sa.UniqueConstraint("accession", "audio_sha256"),
    sa.Index("ix_readout_dictation_state", "state"),
)

ai_result = sa.Table(  # one row a posted batch of AI findings
    "readout_ai_result",
    metadata,
    _row_id(),
    _text("accession"),
    sa.Column("findings_json", SealedText("ai_result.findings_json"), nullable=False),
    _text("body_sha256"),
    _text("received_at"),
    _text("refused", ""),  # why none of it is ever shown; empty: it waits for the merge
    sa.UniqueConstraint("accession", "body_sha256"),
)

decision = sa.Table(  # accept, reject, edit, dismiss: what a person decided
    "readout_decision",
    metadata,
    _row_id(),
    sa.Column("accession", sa.Text, nullable=False, index=True),
    sa.Column("decision_json", SealedText("decision.decision_json"), nullable=False),
)

communication = sa.Table(  # an urgent finding was told to somebody
    "readout_communication",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),  # c-1, c-2, …
    sa.Column("number", sa.Integer, nullable=False),
    _text("communication_json"),
)

review_step = sa.Table(  # wet reads, reports handed over and handed back: who, when, why
    "readout_review_step",
    metadata,
    _row_id(),
    sa.Column("accession", sa.Text, nullable=False, index=True),
    _text("step_json"),
)

study_lock = sa.Table(  # who reports a study at this moment
    "readout_study_lock",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    _text("person_json"),
    _text("since"),
    _text("until"),
)

alert = sa.Table(  # one row a flag that a report showed, and what became of it
    "readout_alert",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("flag", sa.Text, primary_key=True),
    _text("code"),
    _text("severity"),
    _text("shown_at"),
    _text("state"),
    sa.Index("ix_readout_alert_code", "code", "state"),
    sa.Index("ix_readout_alert_shown_at", "shown_at"),
)

mapping_version = sa.Table(  # each mapping file that ever decided a report
    "readout_mapping_version",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

report = sa.Table(  # every version of every report, with the inputs it can be rebuilt from
    "readout_report",
    metadata,
    _row_id(),
    _text("accession"),
    sa.Column("number", sa.Integer, nullable=False),
    _text("status"),
    sa.Column("inputs_json", SealedText("report.inputs_json"), nullable=False),
    _text("mappings_json"),
    sa.Column("report_json", SealedText("report.report_json"), nullable=False),
    sa.Column("text", SealedText("report.text"), nullable=False),
    _text("created_at"),
    _text("person", ""),
    sa.UniqueConstraint("accession", "number"),
)

summary_release = sa.Table(  # the patient summary that a person released, of one report version
    "readout_summary_release",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("summary_json", SealedText("summary_release.summary_json"), nullable=False),
    _text("released_at"),
    _text("person"),
)

retired_patient = sa.Table(  # numbers that were merged into others
    "readout_retired_patient",
    metadata,
    sa.Column("patient_key", sa.Text, primary_key=True),
    sa.Column("survivor_key", sa.Text, nullable=False, index=True),
)

order_number = sa.Table(  # numbers that we gave to orders of placers
    "readout_order_number",
    metadata,
    _row_id(),  # counts them
    _text("sender"),
    _text("placer_number"),
    _text("number"),
    _text("assigned_at"),
    sa.UniqueConstraint("sender", "placer_number"),
)

prior_report = sa.Table(  # reports of other systems, the latest text of each
    "readout_prior_report",
    metadata,
    _row_id(),
    _text("source"),
    _text("number"),  # accession, or what the source calls it
    _text("patient_key"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("report_json", SealedText("prior_report.report_json"), nullable=False),
    _text("received_at"),
    sa.UniqueConstraint("source", "number"),
    sa.Index("ix_readout_prior_report_patient_key", "patient_key"),
)

report_difference = sa.Table(  # our report against the text signed in another system
    "readout_report_difference",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # version that holds the signed text
    sa.Column("difference_json", SealedText("report_difference.difference_json"), nullable=False),
)

delivery = sa.Table(  # one row a report and destination; FIFO by id within a destination
    "readout_delivery",
    metadata,
    _row_id(),
    sa.Column("control_id", sa.Text, nullable=False, unique=True),
    _text("destination"),
    _text("accession"),
    sa.Column("report_id", _ID, sa.ForeignKey("readout_report.id"), nullable=False),
    _text("kind"),
    sa.Column("body", SealedBytes("delivery.body"), nullable=False),
    _text("issued_at"),
    _text("state"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", sa.Float, nullable=False, server_default="0"),  # epoch seconds
    _text("answer", ""),
    _text("answer_text", ""),
    _text("answered_at", ""),
    _text("body_sha256", ""),
    _text("remarks", ""),  # the proof of a body that was removed
    sa.UniqueConstraint("destination", "report_id"),
    sa.Index("ix_readout_delivery_queue", "destination", "state", "id"),
    sa.Index("ix_readout_delivery_accession", "accession", "id"),
    sa.Index("ix_readout_delivery_state", "state", "id"),
    sa.Index("ix_readout_delivery_kind", "kind", "id"),
    sa.Index("ix_readout_delivery_destination", "destination", "id"),
    sa.Index("ix_readout_delivery_issued_at", "issued_at", "id"),
)

pause = sa.Table(  # destinations that somebody has told to wait
    "readout_pause",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    _text("at"),
    _text("person"),
    _text("reason", ""),
)

speaking = sa.Table(  # into which studies somebody dictates at this moment, by node
    "readout_speaking",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    sa.Column("node", sa.Text, primary_key=True),
    _text("until"),  # a node that is killed says no more; ISO 8601, UTC
)

preference = sa.Table(  # what a person has chosen for the workspace
    "readout_preference",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),  # id
    sa.Column("name", sa.Text, primary_key=True),
    _text("value"),
)

history = sa.Table(  # what happened to a study, or (accession "") to the house; no patient data
    "readout_history",
    metadata,
    _row_id(),
    _text("at"),
    sa.Column("accession", sa.Text, nullable=False, index=True),
    _text("event"),
    _text("detail", ""),
)

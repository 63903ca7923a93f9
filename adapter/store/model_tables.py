"""Tables of models that are called, and of what left for them."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import row_id as _row_id
from adapter.store.columns import text as _text

model_call = sa.Table(  # one row a model, study and what it was told
    "readout_model_call",
    metadata,
    _row_id(),
    _text("name"),
    _text("accession"),
    _text("digest"),  # SHA-256 of the payload
    _text("state"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    _text("reason", ""),
    _text("outcome_json", "{}"),  # findings, sentences with their sources, what was refused
    _text("created_at"),
    _text("ended_at", ""),
    sa.UniqueConstraint("name", "accession", "digest"),
    sa.Index("ix_readout_model_call_accession", "accession"),
    sa.Index("ix_readout_model_call_state", "name", "state"),
)

outgoing_payload = sa.Table(  # every payload that left for a model, or was stopped: the proof
    "readout_outgoing_payload",
    metadata,
    _row_id(),
    _text("at"),
    _text("name"),  # of the call
    _text("model", ""),  # with its version; empty: of a release that did not keep it
    _text("destination"),  # address without what could identify
    _text("accession"),
    _text("sha256"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    _text("fields_json"),  # JSON paths
    _text("state"),
    _text("reason", ""),
    sa.Column("latency_ms", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cost", sa.Float, nullable=False, server_default="0"),
    sa.Index("ix_readout_outgoing_payload_name", "name", "id"),
    sa.Index("ix_readout_outgoing_payload_accession", "accession", "id"),
    sa.Index("ix_readout_outgoing_payload_sha256", "sha256"),
)

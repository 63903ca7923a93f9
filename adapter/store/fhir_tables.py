"""Tables of orders by FHIR, and of the servers that they are fetched from."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import text as _text
from adapter.store.sealed import SealedBytes

fhir_order = sa.Table(  # the last ServiceRequest of a study, as it came
    "readout_fhir_order",
    metadata,
    sa.Column("accession", sa.Text, primary_key=True),
    _text("id"),  # the logical id under which it came last
    sa.Column("body", SealedBytes("fhir_order.body"), nullable=False),
    _text("digest"),  # of what it said, to know it when it is sent again
    _text("updated_at"),
)

fhir_id = sa.Table(  # every logical id that names a study
    "readout_fhir_id",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("accession", sa.Text, nullable=False, index=True),
)

fhir_identifier = sa.Table(  # identifiers of ServiceRequests, to find them by
    "readout_fhir_identifier",
    metadata,
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("system", sa.Text, primary_key=True),
    sa.Column("accession", sa.Text, primary_key=True, index=True),
)

fhir_source = sa.Table(  # FHIR servers that orders are fetched from
    "readout_fhir_source",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    _text("cursor", ""),
    sa.Column("turn", sa.Integer, nullable=False, server_default="0"),
    _text("subscription", ""),
    _text("renew_at", ""),
    sa.Column("last_event", sa.BigInteger, nullable=False, server_default="0"),
    _text("problem", ""),  # of earlier releases; now readout_link tells
)

fhir_seen = sa.Table(  # orders of these servers, and the Task that tells how far each is
    "readout_fhir_seen",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    _text("version"),
    sa.Column("accession", sa.Text, nullable=False, index=True),
    _text("reason", ""),
    _text("task", ""),
    _text("task_status", ""),
    sa.Column("task_version", sa.Integer, nullable=False, server_default="0"),
)

"""The table of the audit trail, and how far it was handed on."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import text as _text

audit = sa.Table(  # who did what to which study; triggers of the database forbid changes
    "readout_audit",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),  # of the node that wrote the row
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # from 1
    _text("at"),
    _text("verb"),
    _text("outcome"),
    _text("kind"),
    _text("agent"),
    _text("name"),
    _text("role"),
    _text("address"),
    _text("person"),  # in whose name a program acts
    _text("accession"),
    _text("patient"),  # keyed hash
    _text("object"),
    _text("detail"),
    _text("request"),
    _text("previous"),  # hash of the row before
    _text("hash"),
    _text("seal"),  # HMAC of the hash, under a key outside of the database
    sa.Index("ix_readout_audit_at", "at"),
    sa.Index("ix_readout_audit_accession", "accession"),
    sa.Index("ix_readout_audit_patient", "patient"),
    sa.Index("ix_readout_audit_agent", "agent", "at"),
)

audit_sent = sa.Table(  # up to which row a chain has reached the syslog receiver
    "readout_audit_sent",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

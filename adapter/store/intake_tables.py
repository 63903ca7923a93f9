"""Tables of results that come in: what waits for its study, and archives that are asked."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import ID as _ID
from adapter.store.columns import metadata
from adapter.store.columns import text as _text

awaited_study = sa.Table(  # for which study a message waits: its accession or DICOM UID
    "readout_awaited_study",
    metadata,
    sa.Column("message_id", _ID, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Index("ix_readout_awaited_study_value", "value", "kind"),
)

dicom_source = sa.Table(  # archives that are asked for structured reports
    "readout_dicom_source",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("turn", sa.Integer, nullable=False, server_default="0"),
    _text("problem", ""),  # of earlier releases; now readout_link tells
)

dicom_seen = sa.Table(  # studies of these archives, as they were when all of each was looked at
    "readout_dicom_seen",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("study_uid", sa.Text, primary_key=True),
    _text("study_date"),  # YYYYMMDD
    _text("mark"),  # how many series and instances it had
)

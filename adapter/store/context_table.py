"""The table of sessions at FHIRcast hubs."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import text as _text

context = sa.Table(  # what a user's session at a FHIRcast hub shows, here and there
    "readout_context",
    metadata,
    sa.Column("hub", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    _text("node"),  # that holds the connection
    _text("person", ""),  # whose session it is
    _text("connection", ""),  # connected, away, denied or left
    _text("connection_reason", ""),
    _text("state", "none"),
    _text("reason", ""),
    _text("accession", ""),  # the study that the workspace shows
    _text("asked", ""),  # the accession that the hub shows
    _text("elements_json", "[]"),  # what that context was opened with
    _text("focus_json", "[]"),  # ids of findings that another application has selected
    _text("notice", ""),  # who does not follow, what was refused
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    _text("changed_at"),
)

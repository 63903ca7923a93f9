"""Tables by which the nodes of one database share the work."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata, text

lane = sa.Table(  # which node works a lane that only one may work, and until when it may
    "readout_lane",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, primary_key=True),
    text("node"),
    sa.Column("until", sa.Float, nullable=False),  # epoch seconds by the clock of the database
)

schema_floor = sa.Table(  # one row: the migration that a Readout must know to work here
    "readout_schema_floor",
    metadata,
    sa.Column("revision", sa.Text, primary_key=True),
)

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

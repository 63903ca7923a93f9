"""The table of links to other systems."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import text as _text

link = sa.Table(  # systems that we ask, as the last try left each
    "readout_link",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    _text("away_since", ""),  # empty: it answers
    _text("problem", ""),
)

"""The table of data keys."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata
from adapter.store.columns import text as _text

data_key = sa.Table(  # what seals bodies and texts, wrapped by a master key
    "readout_data_key",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # the highest seals
    _text("id"),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    _text("master_id"),
    _text("created_at"),
)

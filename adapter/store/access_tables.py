"""The tables of sessions and of tokens of programs: only hashes of what opens the door."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.columns import metadata, row_id
from adapter.store.columns import text as _text

session = sa.Table(  # one-time codes and sessions of browsers, by the hash of their secret
    "readout_session",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    _text("kind"),
    _text("person_json"),
    _text("created_at"),
    sa.Column("expires_at", sa.Text, nullable=False, index=True),
    _text("seen_at", ""),  # its owner's last act
    _text("roles", ""),
    _text("how", "link"),  # it was opened
    _text("subject", ""),  # issuer and subject of an OpenID login
    _text("sid", ""),  # and its session there
    _text("labels", ""),  # access labels that its claims gave
)

broken_glass = sa.Table(  # who opened a restricted study for a while, and why
    "readout_broken_glass",
    metadata,
    row_id(),
    _text("person"),
    _text("accession"),
    _text("reason"),
    _text("detail", ""),
    _text("at"),
    _text("until"),
    sa.Index("ix_readout_broken_glass_person", "person", "until"),
)

service_token = sa.Table(  # tokens of programs, by their hash
    "readout_service_token",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, index=True),
    _text("scopes"),
    _text("created_at"),
    _text("expires_at", ""),
    _text("used_at", ""),
    _text("revoked_at", ""),
)

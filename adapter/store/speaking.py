"""Into which studies somebody dictates at this moment, at any node."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from adapter.store.columns import is_ahead
from adapter.store.tables import speaking

SPEAKS_S = 90.0
"""So long after its last word a node is believed that somebody speaks there, in seconds."""


def tell(tx: sa.Connection, node: str, accessions: Collection[str], until: str) -> None:
    """These, and no others, at this node; it holds `until` then (ISO 8601, UTC)."""
    tx.execute(sa.delete(speaking).where(speaking.c.node == node))
    if accessions:
        rows = [{"accession": each, "node": node, "until": until} for each in sorted(accessions)]
        tx.execute(sa.insert(speaking), rows)


def elsewhere(tx: sa.Connection, node: str, now: str) -> set[str]:
    """At all nodes but this one."""
    query = sa.select(speaking.c.accession).where(
        speaking.c.node != node, is_ahead(speaking.c.until, now, SPEAKS_S)
    )
    return set(tx.execute(query).scalars())

"""Up to which row each chain of the audit trail has reached the syslog receiver."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store.audit_table import audit, audit_sent


def position(tx: sa.Connection, chain: str) -> int:
    """The last row that arrived; 0: none has."""
    query = sa.select(audit_sent.c.number).where(audit_sent.c.chain == chain)
    return tx.execute(query).scalar() or 0


def arrived(tx: sa.Connection, chain: str, number: int) -> None:
    """All rows up to this one have arrived."""
    mine = audit_sent.c.chain == chain
    done = tx.execute(sa.update(audit_sent).where(mine).values(number=number))
    if not done.rowcount:
        tx.execute(sa.insert(audit_sent).values(chain=chain, number=number))


def oldest_waiting(tx: sa.Connection) -> str:
    """When the first row that has not arrived was written (ISO 8601); empty: all have."""
    here = audit_sent.c.chain == audit.c.chain
    last = sa.select(audit_sent.c.number).where(here).scalar_subquery()
    query = sa.select(sa.func.min(audit.c.at)).where(audit.c.number > sa.func.coalesce(last, 0))
    return tx.execute(query).scalar() or ""


def waiting(tx: sa.Connection) -> dict[str, int]:
    """How many rows of each chain have not arrived."""
    last = sa.func.max(audit.c.number) - sa.func.coalesce(sa.func.max(audit_sent.c.number), 0)
    joined = audit.outerjoin(audit_sent, audit.c.chain == audit_sent.c.chain)
    query = sa.select(audit.c.chain, last).select_from(joined).group_by(audit.c.chain)
    return {row[0]: int(row[1]) for row in tx.execute(query)}

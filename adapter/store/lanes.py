"""Lanes that one node at a time may work (PostgreSQL): a lease by the clock of the database."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from adapter.store.node_tables import lane

_FAR = 3  # times its length; a lease that ends later is one from before the clock was set back
_NOW = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)


def take(tx: sa.Connection, queue: str, name: str, node: str, seconds: float) -> float:
    """Hold a lane for so many seconds from now, or hold it longer.

    Returns 0, or how long another node still holds it.
    """
    mine = {"node": node, "until": _NOW + seconds}
    new = insert(lane).values(queue=queue, lane=name, **mine)
    ends = sa.or_(lane.c.until < _NOW, lane.c.until > _NOW + _FAR * seconds)
    free = sa.or_(lane.c.node == node, ends)
    written = new.on_conflict_do_update(index_elements=["queue", "lane"], set_=mine, where=free)
    if tx.execute(written.returning(lane.c.node)).first() is not None:
        return 0.0
    held = sa.select(lane.c.until - _NOW).where(lane.c.queue == queue, lane.c.lane == name)
    return max(0.01, tx.execute(held).scalar() or 0.0)


def give_back(tx: sa.Connection, queue: str, name: str, node: str) -> None:
    """Others may have it at once."""
    mine = (lane.c.queue == queue, lane.c.lane == name, lane.c.node == node)
    tx.execute(sa.delete(lane).where(*mine))

"""What each session at a FHIRcast hub shows: one row a hub and topic."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.store.tables import context


class StoredContext(NamedTuple):
    """One session: `accession` is shown here, `asked` by the hub; `version` counts the changes."""

    hub: str
    topic: str
    node: str
    person: str
    connection: str
    connection_reason: str
    state: str
    reason: str
    accession: str
    asked: str
    elements_json: str
    focus_json: str
    notice: str
    version: int
    changed_at: str


_COLUMNS = [context.c[name] for name in StoredContext._fields]


def join(tx: sa.Connection, hub: str, topic: str, node: str, person: str, at: str) -> None:
    """A session begins, or goes on at this node, under this person where one is named."""
    values: dict[str, Any] = {"node": node} | ({"person": person} if person else {})
    if find(tx, hub, topic) is not None:
        change(tx, hub, topic, at, **values)
    else:
        row = {"hub": hub, "topic": topic, "changed_at": at, **values}
        tx.execute(sa.insert(context).values(**row))


def change(tx: sa.Connection, hub: str, topic: str, at: str, **values: Any) -> None:
    """Change columns of a session's row and count its version up."""
    tx.execute(
        sa.update(context)
        .where(context.c.hub == hub, context.c.topic == topic)
        .values(version=context.c.version + 1, changed_at=at, **values)
    )


def find(tx: sa.Connection, hub: str, topic: str, *, lock: bool = False) -> StoredContext | None:
    """A session, or None; `lock` holds its row until the transaction ends (PostgreSQL)."""
    query = sa.select(*_COLUMNS).where(context.c.hub == hub, context.c.topic == topic)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return None if row is None else StoredContext(*row)


def listed(tx: sa.Connection, node: str = "") -> list[StoredContext]:
    """All sessions, or those of one node."""
    query = sa.select(*_COLUMNS).order_by(context.c.hub, context.c.topic)
    query = query.where(context.c.node == node) if node else query
    return [StoredContext(*row) for row in tx.execute(query)]


def away(tx: sa.Connection) -> dict[str, str]:
    """Hub -> since when at least the first of its sessions is without it (ISO 8601)."""
    query = sa.select(context.c.hub, sa.func.min(context.c.changed_at)).group_by(context.c.hub)
    return {row[0]: row[1] for row in tx.execute(query.where(context.c.connection == "away"))}


def leave(tx: sa.Connection, hub: str, topic: str) -> bool:
    """A session is over; False when there was none."""
    query = sa.delete(context).where(context.c.hub == hub, context.c.topic == topic)
    return bool(tx.execute(query).rowcount)

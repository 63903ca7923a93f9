"""Destinations that somebody has told to wait; their queues grow and nothing is sent."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.tables import pause


class Pause(NamedTuple):
    """One destination at rest: since when, by whom, why."""

    destination: str
    at: str
    person: str
    reason: str


def add(tx: sa.Connection, new: Pause) -> bool:
    """Let a destination wait; False when it does already."""
    if of(tx, new.destination) is not None:
        return False
    tx.execute(sa.insert(pause).values(new._asdict()))
    return True


def remove(tx: sa.Connection, destination: str) -> bool:
    """Let a destination go on; False when it was not waiting."""
    done = tx.execute(sa.delete(pause).where(pause.c.destination == destination))
    return bool(done.rowcount)


def of(tx: sa.Connection, destination: str) -> Pause | None:
    """The pause of a destination, None when it is at work."""
    row = tx.execute(sa.select(*_COLUMNS).where(pause.c.destination == destination)).first()
    return None if row is None else Pause(*row)


def listed(tx: sa.Connection) -> dict[str, Pause]:
    """All pauses by destination."""
    return {row[0]: Pause(*row) for row in tx.execute(sa.select(*_COLUMNS))}


_COLUMNS = [pause.c[name] for name in Pause._fields]

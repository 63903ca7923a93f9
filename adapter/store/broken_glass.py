"""Restricted studies that somebody has opened for a while, and why."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.access_tables import broken_glass


class BrokenGlass(NamedTuple):
    """Who opened which study, for which reason (of access.yaml, and in words), how long."""

    person: str
    accession: str
    reason: str
    detail: str
    at: str
    until: str


_COLUMNS = [broken_glass.c[name] for name in BrokenGlass._fields]


def add(tx: sa.Connection, opened: BrokenGlass) -> None:
    """One more; what stands already stays as it is."""
    tx.execute(sa.insert(broken_glass).values(opened._asdict()))


def standing(tx: sa.Connection, person: str, now: str) -> list[BrokenGlass]:
    """What this person has opened and still sees, the first to end first; at most a hundred."""
    query = sa.select(*_COLUMNS).where(broken_glass.c.person == person, broken_glass.c.until > now)
    ordered = query.order_by(broken_glass.c.until, broken_glass.c.id).limit(100)
    return [BrokenGlass(*row) for row in tx.execute(ordered)]


def end(tx: sa.Connection, person: str, accession: str, now: str) -> bool:
    """Close it before its time; False where nothing was open."""
    done = tx.execute(
        sa.update(broken_glass)
        .where(
            broken_glass.c.person == person,
            broken_glass.c.accession == accession,
            broken_glass.c.until > now,
        )
        .values(until=now)
    )
    return bool(done.rowcount)


def count(tx: sa.Connection) -> int:
    """How often glass was ever broken."""
    return tx.scalar(sa.select(sa.func.count()).select_from(broken_glass)) or 0

"""What has changed, in order: the history of studies read as a feed."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.store.tables import history


class Change(NamedTuple):
    """One line of the history; `accession` empty: of the house."""

    id: int
    accession: str
    event: str
    detail: str


def after(tx: sa.Connection, id_: int, limit: int) -> list[Change]:
    """Changes behind this one, oldest first."""
    query = sa.select(history.c.id, history.c.accession, history.c.event, history.c.detail)
    rows = tx.execute(query.where(history.c.id > id_).order_by(history.c.id).limit(limit))
    return [Change(*row) for row in rows]


def of_house(tx: sa.Connection, event: str) -> list[tuple[str, str]]:
    """(at, detail) of what happened to the house itself, oldest first."""
    query = sa.select(history.c.at, history.c.detail)
    found = query.where(history.c.accession == "", history.c.event == event)
    return [(row[0], row[1]) for row in tx.execute(found.order_by(history.c.id))]


def mark(tx: sa.Connection, event: str) -> tuple[int, int]:
    """(how often, id of the newest): differs once something of this kind has happened anew."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(history.c.id), 0))
    row = tx.execute(query.where(history.c.accession == "", history.c.event == event)).one()
    return row[0], row[1]


def last(tx: sa.Connection) -> int:
    """Id of the newest change; 0 where there is none."""
    return tx.scalar(sa.select(sa.func.max(history.c.id))) or 0

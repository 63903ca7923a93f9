"""Seals every stored value by the newest data key, some at a time, while the service runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from adapter.store.database import Database
from adapter.store.sealed import SealedBytes, SealedText
from adapter.store.tables import metadata
from adapter.store.vault import Vault, key_of, key_of_text

_AT_ONCE = 100


class Progress(NamedTuple):
    """How many values of a column are sealed anew so far."""

    what: str
    done: int


def reseal(database: Database, vault: Vault) -> Iterator[Progress]:
    """After each batch, how far it is. Stopped and begun again it goes on where it was.

    A value that the service changes meanwhile is left to the service.
    """
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, SealedBytes | SealedText):
                yield from _column(database, vault, table, column)


def _column(
    database: Database, vault: Vault, table: sa.Table, column: sa.Column[Any]
) -> Iterator[Progress]:
    what, done, last = str(column.type.what), 0, None  # type: ignore[attr-defined]
    raw = sa.type_coerce(column, column.type.impl)  # type: ignore[attr-defined]
    keys = list(table.primary_key.columns)
    while True:
        query = sa.select(*keys, raw.label("raw")).order_by(*keys).limit(_AT_ONCE)
        if last is not None:
            query = query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, last)))
        with database.read() as tx:
            rows = tx.execute(query).all()
        old = [row for row in rows if row.raw and _key(row.raw) != vault.current]
        if old:
            with database.write() as tx:
                done += sum(_again(tx, vault, table, column, raw, row) for row in old)
            yield Progress(what, done)
        if len(rows) < _AT_ONCE:
            return
        last = tuple(rows[-1])[:-1]


def _again(
    tx: sa.Connection,
    vault: Vault,
    table: sa.Table,
    column: sa.Column[Any],
    raw: Any,
    row: sa.Row[Any],
) -> int:
    """1, or 0 where it changed meanwhile."""
    what = str(column.type.what)  # type: ignore[attr-defined]
    value: bytes | str = row.raw
    plain: bytes | str
    if isinstance(value, str):
        plain = vault.open_text(value, what)
    else:
        plain = vault.open(bytes(value), what)
    where = [key == old for key, old in zip(table.primary_key.columns, row, strict=False)]
    same = raw == sa.literal(row.raw, column.type.impl)  # type: ignore[attr-defined]
    done = tx.execute(sa.update(table).where(*where, same).values({column.name: plain}))
    return done.rowcount


def _key(value: bytes | str) -> str:
    """Id of the data key that sealed a stored value; empty: none."""
    return key_of_text(value) if isinstance(value, str) else key_of(bytes(value))

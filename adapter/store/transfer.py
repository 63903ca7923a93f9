"""Rows of one database into another, compared by count and hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapter.errors import ConfigurationError
from adapter.store.node_tables import schema_floor
from adapter.store.tables import metadata

_AT_ONCE = 500
_MODULUS = 1 << 256

Progress = Callable[[str, int], None]
"""Called with a table's name and how many of its rows are done."""


@dataclass
class Sum:
    """What a table holds; `digest` adds up the SHA-256 of its rows: their order does not count."""

    rows: int = 0
    digest: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """One more row."""
        told = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True)
        self.digest += int.from_bytes(hashlib.sha256(told.encode()).digest())
        self.digest %= _MODULUS
        self.rows += 1


def our_tables() -> list[sa.Table]:
    """Every table of what happened, those that others refer to first."""
    return [each for each in metadata.sorted_tables if each is not schema_floor]


def filled(tx: sa.Connection) -> list[str]:
    """The tables that hold rows."""
    known = set(sa.inspect(tx).get_table_names())
    return [
        table.name
        for table in our_tables()
        if table.name in known and tx.execute(sa.select(table).limit(1)).first() is not None
    ]


def copy(
    source: sa.Connection,
    target: sa.Connection,
    pairs: Iterable[tuple[sa.Table, sa.Table]],
    progress: Progress = lambda _name, _rows: None,
) -> dict[str, Sum]:
    """Copy every row; raises ConfigurationError where what arrived is not what was there."""
    sums: dict[str, Sum] = {}
    for old, new in pairs:
        sent = Sum()
        for rows in _groups(source, old, [each.name for each in new.columns]):
            target.execute(sa.insert(new), rows)
            for row in rows:
                sent.add(row)
            progress(new.name, sent.rows)
        _go_on_counting(target, new)
        came = sum_of(target, new, [each.name for each in old.columns])
        if came != sent:
            raise ConfigurationError(
                f"{new.name}: {came.rows} rows arrived of {sent.rows}, or other ones; "
                "nothing was kept, look into the log of the database"
            )
        sums[new.name] = came
    return sums


def sum_of(tx: sa.Connection, table: sa.Table, names: Iterable[str] | None = None) -> Sum:
    """Count and hash of a table; of the columns `names`."""
    told = Sum()
    for rows in _groups(tx, table, names):
        for row in rows:
            told.add(row)
    return told


def _groups(
    tx: sa.Connection, table: sa.Table, names: Iterable[str] | None = None
) -> Iterator[list[dict[str, Any]]]:
    wanted = [each for each in table.columns if names is None or each.name in set(names)]
    result = tx.execute(sa.select(*wanted).execution_options(yield_per=_AT_ONCE))
    for rows in result.mappings().partitions():
        yield [dict(row) for row in rows]


def _go_on_counting(tx: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL counts the numbers that it gives apart from the rows."""
    column = table.autoincrement_column
    if column is None or tx.dialect.name != "postgresql":
        return
    sequence = sa.func.pg_get_serial_sequence(table.fullname, column.name)
    highest = sa.select(sa.func.max(column)).scalar_subquery()
    tx.execute(
        sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 1), highest.is_not(None)))
    )


def _plain(value: Any) -> Any:
    """The same on both engines."""
    if isinstance(value, (bytes, memoryview)):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, float):
        return repr(value)
    return int(value) if isinstance(value, bool) else value

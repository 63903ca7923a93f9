"""The engine's own tables, when a database moves: what waits goes on waiting, on its attempt."""

from __future__ import annotations

import sqlalchemy as sa
from dbos import DBOSClient

from adapter.store.database import Database

_SCHEMA = "dbos"
_TABLES = ("workflow_status", "workflow_input", "workflow_output")


def prepare(target: Database) -> None:
    """Make the engine's tables."""
    client = DBOSClient(system_database_engine=target.engine, application_name="readout")
    client._sys_db.run_migrations()  # not public: dbos is pinned to one version


def engine_tables(source: sa.Connection, target: sa.Connection) -> list[tuple[sa.Table, sa.Table]]:
    """The tables of jobs as they are in both; empty where the service never ran."""
    known = set(sa.inspect(source).get_table_names(_schema(source)))
    return [(_read(source, name), _read(target, name)) for name in _TABLES if name in known]


def _read(tx: sa.Connection, name: str) -> sa.Table:
    table: sa.Table = sa.Table(
        name, sa.MetaData(), schema=_schema(tx), autoload_with=tx, resolve_fks=False
    )
    return table


def _schema(tx: sa.Connection) -> str | None:
    return _SCHEMA if tx.dialect.name == "postgresql" else None

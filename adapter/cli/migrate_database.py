"""`readout migrate-database`: the embedded database moves to PostgreSQL, waiting jobs too."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from adapter.cli.stored import opened
from adapter.errors import ConfigurationError
from adapter.jobs.liveness import NodeLock
from adapter.jobs.transfer import engine_tables, prepare
from adapter.settings import load_settings
from adapter.store.database import Database
from adapter.store.schema import wanted_version
from adapter.store.transfer import Sum, copy, filled, our_tables


def command(
    to: Annotated[
        str,
        typer.Option(help="URL of an empty PostgreSQL database.", envvar="READOUT_MIGRATE_TO"),
    ],
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Copy every table to another database, compared by count and hash; the old one stays as it is.

    The service must not run. A password is better told in READOUT_MIGRATE_TO than in --to.

    Example: readout migrate-database --to postgresql+psycopg://readout@db.example.org/readout
    """
    settings = load_settings(config)
    with opened(settings) as source:
        if source.version() != wanted_version():
            raise ConfigurationError("the tables are of an older Readout: start this one once")
        lock = NodeLock(source, settings.node_id, patience_s=0.5)
        lock.take()
        try:
            sums = _move(source, to)
        finally:
            lock.release()
    if as_json:
        typer.echo(json.dumps({name: each.rows for name, each in sums.items()}))
    else:
        rows = sum(each.rows for each in sums.values())
        typer.echo(f"{rows} rows of {len(sums)} tables have moved; now set READOUT_DATABASE_URL")


def _move(source: Database, to: str) -> dict[str, Sum]:
    target = Database(to)
    try:
        if target.is_sqlite:
            raise ConfigurationError("--to must begin with postgresql+psycopg://")
        with target.read() as tx:
            if there := filled(tx):
                raise ConfigurationError(
                    f"the database of --to holds rows in {', '.join(there)}: name an empty one"
                )
        target.migrate()
        prepare(target)
        with source.read() as old, target.write() as new:
            pairs = [(table, table) for table in our_tables()] + engine_tables(old, new)
            return copy(old, new, pairs, _told)
    except sa.exc.SQLAlchemyError as error:
        raise ConfigurationError(
            f"the database of --to cannot be written ({type(error).__name__}); nothing was kept"
        ) from None
    finally:
        target.close()


def _told(name: str, rows: int) -> None:
    print(f"{name}: {rows}", file=sys.stderr, flush=True)

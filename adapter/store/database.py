"""One database, two engines: SQLite embedded, PostgreSQL for several nodes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.pool import ConnectionPoolEntry

from adapter.domain.audit import AuditEvent
from adapter.errors import ConfigurationError
from adapter.store.audit import TOLD, Trail
from adapter.store.tables import VERSION_TABLE

_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-2000",  # KiB, of each connection: there are many
)
_NOTICE_DEATH = {  # of the server's host: by default a statement waits a quarter of an hour
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}
_AFTER_COMMIT = "readout_after_commit"
_MIGRATION_LOCK = 7_001_001


class Database:
    """Transactions of one node on one database; `trail` takes what is told to the audit."""

    def __init__(self, url: str, trail: Trail | None = None) -> None:
        self.engine = _engine(url)
        self.trail = trail or Trail()
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer; threads of this process queue here instead of polling its lock.
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()
        self._alone: sqlite3.Connection | None = None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent read-only view."""
        with self.engine.connect() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A write transaction from its first statement; `after_commit` callbacks run at its end."""
        callbacks: list[Callable[[], None]] = []
        told: list[AuditEvent] = []
        with self._writer, self.engine.begin() as tx:
            if self.is_sqlite:  # pysqlite begins at the first write: select-then-update races
                tx.exec_driver_sql("BEGIN IMMEDIATE")
            tx.info.update({_AFTER_COMMIT: callbacks, TOLD: told})
            try:
                yield tx
                if told:
                    self.trail.append(tx, told)
                    callbacks.append(self.trail.moved)
            finally:
                tx.info.pop(_AFTER_COMMIT, None)
                tx.info.pop(TOLD, None)
        for callback in callbacks:
            callback()

    def write_alone(self, statement: str, values: Sequence[Any]) -> tuple[int, int]:
        """One SQLite statement as a transaction of its own; returns (rows written, last row id).

        Statement and commit are one call: a thread that gives up the interpreter more often has to
        win it back from a busy event loop each time.
        """
        with self._writer:
            if self._alone is None:
                self._alone = sqlite3.connect(
                    self.engine.url.database or "", isolation_level=None, check_same_thread=False
                )
                _set_up(self._alone)
                self._alone.execute("PRAGMA cache_size=-8000")  # one connection, every message
            cursor = self._alone.execute(statement, values)
            return cursor.rowcount, cursor.lastrowid or 0

    def migrate(self) -> None:
        """Bring the tables to this version; safe when several nodes start at once.

        Raises ConfigurationError where a newer Readout has been at work.
        """
        config = _migrations()
        with self.write() as tx:
            self.hold(tx, _MIGRATION_LOCK)
            config.attributes["connection"] = tx
            try:
                command.upgrade(config, "head")
            except CommandError as error:  # a revision that this code does not know
                raise ConfigurationError(
                    "the tables are of a newer Readout than this one: start that one, or put back "
                    f"the backup that was made before the upgrade ({error})"
                ) from error

    def hold(self, tx: sa.Connection, lock: int) -> None:
        """Let no other node pass here until the transaction ends; SQLite has one writer anyway."""
        if not self.is_sqlite:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))

    def check_writable(self) -> None:
        """Raise OperationalError unless a write transaction can begin."""
        with self.write() as tx:
            asked = None if self.is_sqlite else tx.scalar(sa.text("show transaction_read_only"))
            if asked == "on":
                raise sa.exc.OperationalError("the database is read-only", None, Exception())

    def forget_what_was_freed(self) -> None:
        """Write SQLite's file anew: pages that are free still hold what stood in them."""
        if not self.is_sqlite:
            return
        with self._writer, closing(sqlite3.connect(self.engine.url.database or "")) as alone:
            alone.isolation_level = None
            _set_up(alone)
            alone.execute("VACUUM")
            alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def version(self) -> str:
        """The migration that the tables are at; "" when there are none."""
        with self.read() as tx:
            options = {"version_table": VERSION_TABLE}
            return MigrationContext.configure(tx, opts=options).get_current_revision() or ""

    def close(self) -> None:
        """Close all connections."""
        if self._alone is not None:
            self._alone.close()
        self.engine.dispose()


def wanted_version() -> str:
    """The migration that this code needs."""
    return ScriptDirectory.from_config(_migrations()).get_current_head() or ""


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def after_commit(tx: sa.Connection, callback: Callable[[], None]) -> None:
    """Call back once the transaction of `Database.write()` has committed."""
    pending: list[Callable[[], None]] | None = tx.info.get(_AFTER_COMMIT)
    if pending is not None:
        pending.append(callback)


def hold_place(tx: sa.Connection, space: int, name: str) -> bool:
    """Hold a name until the transaction ends; False on SQLite, whose one writer holds them all."""
    if tx.dialect.name != "postgresql":
        return False
    tx.execute(sa.select(sa.func.pg_advisory_xact_lock(space, sa.func.hashtext(name))))
    return True


def is_passing(error: Exception) -> bool:
    """Whether the database was in trouble (locked, full, away), not what was asked of it."""
    if not isinstance(error, sa.exc.DBAPIError):
        # no connection was free, or it was lost in the middle of a transaction
        return isinstance(error, (sa.exc.TimeoutError, sa.exc.PendingRollbackError))
    beyond_limits = str(getattr(error.orig, "sqlstate", "")).startswith("54")
    operational = isinstance(error, sa.exc.OperationalError) and not beyond_limits
    return error.connection_invalidated or operational


def row_id(done: sa.CursorResult[Any]) -> int:
    """The id that the database gave to a row just inserted."""
    key = done.inserted_primary_key
    if key is None:
        raise RuntimeError("the statement inserted no row")
    return int(key[0])


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigurationError(
            "READOUT_DATABASE_URL is not a database URL, e.g. postgresql+psycopg://user@host/name"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
            connect_args=_NOTICE_DEATH,
            hide_parameters=True,  # they hold patient data, and errors are printed
        )
    raise ConfigurationError("READOUT_DATABASE_URL must begin with sqlite: or postgresql:")


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("the database must be a file: reports outlive the process")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        pool_timeout=60,
        pool_use_lifo=True,  # few connections, and their caches, do the work of a quiet hour
        hide_parameters=True,  # they hold patient data, and errors are printed
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = "IMMEDIATE"
        _set_up(connection)

    return engine


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)

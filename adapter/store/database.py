"""One database, two engines: SQLite embedded, PostgreSQL for several nodes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from adapter.domain.audit import AuditEvent
from adapter.errors import ConfigurationError, TryAgain
from adapter.store import schema
from adapter.store.audit import TOLD, Trail

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
_DISK_FULL = "53100"
_READ_ONLY = "25006"
_TAKE_ROOM = sa.text(  # a megabyte that does not compress, gone with the transaction
    "create temporary table readout_room on commit drop as"
    " select md5(random()::text) from generate_series(1, 16384)"
)
_AFTER_COMMIT = "readout_after_commit"
_MOST_GIVEN = 4 << 20
"""Bytes; a prepared statement keeps the values that it was last given as long as it lives."""
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
        self._given = 0  # bytes, to the statements that it keeps
        self._full = False  # PostgreSQL had no room when something was last written
        sa.event.listen(self.engine, "handle_error", self._heard)

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
                self._alone, self._given = self._open_alone(), 0
            cursor = self._alone.execute(statement, values)
            self._given += sum(len(each) for each in values if type(each) is bytes)
            if self._given > _MOST_GIVEN:
                self._alone.close()
                self._alone = None
            return cursor.rowcount, cursor.lastrowid or 0

    def _open_alone(self) -> sqlite3.Connection:
        path = self.engine.url.database or ""
        alone = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        _set_up(alone)
        alone.execute("PRAGMA cache_size=-8000")  # one connection, every message
        return alone

    def migrate(self) -> None:
        """Bring the tables to this version; safe when several nodes start at once.

        Raises ConfigurationError where a newer Readout has done more than add to them.
        """
        with self.write() as tx:
            self.hold(tx, _MIGRATION_LOCK)
            schema.bring_up(tx)

    def hold(self, tx: sa.Connection, lock: int) -> None:
        """Let no other node pass here until the transaction ends; SQLite has one writer anyway."""
        if not self.is_sqlite:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))

    def check_writable(self) -> None:
        """Raise TryAgain or OperationalError unless something can be written.

        SQLite's own disk is looked at as all others are (store/disk.py).
        """
        with self.write() as tx:
            if self.is_sqlite:
                return
            if tx.scalar(sa.text("show transaction_read_only")) == "on":
                raise TryAgain("the database is read-only")
            if self._full:
                tx.execute(_TAKE_ROOM)
        self._full = False

    def _heard(self, context: sa.engine.ExceptionContext) -> None:
        self._full |= _sqlstate(context.original_exception) == _DISK_FULL

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
            return schema.version(tx)

    def suits(self) -> bool:
        """Whether this Readout can work on the tables as they are."""
        with self.read() as tx:
            return schema.suits(tx)

    def close(self) -> None:
        """Close all connections."""
        if self._alone is not None:
            self._alone.close()
        self.engine.dispose()


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
    state = _sqlstate(error.orig)
    operational = isinstance(error, sa.exc.OperationalError) and not state.startswith("54")
    return error.connection_invalidated or operational or state == _READ_ONLY


def trouble(error: sa.exc.DBAPIError) -> str:
    """What is the matter with the database, for a person."""
    told = str(error.orig)
    if _sqlstate(error.orig) == _DISK_FULL or "disk is full" in told:
        return "the disk of the database is full"
    if _sqlstate(error.orig) == _READ_ONLY or "readonly database" in told:
        return "the database is read-only"
    return "the database does not answer"


def _sqlstate(error: BaseException | None) -> str:
    """Of PostgreSQL's errors; "" of all others."""
    return str(getattr(error, "sqlstate", None) or "")


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

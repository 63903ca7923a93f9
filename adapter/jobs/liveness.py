"""One lock a node says who is alive: no two nodes of one name run, a dead one is adopted."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from typing import IO

import sqlalchemy as sa

from adapter.errors import ConfigurationError, TryAgain
from adapter.store.database import Database

_SPACE = 7001
_TRY_LOCK = sa.text("select pg_try_advisory_lock(:space, hashtext(:node))")
_NOTICE_DEATH = sa.text(  # of a host that vanished: by default the server waits two hours
    "select set_config('tcp_keepalives_idle', '5', false),"
    " set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
_UNLOCK = sa.text("select pg_advisory_unlock(:space, hashtext(:node))")


class NodeLock:
    """Held from start to stop: a file lock beside SQLite, a session lock on PostgreSQL."""

    def __init__(self, database: Database, node: str, patience_s: float = 10.0) -> None:
        self._database = database
        self._node = node
        self._patience_s = patience_s
        self._file: IO[str] | None = None
        self._session: sa.Connection | None = None

    def take(self) -> None:
        """Take the lock; raises ConfigurationError when a live node holds this name."""
        deadline = time.monotonic() + self._patience_s
        while not self._try():
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"node {self._node} already runs on this database; "
                    "stop it, or give this one another READOUT_NODE_ID"
                )
            time.sleep(0.1)

    def keep(self) -> None:
        """Take the lock again if the database lost our session; call now and then.

        Raises TryAgain, or the database's error while that is away.
        """
        if self._file is not None:
            return
        if self._session is not None:
            try:
                self._session.execute(sa.text("select 1"))
            except sa.exc.DBAPIError:
                with contextlib.suppress(sa.exc.SQLAlchemyError):
                    self._session.invalidate()
                self._session = None
            else:
                return
        if not self._try():
            raise TryAgain(f"another process runs as node {self._node}, or its end is not known")

    def release(self) -> None:
        """Give the name free."""
        if self._file is not None:
            self._file.close()
        if self._session is not None:
            self._session.close()

    @contextlib.contextmanager
    def of_dead(self, node: str) -> Iterator[bool]:
        """Hold a node's lock for a moment: True when it is this node, or one that is dead."""
        if node == self._node or self._file is not None:  # beside SQLite nobody else lives
            yield True
            return
        with self._autocommit() as session:
            dead = bool(session.execute(_TRY_LOCK, {"space": _SPACE, "node": node}).scalar())
            try:
                yield dead
            finally:
                if dead:
                    session.execute(_UNLOCK, {"space": _SPACE, "node": node})

    def _try(self) -> bool:
        return self._try_file() if self._database.is_sqlite else self._try_session()

    def _try_file(self) -> bool:
        file = open(f"{self._database.engine.url.database}.lock", "a")  # noqa: SIM115 - held
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def _try_session(self) -> bool:
        session = self._autocommit()
        try:
            session.execute(_NOTICE_DEATH)
            if session.execute(_TRY_LOCK, {"space": _SPACE, "node": self._node}).scalar():
                self._session = session
                return True
        finally:
            if self._session is not session:
                session.close()
        return False

    def _autocommit(self) -> sa.Connection:
        return self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

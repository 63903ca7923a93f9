"""Opens the database of an installation to look into it; never makes or changes one."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from adapter.acting import in_name_of
from adapter.audit.heads import HeadKeeper
from adapter.audit.keys import open_keys
from adapter.clock import SystemClock
from adapter.domain.audit import Agent, AgentKind, Verb
from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.store import audit
from adapter.store.audit import Trail
from adapter.store.database import Database
from adapter.store.unlocking import unlock


class NoDatabaseYet(ConfigurationError):
    """The service has never run on this database."""


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database with tables; raises NoDatabaseYet, or ConfigurationError when it is away."""
    if not settings.database_url and not (settings.data_dir / "readout.sqlite").is_file():
        raise NoDatabaseYet(
            f"there is no database in {settings.data_dir} yet: `readout serve` makes it"
        )
    key_file, heads_file = settings.audit_files
    keys, moved = open_keys(key_file), list[bool]()
    trail = Trail(settings.node_id, keys, moved=lambda: moved.append(True))
    database = Database(settings.resolved_database_url, trail)
    try:
        if not database.version():
            raise NoDatabaseYet("the database holds no tables yet: `readout serve` makes them")
        if database.suits():
            unlock(database, settings.master_key_file, SystemClock())
        with in_name_of(_operator()):
            yield database
        if moved:
            HeadKeeper(database, keys, heads_file).keep()
    except sa.exc.SQLAlchemyError as error:
        raise ConfigurationError(
            f"the database does not answer ({type(error).__name__}): check READOUT_DATABASE_URL"
        ) from None
    finally:
        database.close()


def told(database: Database, verb: Verb, what: str, accession: str = "") -> None:
    """Record what the operator is about to see."""
    with database.write() as tx:
        audit.tell(tx, verb, accession, what)


def _operator() -> Agent:
    """Who runs the command on this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        user = str(os.getuid())
    return Agent(AgentKind.PERSON, user, role="operator", address=socket.gethostname())

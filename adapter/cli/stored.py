"""Opens the database of an installation to look into it; never makes or changes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.store.database import Database


class NoDatabaseYet(ConfigurationError):
    """The service has never run on this database."""


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database with tables; raises NoDatabaseYet, or ConfigurationError when it is away."""
    if not settings.database_url and not (settings.data_dir / "readout.sqlite").is_file():
        raise NoDatabaseYet(
            f"there is no database in {settings.data_dir} yet: `readout serve` makes it"
        )
    database = Database(settings.resolved_database_url)
    try:
        if not database.version():
            raise NoDatabaseYet("the database holds no tables yet: `readout serve` makes them")
        yield database
    except sa.exc.SQLAlchemyError as error:
        raise ConfigurationError(
            f"the database does not answer ({type(error).__name__}): check READOUT_DATABASE_URL"
        ) from None
    finally:
        database.close()

"""Opens the database of a node by its settings."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.store.audit import Sealer, Trail
from adapter.store.database import Database
from adapter.store.disk import disks


def open_database(settings: Settings, keys: Sealer) -> Database:
    """With its tables at this version; raises ConfigurationError."""
    database = Database(settings.resolved_database_url, Trail(settings.node_id, keys))
    try:
        database.migrate()
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        database.close()
        told = str(getattr(error, "orig", error)).partition("\n")[0]
        found = (each.trouble() for each in disks(settings.folders, 0))
        reason = next(filter(None, found), told)
        raise ConfigurationError(
            f"the database cannot be opened: {reason}; check READOUT_DATABASE_URL"
        ) from None
    return database

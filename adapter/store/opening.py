"""Opens the database of a node by its settings."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.store.audit import Sealer, Trail
from adapter.store.database import Database


def open_database(settings: Settings, keys: Sealer) -> Database:
    """With its tables at this version; raises ConfigurationError."""
    database = Database(settings.resolved_database_url, Trail(settings.node_id, keys))
    try:
        database.migrate()
    except sa.exc.OperationalError as error:
        database.close()
        reason = str(error.orig).partition("\n")[0]
        raise ConfigurationError(
            f"the database cannot be opened: {reason}; check READOUT_DATABASE_URL"
        ) from None
    return database

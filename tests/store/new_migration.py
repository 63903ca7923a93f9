"""`make migration M="what changes"`: writes the migration from the last one to the tables."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from adapter.store import migrations
from adapter.store.database import Database


def main(message: str) -> None:
    """Write the next file under adapter/store/migrations/versions; read it before you commit it."""
    folder = Path(next(iter(migrations.__path__)))
    number = len(list((folder / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as place:
        database = Database(f"sqlite:///{place}/tables.sqlite")
        if number > 1:
            database.migrate()
        config = Config()
        config.set_main_option("script_location", str(folder))
        with database.engine.begin() as tx:
            config.attributes["connection"] = tx
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        database.close()


if __name__ == "__main__":
    main(sys.argv[1])

"""Databases with all tables: the migrations run once, each test takes a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

from adapter.store.database import Database


def migrated(url: str) -> str:
    """Make the tables of a database; returns its URL."""
    database = Database(url)
    database.migrate()
    database.close()
    return url


def copied(empty: Path, path: Path) -> Database:
    """A SQLite database at this path, its file a copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(empty, path)
    return Database(f"sqlite:///{path}")

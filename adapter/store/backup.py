"""A copy of the embedded database while it is in use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from adapter.errors import ConfigurationError

_PAGES = 2000  # at once; writers get their turn in between


def copy_online(database: Path, target: Path) -> int:
    """Copy by SQLite's online backup, check the copy, put it in place; its size in bytes."""
    new = target.with_suffix(".new")
    new.unlink(missing_ok=True)
    source, copy = sqlite3.connect(database), sqlite3.connect(new)
    try:
        source.backup(copy, pages=_PAGES, sleep=0.01)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        (told,) = copy.execute("PRAGMA integrity_check").fetchone()
    finally:
        copy.close()
        source.close()
    if told != "ok":
        raise ConfigurationError(f"the copy of {database} is damaged ({told}); look at the disk")
    new.replace(target)
    return target.stat().st_size

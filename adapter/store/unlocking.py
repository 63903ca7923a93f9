"""Opens the vault of a database by the site's settings."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from adapter.key_file import read_keys
from adapter.ports import Clock
from adapter.store.data_keys import check_unlocked, open_vault
from adapter.store.database import Database
from adapter.store.sealed import give_vault
from adapter.store.vault import SETTING, Vault


def unlock(database: Database, master_key_file: Path | None, clock: Clock) -> Vault | None:
    """Seal what is written from now on, and open what was; None: everything is in the clear.

    Raises ConfigurationError where the key is missing or the wrong one.
    """
    if master_key_file is None:
        check_unlocked(database)
        return None
    now = clock.now().isoformat(timespec="seconds")
    vault = open_vault(database, partial(read_keys, master_key_file, SETTING), now)
    give_vault(database.engine, vault)
    return vault

"""Data keys of the vault, each wrapped by a master key that is not in the database."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.errors import ConfigurationError
from adapter.store.database import Database
from adapter.store.tables import data_key
from adapter.store.vault import SETTING, KeyRing, Vault

_NONCE = 12
_LOCK = 7_001_003


def open_vault(database: Database, masters: Callable[[], Sequence[bytes]], now: str) -> Vault:
    """The vault of this database; its first data key is made. Raises ConfigurationError.

    The master keys are asked for anew with the data keys: another one may wrap them by then.
    """
    with database.write() as tx:
        if not _rows(tx, database):
            _add(tx, masters()[-1], now)
    return Vault(lambda: _ring(database, masters()))


def check_unlocked(database: Database) -> None:
    """Raise ConfigurationError where the database holds sealed data and no master key is set."""
    with database.read() as tx:
        if tx.execute(sa.select(data_key.c.id).limit(1)).first() is not None:
            raise ConfigurationError(
                f"this database holds encrypted data: set {SETTING} to the file of its master key"
            )


def new_data_key(database: Database, masters: Sequence[bytes], now: str) -> str:
    """A data key that seals what comes from now on; its id."""
    with database.write() as tx:
        _rows(tx, database)
        return _add(tx, masters[-1], now)


def rewrap(database: Database, masters: Sequence[bytes]) -> int:
    """Let the newest master key wrap every data key; how many another one did."""
    newest = master_id(masters[-1])
    with database.write() as tx:
        other = [row for row in _rows(tx, database) if row.master_id != newest]
        for row in other:
            key = _unwrapped(row, masters)
            values = {"wrapped": _wrapped(key, row.id, masters[-1]), "master_id": newest}
            tx.execute(sa.update(data_key).where(data_key.c.id == row.id).values(values))
    return len(other)


def master_id(master: bytes) -> str:
    """Names a master key without telling it."""
    return hashlib.sha256(b"readout master key\n" + master).hexdigest()[:8]


def _rows(tx: sa.Connection, database: Database) -> Sequence[sa.Row[tuple[str, bytes, str]]]:
    """Oldest first; of two nodes at once the second one waits."""
    if not database.is_sqlite:
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    columns = (data_key.c.id, data_key.c.wrapped, data_key.c.master_id)
    return tx.execute(sa.select(*columns).order_by(data_key.c.number)).all()


def _ring(database: Database, masters: Sequence[bytes]) -> KeyRing:
    with database.read() as tx:
        columns = (data_key.c.id, data_key.c.wrapped, data_key.c.master_id)
        rows = tx.execute(sa.select(*columns).order_by(data_key.c.number)).all()
    return KeyRing({row.id: _unwrapped(row, masters) for row in rows}, rows[-1].id)


def _add(tx: sa.Connection, master: bytes, now: str) -> str:
    id_, key = secrets.token_hex(4), AESGCM.generate_key(256)
    count = tx.execute(sa.select(sa.func.count()).select_from(data_key)).scalar_one()
    values = {
        "number": count + 1,
        "id": id_,
        "wrapped": _wrapped(key, id_, master),
        "master_id": master_id(master),
        "created_at": now,
    }
    tx.execute(sa.insert(data_key).values(values))
    return id_


def _wrapped(key: bytes, id_: str, master: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(master).encrypt(nonce, key, id_.encode())


def _unwrapped(row: sa.Row[tuple[str, bytes, str]], masters: Sequence[bytes]) -> bytes:
    for master in masters:
        if master_id(master) == row.master_id:
            body = bytes(row.wrapped)
            try:
                return AESGCM(master).decrypt(body[:_NONCE], body[_NONCE:], row.id.encode())
            except InvalidTag:
                raise ConfigurationError(
                    f"data key {row.id} was changed in the database: put back a backup of it"
                ) from None
    raise ConfigurationError(
        f"data key {row.id} is wrapped by master key {row.master_id}, which is not in the file of "
        f"{SETTING}: put that key back, as a line above the newer ones"
    )

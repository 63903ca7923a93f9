"""Columns whose values are sealed by the vault of their database, where it has one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from adapter.store.vault import Vault

_VAULT = "readout_vault"


class SealedBytes(sa.TypeDecorator[bytes]):
    """Bytes; `what` names them, as table.column."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, what: str = "") -> None:
        super().__init__()
        self.what = what

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Seal."""
        vault = vault_of(dialect)
        return value if vault is None or value is None else vault.seal(value, self.what)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Open."""
        vault = vault_of(dialect)
        if value is None or vault is None:
            return value
        return vault.open(bytes(value), self.what)


class SealedText(sa.TypeDecorator[str]):
    """Text; `what` names it, as table.column."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, what: str = "") -> None:
        super().__init__()
        self.what = what

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Seal."""
        vault = vault_of(dialect)
        return value if vault is None or value is None else vault.seal_text(value, self.what)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Open."""
        vault = vault_of(dialect)
        return value if vault is None or value is None else vault.open_text(value, self.what)


def vault_of(dialect: sa.Dialect) -> Vault | None:
    """The vault of this database."""
    found: Vault | None = getattr(dialect, _VAULT, None)
    return found


def give_vault(engine: sa.Engine, vault: Vault | None) -> None:
    """Seal what this engine writes from now on."""
    setattr(engine.dialect, _VAULT, vault)

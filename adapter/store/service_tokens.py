"""Service tokens: only their hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.store.access_tables import service_token


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A token of a program; times are ISO 8601, UTC, `expires_at` empty: it does not end."""

    name: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str = ""
    used_at: str = ""
    revoked_at: str = ""

    def is_good(self, now: str) -> bool:
        """Whether it lets anybody in at this moment."""
        return not self.revoked_at and (not self.expires_at or self.expires_at > now)


def add(tx: sa.Connection, sha256: str, token: ServiceToken) -> bool:
    """Keep a new one; False where the name is taken by one that is not revoked."""
    taken = sa.select(service_token.c.name).where(
        service_token.c.name == token.name, service_token.c.revoked_at == ""
    )
    if tx.execute(taken).first() is not None:
        return False
    tx.execute(
        sa.insert(service_token).values(
            sha256=sha256,
            name=token.name,
            scopes=" ".join(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )
    return True


def find(tx: sa.Connection, sha256: str) -> ServiceToken | None:
    """The one of this hash, whether it is good or not."""
    row = tx.execute(sa.select(service_token).where(service_token.c.sha256 == sha256)).first()
    return None if row is None else _token(row)


def listed(tx: sa.Connection) -> list[ServiceToken]:
    """All, oldest first."""
    query = sa.select(service_token).order_by(service_token.c.created_at, service_token.c.name)
    return [_token(row) for row in tx.execute(query)]


def used(tx: sa.Connection, sha256: str, now: str) -> None:
    """It has let somebody in."""
    tx.execute(sa.update(service_token).where(service_token.c.sha256 == sha256).values(used_at=now))


def revoke(tx: sa.Connection, name: str, now: str) -> bool:
    """End the one of this name; False where there is none that is good."""
    done = tx.execute(
        sa.update(service_token)
        .where(service_token.c.name == name, service_token.c.revoked_at == "")
        .values(revoked_at=now)
    )
    return bool(done.rowcount)


def _token(row: sa.Row[tuple[str, ...]]) -> ServiceToken:
    return ServiceToken(
        row.name,
        tuple(row.scopes.split()),
        row.created_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
    )

"""Tokens of our own for programs: shown once, kept as a hash, with an end and a last use."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.domain.access import SCOPE_PATTERN, holds
from adapter.domain.audit import Verb
from adapter.domain.identifiers import sha256_hex
from adapter.errors import Conflict, NotFound, Rejected
from adapter.ports import Clock
from adapter.store import audit, service_tokens
from adapter.store.database import Database
from adapter.store.service_tokens import ServiceToken
from adapter.workflow.study_flow import iso

PREFIX = "rdo_"
"""By which scanners of secrets know one."""
_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOLD_EVERY = timedelta(minutes=1)  # a last use is written no more often


@dataclass(frozen=True, slots=True)
class ServiceTokens:
    """The tokens of one house; `most`: the scopes that one may hold (role `service`)."""

    database: Database
    clock: Clock
    most: frozenset[str]

    def create(self, name: str, scopes: Iterable[str], days: float | None) -> str:
        """A new token, told this once; raises Rejected (name, scope) and Conflict (name taken)."""
        if not _NAME.fullmatch(name):
            raise Rejected("a name is 1 to 64 letters, digits, dots, dashes", code="name")
        wanted = tuple(dict.fromkeys(scopes))
        if wrong := [each for each in wanted if not re.fullmatch(SCOPE_PATTERN, each)]:
            raise Rejected(f"{', '.join(wrong)} is no scope; see deploy/access.md", code="scope")
        if beyond := sorted(set(wanted) - self._allowed(wanted)):
            told = f"{', '.join(beyond)} is beyond the role `service` of roles.yaml"
            raise Rejected(told, code="scope")
        if not wanted:
            raise Rejected("a token needs a scope", code="scope")
        now = self.clock.now()
        ends = iso(now + timedelta(days=days)) if days is not None else ""
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        with self.database.write() as tx:
            made = ServiceToken(name, wanted, iso(now), ends)
            if not service_tokens.add(tx, _hash(secret), made):
                raise Conflict(f"there is a token {name} already; revoke it first", code="name")
            audit.tell(tx, Verb.CONFIGURE, "", f"token {name}", f"created: {' '.join(wanted)}")
        return secret

    def find(self, secret: str) -> ServiceToken | None:
        """The token, None where it is unknown, revoked or over; its use is noted."""
        hashed, now = _hash(secret), self.clock.now()
        with self.database.read() as tx:
            found = service_tokens.find(tx, hashed)
        if found is None or not found.is_good(iso(now)):
            return None
        if not found.used_at or now - datetime.fromisoformat(found.used_at) > _TOLD_EVERY:
            with self.database.write() as tx:
                service_tokens.used(tx, hashed, iso(now))
        return found

    def scopes(self, token: ServiceToken) -> frozenset[str]:
        """What it may do today: what the role `service` has lost since, it has lost too."""
        return self._allowed(token.scopes)

    def listed(self) -> list[ServiceToken]:
        """All, oldest first."""
        with self.database.read() as tx:
            return service_tokens.listed(tx)

    def revoke(self, name: str) -> None:
        """End it at once; raises NotFound."""
        with self.database.write() as tx:
            if not service_tokens.revoke(tx, name, iso(self.clock.now())):
                raise NotFound(f"there is no token {name} that is good", code="not-found")
            audit.tell(tx, Verb.CONFIGURE, "", f"token {name}", "revoked")

    def _allowed(self, scopes: Iterable[str]) -> frozenset[str]:
        return frozenset(each for each in scopes if holds(self.most, each))


def _hash(secret: str) -> str:
    return sha256_hex(secret.encode("utf-8", "replace"))

"""Who has signed in, and who may: only hashes of what a browser holds are kept."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.people import Practitioner
from adapter.store.tables import session

CODE, SESSION = "code", "session"


class Ticket(NamedTuple):
    """A one-time code or a session: whose, and until when (ISO 8601, UTC)."""

    person: Practitioner
    expires_at: str


def add(tx: sa.Connection, kind: str, sha256: str, ticket: Ticket, now: str) -> None:
    """Keep a new one, and drop all whose time is over."""
    tx.execute(sa.delete(session).where(session.c.expires_at <= now))
    tx.execute(
        sa.insert(session).values(
            sha256=sha256,
            kind=kind,
            person_json=to_json(ticket.person),
            created_at=now,
            expires_at=ticket.expires_at,
        )
    )


def find(tx: sa.Connection, kind: str, sha256: str, now: str) -> Ticket | None:
    """The one of this hash, None where it is unknown or its time is over."""
    query = sa.select(session.c.person_json, session.c.expires_at).where(
        session.c.sha256 == sha256, session.c.kind == kind, session.c.expires_at > now
    )
    row = tx.execute(query).first()
    return None if row is None else Ticket(from_json(Practitioner, row[0]), row[1])


def take(tx: sa.Connection, kind: str, sha256: str, now: str) -> Ticket | None:
    """Like `find`, and it is used up: of two that take it at once, one has it."""
    found = find(tx, kind, sha256, now)
    return found if found is not None and remove(tx, kind, sha256) else None


def remove(tx: sa.Connection, kind: str, sha256: str) -> bool:
    """End it; False when there was none."""
    done = tx.execute(sa.delete(session).where(session.c.sha256 == sha256, session.c.kind == kind))
    return bool(done.rowcount)

"""Who has signed in, and who may: only hashes of what a browser holds are kept."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from adapter.domain.codec import from_json, to_json
from adapter.domain.people import Practitioner
from adapter.store.access_tables import session

CODE, SESSION = "code", "session"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A one-time code or a session: whose, and until when; times are ISO 8601, UTC."""

    person: Practitioner
    expires_at: str
    roles: tuple[str, ...] = ()
    how: str = "link"  # it was opened: link, login or launch
    subject: str = ""  # issuer and `sub` of the login, by a line end
    sid: str = ""  # the login's session at its issuer
    labels: tuple[str, ...] = ()  # access labels that its claims gave
    created_at: str = ""
    seen_at: str = ""
    sha256: str = ""


def add(tx: sa.Connection, kind: str, sha256: str, ticket: Ticket, now: str) -> None:
    """Keep a new one, and drop all whose time is over."""
    tx.execute(sa.delete(session).where(session.c.expires_at <= now))
    tx.execute(
        sa.insert(session).values(
            sha256=sha256,
            kind=kind,
            person_json=to_json(ticket.person),
            created_at=now,
            seen_at=now,
            expires_at=ticket.expires_at,
            roles=" ".join(ticket.roles),
            how=ticket.how,
            subject=ticket.subject,
            sid=ticket.sid,
            labels=" ".join(ticket.labels),
        )
    )


def find(tx: sa.Connection, kind: str, sha256: str, now: str) -> Ticket | None:
    """The one of this hash, None where it is unknown or its time is over."""
    query = sa.select(session).where(
        session.c.sha256 == sha256, session.c.kind == kind, session.c.expires_at > now
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else _ticket(row)


def listed(tx: sa.Connection, now: str) -> list[Ticket]:
    """Open sessions, oldest first."""
    query = sa.select(session).where(session.c.kind == SESSION, session.c.expires_at > now)
    return [_ticket(row) for row in tx.execute(query.order_by(session.c.created_at)).mappings()]


def seen(tx: sa.Connection, sha256: str, now: str) -> None:
    """Its owner is there."""
    tx.execute(sa.update(session).where(session.c.sha256 == sha256).values(seen_at=now))


def take(tx: sa.Connection, kind: str, sha256: str, now: str) -> Ticket | None:
    """Like `find`, and it is used up: of two that take it at once, one has it."""
    found = find(tx, kind, sha256, now)
    return found if found is not None and remove(tx, kind, sha256) else None


def remove(tx: sa.Connection, kind: str, sha256: str) -> bool:
    """End it; False when there was none."""
    done = tx.execute(sa.delete(session).where(session.c.sha256 == sha256, session.c.kind == kind))
    return bool(done.rowcount)


def _ticket(row: sa.RowMapping) -> Ticket:
    return Ticket(
        person=from_json(Practitioner, row["person_json"]),
        expires_at=row["expires_at"],
        roles=tuple(row["roles"].split()),
        how=row["how"],
        subject=row["subject"],
        sid=row["sid"],
        labels=tuple(row["labels"].split()),
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        sha256=row["sha256"],
    )

"""Signing in: a link that works once becomes a session of a browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from adapter.acting import acting
from adapter.domain.audit import Agent, AgentKind, AuditEvent, Outcome, Verb
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.errors import Rejected
from adapter.ports import Clock
from adapter.store import audit, sessions
from adapter.store.database import Database
from adapter.store.sessions import CODE, SESSION, Ticket
from adapter.workflow.study_flow import iso

LINK_HOURS = 24.0
"""How long a one-time link works, in hours."""


class NotSignedIn(Rejected):
    """Nobody has signed in, or the session is over (HTTP 401)."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class SignIn:
    """The desk at which browsers sign in; `hours`: the life of a session."""

    database: Database
    clock: Clock
    hours: float = 12.0

    def new_code(self, person: Practitioner) -> str:
        """A code that opens one session for this person."""
        return self._issue(CODE, person, LINK_HOURS, Verb.CONFIGURE, "sign-in link")

    def redeem(self, code: str, old_session: str = "") -> tuple[str, Practitioner]:
        """A new session for a code; the session that the browser held ends. Raises NotSignedIn."""
        now = iso(self.clock.now())
        with self.database.write() as tx:
            ticket = sessions.take(tx, CODE, _hash(code), now)
            sessions.remove(tx, SESSION, _hash(old_session))
            if ticket is None:
                failed = Outcome.SERIOUS_FAILURE
                audit.tell(tx, Verb.SIGN_IN, "", "sign-in link", outcome=failed)
        if ticket is None:
            told = "this link has been used or is too old; `readout sign-in` makes a new one"
            raise NotSignedIn(told, code="sign-in")
        session = self._issue(SESSION, ticket.person, self.hours, Verb.SIGN_IN, "session")
        return session, ticket.person

    def person(self, session: str) -> Practitioner | None:
        """Whose session this is; None: of nobody any more."""
        if not session:
            return None
        with self.database.read() as tx:
            found = sessions.find(tx, SESSION, _hash(session), iso(self.clock.now()))
        return found.person if found else None

    def sign_out(self, session: str) -> None:
        """End a session."""
        with self.database.write() as tx:
            found = sessions.find(tx, SESSION, _hash(session), iso(self.clock.now()))
            if found is not None and sessions.remove(tx, SESSION, _hash(session)):
                _tell(tx, Verb.SIGN_OUT, found.person, "session")

    def _issue(self, kind: str, person: Practitioner, hours: float, verb: Verb, what: str) -> str:
        secret, now = secrets.token_urlsafe(32), self.clock.now()
        ticket = Ticket(person, iso(now + timedelta(hours=hours)))
        with self.database.write() as tx:
            sessions.add(tx, kind, _hash(secret), ticket, iso(now))
            _tell(tx, verb, person, what)
        return secret


def _tell(tx: sa.Connection, verb: Verb, person: Practitioner, what: str) -> None:
    """Of a caller whom nobody knew before, the person is the agent."""
    now = acting()
    if now.agent.kind is not AgentKind.NOBODY:
        audit.tell(tx, verb, "", what, person=person.id)
        return
    name = " ".join(filter(None, (person.given, person.family)))
    agent = Agent(AgentKind.PERSON, person.id, name, address=now.agent.address)
    audit.tell_event(tx, AuditEvent(verb, object=what, agent=agent, request=now.request))


def _hash(secret: str) -> str:
    return sha256_hex(secret.encode("utf-8", "replace"))

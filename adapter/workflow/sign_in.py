"""Signing in: a one-time link, or a login elsewhere, becomes a session of a browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapter.acting import acting
from adapter.domain.audit import Agent, AgentKind, AuditEvent, Outcome, Verb
from adapter.domain.identifiers import sha256_hex
from adapter.domain.people import Practitioner
from adapter.errors import NotFound, Rejected
from adapter.ports import Clock
from adapter.store import audit, sessions
from adapter.store.database import Database
from adapter.store.sessions import CODE, SESSION, Ticket
from adapter.workflow.study_flow import iso

LINK_HOURS = 24.0
"""How long a one-time link works, in hours."""
_SHOWN = 12  # characters of a session's hash by which it is named
_LOOKS = 10  # an idle time is told to a tenth


class NotSignedIn(Rejected):
    """Nobody has signed in, or the session is over (HTTP 401)."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class SignIn:
    """The desk at which browsers sign in.

    `hours`: the life of a session; `idle_minutes`: without an act of its owner, 0: as long.
    """

    database: Database
    clock: Clock
    hours: float = 12.0
    idle_minutes: float = 0.0

    def new_code(self, person: Practitioner, roles: tuple[str, ...] = ()) -> str:
        """A code that opens one session for this person."""
        ticket = Ticket(person, self._end(LINK_HOURS), roles)
        return self._issue(CODE, ticket, Verb.CONFIGURE, "sign-in link")

    def redeem(self, code: str, old_session: str = "") -> tuple[str, Practitioner]:
        """A new session for a code; the session that the browser held ends. Raises NotSignedIn."""
        with self.database.write() as tx:
            ticket = sessions.take(tx, CODE, _hash(code), self._now())
        if ticket is None:
            self.failed("sign-in link")
            told = "this link has been used or is too old; `readout sign-in` makes a new one"
            raise NotSignedIn(told, code="sign-in")
        return self.open(ticket, old_session), ticket.person

    def failed(self, how: str) -> None:
        """Record that somebody was not let in."""
        with self.database.write() as tx:
            audit.tell(tx, Verb.SIGN_IN, "", how, outcome=Outcome.SERIOUS_FAILURE)

    def open(self, ticket: Ticket, old_session: str = "") -> str:
        """The secret of a new session; the one that the browser held before ends (no fixation)."""
        with self.database.write() as tx:
            sessions.remove(tx, SESSION, _hash(old_session))
        ends = replace(ticket, expires_at=self._end(self.hours))
        return self._issue(SESSION, ends, Verb.SIGN_IN, "session")

    def session(self, session: str, *, acts: bool = True) -> Ticket | None:
        """The session of this secret, None: it is over; `acts`: its owner does something now."""
        if not session:
            return None
        hashed, now = _hash(session), self.clock.now()
        with self.database.read() as tx:
            found = sessions.find(tx, SESSION, hashed, iso(now))
        if found is None or not self.idle_minutes:
            return found
        still = now - datetime.fromisoformat(found.seen_at or found.created_at)
        allowed = timedelta(minutes=self.idle_minutes)
        if still >= allowed:
            self._end_session(found, "idle")
            return None
        if acts and still > allowed / _LOOKS:
            with self.database.write() as tx:
                sessions.seen(tx, hashed, iso(now))
        return found

    def person(self, session: str) -> Practitioner | None:
        """Whose session this is; None: of nobody any more."""
        found = self.session(session)
        return found.person if found else None

    def sign_out(self, session: str) -> Ticket | None:
        """End a session; what it was."""
        found = self.session(session)
        if found is not None:
            self._end_session(found)
        return found

    def sign_out_login(self, subject: str, sid: str) -> int:
        """End what a login elsewhere has opened; how many sessions."""
        wanted = [
            each
            for each in self.listed()
            if (subject or sid) and subject in ("", each.subject) and sid in ("", each.sid)
        ]
        for each in wanted:
            self._end_session(each, "back-channel logout")
        return len(wanted)

    def listed(self) -> list[Ticket]:
        """Open sessions, oldest first."""
        with self.database.read() as tx:
            return sessions.listed(tx, self._now())

    def revoke(self, name: str, by: str) -> Practitioner:
        """End the session of this name (`name_of`); raises NotFound."""
        found = [each for each in self.listed() if name_of(each) == name]
        if not found:
            raise NotFound(f"there is no open session {name}", code="not-found")
        self._end_session(found[0], f"by {by}")
        return found[0].person

    def _end_session(self, ticket: Ticket, why: str = "") -> None:
        with self.database.write() as tx:
            if sessions.remove(tx, SESSION, ticket.sha256):
                _tell(tx, Verb.SIGN_OUT, ticket.person, "session", why)

    def _issue(self, kind: str, ticket: Ticket, verb: Verb, what: str) -> str:
        secret = secrets.token_urlsafe(32)
        with self.database.write() as tx:
            sessions.add(tx, kind, _hash(secret), ticket, self._now())
            _tell(tx, verb, ticket.person, what, f"{ticket.how}: {', '.join(ticket.roles)}")
        return secret

    def _now(self) -> str:
        return iso(self.clock.now())

    def _end(self, hours: float) -> str:
        return iso(self.clock.now() + timedelta(hours=hours))


def name_of(ticket: Ticket) -> str:
    """How people name a session: a part of its hash, which opens nothing."""
    return ticket.sha256[:_SHOWN]


def _tell(tx: sa.Connection, verb: Verb, person: Practitioner, what: str, detail: str = "") -> None:
    """Of a caller whom nobody knew before, the person is the agent."""
    now = acting()
    if now.agent.kind is not AgentKind.NOBODY:
        audit.tell(tx, verb, "", what, detail, person=person.id)
        return
    name = " ".join(filter(None, (person.given, person.family)))
    agent = Agent(AgentKind.PERSON, person.id, name, address=now.agent.address)
    made = AuditEvent(verb, object=what, detail=detail, agent=agent, request=now.request)
    audit.tell_event(tx, made)


def _hash(secret: str) -> str:
    return sha256_hex(secret.encode("utf-8", "replace"))

"""Readings are on disk before they are answered; many at once share one transaction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from adapter.domain.audit import Agent, AgentKind, AuditEvent, Outcome, Verb
from adapter.store import audit
from adapter.store.database import Database
from adapter.workflow.access_trail import REPEAT_S, AccessTrail

GRAY = Agent(AgentKind.PERSON, "123")


def reading(accession: str, agent: Agent = GRAY) -> AuditEvent:
    return AuditEvent(Verb.READ, accession, "GET /studies", agent=agent)


def told(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as tx:
        return [(each.verb, each.accession, each.detail) for each in audit.every(tx)]


def test_all_that_come_at_once_are_there_when_each_returns(database: Database) -> None:
    trail = AccessTrail(database)

    def look(number: int) -> bool:
        trail.record([reading(f"A{number}")])
        return ("read", f"A{number}", "") in told(database)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(look, range(40)))
    assert len(told(database)) == 40


def test_what_nobody_does_again_and_again_cannot_fill_the_trail(database: Database) -> None:
    now = [0.0]
    trail = AccessTrail(database, lambda: now[0])
    nobody = Agent(AgentKind.NOBODY, "", address="192.0.2.1")
    refused = AuditEvent(Verb.REFUSED, "", "GET /api", "login", Outcome.SERIOUS_FAILURE, "", nobody)
    for _ in range(50):
        trail.record([refused])
    now[0] = REPEAT_S
    trail.record([refused])
    assert [detail for _, _, detail in told(database)] == ["login", "login (and 49 times before)"]


def test_who_cannot_be_recorded_is_told_so_and_is_recorded_later(database: Database) -> None:
    trail = AccessTrail(database)
    with database.write() as tx:
        tx.execute(sa.text("ALTER TABLE readout_audit RENAME TO away"))
    for _ in range(2):
        with pytest.raises(sa.exc.SQLAlchemyError):
            trail.record([reading("A1")])
    with database.write() as tx:
        tx.execute(sa.text("ALTER TABLE away RENAME TO readout_audit"))
    trail.record([reading("A1")])
    assert told(database) == [("read", "A1", "")]

"""A session ends by idling and by its absolute age, whatever its owner does."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from adapter.domain.audit import Verb
from adapter.store import audit
from adapter.store.access_tables import session
from adapter.store.audit import Wanted
from adapter.store.database import Database
from adapter.store.sessions import Ticket
from adapter.workflow.sign_in import SignIn
from tests.fakes.clock import FakeClock
from tests.fakes.house import DR_GRAY

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(sqlite: Database, clock: FakeClock) -> SignIn:
    return SignIn(sqlite, clock, hours=2.0, idle_minutes=30.0)


def test_its_secret_is_random_and_kept_as_a_hash(desk: SignIn) -> None:
    made = {desk.open(Ticket(DR_GRAY, "")) for _ in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in made)  # 256 bits
    with desk.database.read() as tx:
        kept = str(tx.execute(sa.select(session)).all())
    assert not [each for each in made if each in kept]


def test_it_ends_when_its_owner_does_nothing(desk: SignIn, clock: FakeClock) -> None:
    session = desk.open(Ticket(DR_GRAY, ""))
    clock.forward(29 * 60)
    assert desk.session(session, acts=False) is not None  # the open page asks by itself
    clock.forward(2 * 60)
    assert desk.session(session) is None
    with desk.database.read() as tx:
        (row,) = audit.listed(tx, Wanted(verb=Verb.SIGN_OUT), 10)
    assert row.detail == "idle"


def test_an_act_keeps_it_open_and_its_age_ends_it(desk: SignIn, clock: FakeClock) -> None:
    session = desk.open(Ticket(DR_GRAY, ""))
    for _ in range(5):
        clock.forward(20 * 60)
        assert desk.session(session) is not None
    clock.forward(HOUR / 3 + 1)  # acts went on, two hours are over
    assert desk.session(session) is None


def test_without_an_idle_time_only_its_age_counts(sqlite: Database, clock: FakeClock) -> None:
    desk = SignIn(sqlite, clock, hours=12.0)
    session = desk.open(Ticket(DR_GRAY, "", labels=("north",)))
    clock.forward(11.9 * HOUR)
    found = desk.session(session)
    assert found is not None
    assert found.labels == ("north",)
    clock.forward(0.2 * HOUR)
    assert desk.session(session) is None

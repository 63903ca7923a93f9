"""One node at a time works a lane, whatever the others believe of it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from adapter.errors import TryAgain
from adapter.jobs.lanes import Lanes
from adapter.store import lanes
from adapter.store.database import Database
from adapter.store.node_tables import lane
from tests.peers import postgres

pytestmark = pytest.mark.peer
LONG_S, SHORT_S = 60.0, 3.0


@pytest.fixture(scope="module")
def shared(empty_postgres: str) -> Iterator[Database]:
    database = Database(postgres.copy_of(empty_postgres))
    yield database
    database.close()


@pytest.fixture
def database(shared: Database) -> Database:
    with shared.write() as tx:
        tx.execute(sa.delete(lane))
    return shared


async def test_another_node_waits_until_the_lane_is_given_back(database: Database) -> None:
    first, second = Lanes(database, "node-1", LONG_S), Lanes(database, "node-2", LONG_S)
    async with first.alone("deliver", "ris"):
        with pytest.raises(TryAgain) as told:
            async with second.alone("deliver", "ris"):
                pytest.fail("two nodes work one lane")
        assert told.value.after is not None
        assert 0 < told.value.after <= LONG_S
        async with second.alone("deliver", "ehr"):
            pass
    async with second.alone("deliver", "ris"):
        pass


async def test_a_job_that_was_given_to_this_node_twice_runs_once(database: Database) -> None:
    here = Lanes(database, "node-1", LONG_S)
    async with here.alone("deliver", "ris"):
        with pytest.raises(TryAgain):
            async with here.alone("deliver", "ris"):
                pytest.fail("two jobs work one lane")


async def test_a_dead_node_holds_its_lane_no_longer_than_its_lease(database: Database) -> None:
    with database.write() as tx:
        assert lanes.take(tx, "deliver", "ris", "node-1", 0.3) == 0.0
    second = Lanes(database, "node-2", LONG_S)
    with pytest.raises(TryAgain) as told:
        await _work(second)
    assert told.value.after is not None
    await asyncio.sleep(told.value.after)
    await _work(second)


async def test_a_node_starts_again_within_its_own_lease(database: Database) -> None:
    with database.write() as tx:
        lanes.take(tx, "deliver", "ris", "node-1", LONG_S)
    async with Lanes(database, "node-1", LONG_S).alone("deliver", "ris"):
        pass


async def test_work_is_longer_than_one_lease(database: Database) -> None:
    second = Lanes(database, "node-2", LONG_S)
    async with Lanes(database, "node-1", SHORT_S).alone("deliver", "ris"):
        ends = _ends(database)
        async with asyncio.timeout(30):
            while _ends(database) == ends:
                await asyncio.sleep(0.02)
        with pytest.raises(TryAgain):
            async with second.alone("deliver", "ris"):
                pytest.fail("the lease was not renewed")


async def test_a_lane_that_is_given_back_is_not_renewed_once_more(database: Database) -> None:
    first, renewing = Lanes(database, "node-1", SHORT_S), threading.Event()
    order: list[str] = []
    take, give_back = first._take, first._give_back

    def slow(queue: str, lane: str) -> float:
        if order:
            renewing.set()
            time.sleep(0.3)  # it is over meanwhile
        order.append("taken")
        return take(queue, lane)

    def given(queue: str, lane: str) -> None:
        order.append("given back")
        give_back(queue, lane)

    first._take, first._give_back = slow, given  # type: ignore[method-assign]
    async with first.alone("deliver", "ris"):
        assert await asyncio.to_thread(renewing.wait, 30)
    assert order[-1] == "given back"
    await _work(Lanes(database, "node-2", LONG_S))


async def test_who_cannot_renew_its_lease_stops_before_others_begin(database: Database) -> None:
    first = Lanes(database, "node-1", SHORT_S)
    with pytest.raises(TryAgain, match="could not be kept"):
        await _work_and_lose(first, database)
    with database.read() as tx:
        assert tx.execute(sa.select(lane.c.node)).scalar() == "node-2"


def _ends(database: Database) -> float:
    with database.read() as tx:
        return float(tx.execute(sa.select(lane.c.until)).scalar_one())


async def _work(lanes: Lanes) -> None:
    async with lanes.alone("deliver", "ris"):
        pass


async def _work_and_lose(lanes: Lanes, database: Database) -> None:
    async with lanes.alone("deliver", "ris"):
        with database.write() as tx:  # as if this node had been away for so long
            tx.execute(sa.update(lane).values(node="node-2"))
        await asyncio.sleep(LONG_S)


async def test_a_lease_of_before_the_clock_was_set_back_holds_nobody(database: Database) -> None:
    with database.write() as tx:
        assert lanes.take(tx, "deliver", "ris", "node-9", LONG_S) == 0
        tx.execute(sa.update(lane).values(until=lane.c.until + 3600))
    async with Lanes(database, "node-1", LONG_S).alone("deliver", "ris"):
        pass

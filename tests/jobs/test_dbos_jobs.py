"""The promises of ports.Jobs, on the real engine and a real SQLite file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa

from adapter.errors import ConfigurationError, TryAgain
from adapter.jobs.dbos_jobs import DbosJobs, Queue
from adapter.store.database import Database

QUEUES = {"look": Queue(workers=4), "send": Queue(workers=8, laned=True)}
TAKEOVER = 1.0
SLOW_POLL = 30.0  # so that only waking can make a test pass


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


class Seen:
    """A handler that writes down its keys."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.refuse: dict[str, int] = {}
        self._lock = threading.Lock()

    async def __call__(self, key: str) -> None:
        with self._lock:
            self.keys.append(key)
            if self.refuse.get(key, 0) > 0:
                self.refuse[key] -= 1
                raise TryAgain("not yet", after=0.05)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def jobs(database: Database, seen: Seen) -> Iterator[DbosJobs]:
    jobs = DbosJobs(
        database, "node-1", QUEUES, SLOW_POLL, retry_seconds=(0.05, 0.2), takeover_seconds=TAKEOVER
    )
    jobs.handle("look", seen)
    jobs.handle("send", seen)
    jobs.start()
    yield jobs
    jobs.stop()


def test_a_job_runs_once_after_its_transaction_commits(
    jobs: DbosJobs, database: Database, seen: Seen
) -> None:
    with database.write() as tx:
        jobs.put(tx, "look", "a")
        jobs.put(tx, "look", "a")
    until(lambda: seen.keys == ["a"])
    with database.write() as tx:
        jobs.put(tx, "look", "b")
    until(lambda: len(seen.keys) == 2)
    assert seen.keys == ["a", "b"]


def test_a_rolled_back_transaction_owes_nothing(
    jobs: DbosJobs, database: Database, seen: Seen
) -> None:
    def failing() -> None:
        with database.write() as tx:
            jobs.put(tx, "look", "never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    with database.write() as tx:
        jobs.put(tx, "look", "after")
    until(lambda: bool(seen.keys))
    assert seen.keys == ["after"]


def test_try_again_is_asked_again(jobs: DbosJobs, database: Database, seen: Seen) -> None:
    seen.refuse["stubborn"] = 2
    with database.write() as tx:
        jobs.put(tx, "send", "stubborn", lane="ris")
    until(lambda: len(seen.keys) == 3)
    assert seen.keys == ["stubborn"] * 3


def test_one_lane_runs_in_order(jobs: DbosJobs, database: Database, seen: Seen) -> None:
    for number in range(5):
        with database.write() as tx:
            jobs.put(tx, "send", f"{number}", lane="ris")
    until(lambda: len(seen.keys) == 5)
    assert seen.keys == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("node", ["node-1", "node-9"])
def test_a_job_that_is_marked_as_running_and_that_nobody_runs_is_found(
    jobs: DbosJobs, database: Database, seen: Seen, node: str
) -> None:
    """Taken from its queue at the moment when the database went away, or by a node that died."""
    with database.write() as tx:
        jobs.put(tx, "look", "lost", delay=3600)
        table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
        taken = f"update {table} set status = 'PENDING', executor_id = :node, owner_xid = 'gone'"
        tx.execute(sa.text(taken), {"node": node})
    until(lambda: _is_queued(database, table))
    with database.write() as tx:
        jobs.put(tx, "look", "another")  # wakes the queue
    until(lambda: sorted(seen.keys) == ["another", "lost"])


def _is_queued(database: Database, table: str) -> bool:
    with database.read() as tx:
        query = sa.text(f"select count(*) from {table} where status = 'ENQUEUED'")
        return bool(tx.execute(query).scalar())


def test_a_promise_outlives_an_outage_of_the_database(
    jobs: DbosJobs, database: Database, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose next attempt cannot be written down must not end and be forgotten."""
    write, away = database.write, threading.Event()
    away.set()

    def broken() -> AbstractContextManager[sa.Connection]:
        if away.is_set() and threading.current_thread().name != "MainThread":
            away.clear()
            raise sa.exc.OperationalError("gone", None, Exception())
        return write()

    seen.refuse["kept"] = 1
    monkeypatch.setattr(database, "write", broken)
    with database.write() as tx:
        jobs.put(tx, "send", "kept", lane="ris")
    until(lambda: seen.keys == ["kept", "kept"])
    assert not away.is_set()


def test_a_second_live_node_of_the_same_name_is_refused(jobs: DbosJobs, database: Database) -> None:
    from adapter.jobs.liveness import NodeLock

    with pytest.raises(ConfigurationError, match="already runs"):
        NodeLock(database, "node-1", patience_s=0.2).take()


def test_a_job_that_was_put_before_the_clock_was_set_back_runs_at_once(
    jobs: DbosJobs, database: Database, seen: Seen
) -> None:
    with database.write() as tx:
        jobs.put(tx, "look", "early", delay=3600)
        jobs.put(tx, "look", "late", delay=1800)
        table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
        hours = "created_at = created_at + 7200000"
        hours += ", delay_until_epoch_ms = delay_until_epoch_ms + 7200000"
        asked = f"update {table} set {hours} where workflow_uuid like '%early%'"
        assert tx.execute(sa.text(asked)).rowcount == 1
    until(lambda: _is_queued(database, table))
    with database.write() as tx:
        jobs.put(tx, "look", "another")  # wakes the queue
    until(lambda: sorted(seen.keys) == ["another", "early"])

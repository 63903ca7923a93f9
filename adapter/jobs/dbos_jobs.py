"""The Jobs port on DBOS: keyed, delayed, durable promises in the same database as the tables."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from dbos._queue import queue_worker_thread  # not public: dbos is pinned to one version

from adapter.clock import backoff
from adapter.errors import TryAgain
from adapter.jobs.janitor import Janitor
from adapter.jobs.lanes import Lanes
from adapter.jobs.liveness import NodeLock
from adapter.jobs.wake import WakeableEvent, thread_name
from adapter.ports import JobHandler
from adapter.store.database import Database, after_commit, is_passing

log = structlog.get_logger()

_APP = "readout"
_VERSION = "jobs-1"  # pinned: otherwise each new version strands the jobs of the one before
_WORKFLOW = "readout_job"
_OUTAGE_S = 1.0  # between two tries to keep a promise while the database is away
_DELAY_SWEEP_S = 1.1  # the engine looks each second which delayed jobs have become due
_FREE_PLACE_S = (0.02, 0.2)  # a finished job frees its place once the engine has recorded its end


@dataclass(frozen=True, slots=True)
class Queue:
    """How many jobs of a kind run at once on a node; `laned`: one at a time within a lane.

    `alone`: not even a node that is wrongly believed to be dead works a lane beside another.
    """

    workers: int
    laned: bool = False
    alone: bool = False


class DbosJobs:
    """Implements ports.Jobs. Handlers run on the engine's own event loop."""

    def __init__(
        self,
        database: Database,
        node: str,
        queues: Mapping[str, Queue],
        poll_seconds: float = 2.0,
        retry_seconds: tuple[float, float] = (5.0, 900.0),
        takeover_seconds: float = 10.0,
        served: Collection[str] | None = None,
    ) -> None:
        """`served`: the queues whose jobs run on this node; None: all."""
        self._database = database
        self._node = node
        self._queues = queues
        self._served = queues if served is None else served
        self._poll_seconds = poll_seconds
        self._retry_base, self._retry_cap = retry_seconds
        self._handlers: dict[str, JobHandler] = {}
        self._takeover = takeover_seconds
        self._lock = NodeLock(database, node)
        self._lanes = Lanes(database, node, takeover_seconds)
        self._at_work: list[str] = []  # ids of jobs
        self._wakeable = WakeableEvent()
        self._stopped = threading.Event()
        self._client: DBOSClient | None = None

    def handle(self, job: str, handler: JobHandler) -> None:
        """Name the coroutine that serves `job`."""
        self._handlers[job] = handler

    def put(
        self,
        tx: Any,
        job: str,
        key: str,
        *,
        delay: float = 0.0,
        priority: int = 100,
        lane: str | None = None,
    ) -> None:
        """Ask for `job(key)` inside the caller's transaction."""
        self._enqueue(tx, job, key, 0, delay, priority, lane)

    def start(self) -> None:
        """Migrate the engine's tables, run what was left unfinished, then serve the queues."""
        self._lock.take()
        engine = self._database.engine
        serializer = DBOSPortableJSONSerializer()
        dbos = DBOS(
            config={
                "name": _APP,
                "system_database_url": engine.url.render_as_string(hide_password=False),
                "system_database_engine": engine,
                "executor_id": self._node,
                "application_version": _VERSION,
                "serializer": serializer,
                "log_level": "WARNING",
            }
        )

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=1_000_000)
        async def _job(job: str, key: str, attempt: int, priority: int, lane: str | None) -> str:
            return await self._run(job, key, attempt, priority, lane)

        self._client = DBOSClient(
            system_database_engine=engine, application_name=_APP, serializer=serializer
        )
        DBOS.listen_queues([])  # we run the queue threads ourselves, so that a put can wake them
        DBOS.launch()
        for name in self._served:
            self._serve(dbos, name, self._queues[name])
        janitor = Janitor(self._client, self._lock, self._node, self._at_work)
        threading.Thread(
            target=janitor.run,
            args=(self._stopped, self._takeover / 2),
            name="jobs-janitor",
            daemon=True,
        ).start()

    def running(self) -> bool:
        """Whether every queue of this node is served."""
        alive = {thread.name for thread in threading.enumerate()}
        return self._client is not None and {thread_name(name) for name in self._served} <= alive

    def stop(self) -> None:
        """Let running jobs end, then stop."""
        self._stopped.set()
        self._wakeable.set()
        DBOS.destroy(workflow_completion_timeout_sec=10)
        self._lock.release()

    def _serve(self, dbos: DBOS, name: str, queue: Queue) -> None:
        registered = DBOS.register_queue(
            name,
            worker_concurrency=queue.workers,
            partition_concurrency=1 if queue.laned else None,
            polling_interval_sec=self._poll_seconds,
            on_conflict="always_update",
        )
        threading.Thread(
            target=queue_worker_thread,
            args=(self._wakeable, dbos, registered),
            name=thread_name(name),
            daemon=True,
        ).start()

    async def _run(self, job: str, key: str, attempt: int, priority: int, lane: str | None) -> str:
        id_ = _id(job, key, attempt)
        self._at_work.append(id_)
        try:
            return await self._serve_one(job, key, attempt, priority, lane)
        finally:
            self._at_work.remove(id_)

    async def _serve_one(
        self, job: str, key: str, attempt: int, priority: int, lane: str | None
    ) -> str:
        try:
            await self._handle(job, key, lane)
        except TryAgain as error:
            wait = error.after if error.after is not None else self._backoff(attempt)
            log.info("job_again", job=job, attempt=attempt, wait_s=wait)
        except Exception as error:  # a bug or an outage: the promise is kept, someone is told
            wait = self._backoff(attempt + 2)
            tell = log.warning if _is_no_fault(error) else log.error
            tell("job_failed", job=job, attempt=attempt, wait_s=wait, exc_info=error)
        else:
            for soon in _FREE_PLACE_S:
                self._wake_in(soon, job)
            return "done"
        again = partial(self._again, job, key, attempt + 1, wait, priority, lane)
        kept = False
        while not kept:  # without its promise this job would end, and owe nothing
            kept = await asyncio.to_thread(again)
        return "again"

    async def _handle(self, job: str, key: str, lane: str | None) -> None:
        if not self._queues[job].alone:
            return await self._handlers[job](key)
        async with self._lanes.alone(job, lane or key):
            return await self._handlers[job](key)

    def _again(
        self, job: str, key: str, attempt: int, delay: float, priority: int, lane: str | None
    ) -> bool:
        """Whether the promise is kept; not so while the database is away."""
        try:
            with self._database.write() as tx:
                self._enqueue(tx, job, key, attempt, delay, priority, lane)
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("job_promise_waits", job=job, why=type(error).__name__)
            time.sleep(_OUTAGE_S)
            return False
        return True

    def _backoff(self, attempt: int) -> float:
        return backoff(attempt, self._retry_base, self._retry_cap)

    def _enqueue(
        self,
        tx: sa.Connection,
        job: str,
        key: str,
        attempt: int,
        delay: float,
        priority: int,
        lane: str | None,
    ) -> None:
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": job,
            "workflow_id": _id(job, key, attempt),
            "app_version": _VERSION,
            "priority": priority,
        }
        if self._queues[job].laned:
            options["queue_partition_key"] = lane or key
        if delay > 0:
            options["delay_seconds"] = delay
        self._engine_client().enqueue_in_transaction(tx, options, job, key, attempt, priority, lane)
        after_commit(tx, lambda: self._wake_after(job, delay))

    def _engine_client(self) -> DBOSClient:
        if self._client is None:
            raise RuntimeError("jobs are put after start()")
        return self._client

    def _wake_after(self, job: str, delay: float) -> None:
        if delay <= 0:
            self._wakeable.wake(job)
        elif delay < self._poll_seconds:
            self._wake_in(delay + _DELAY_SWEEP_S, job)

    def _wake_in(self, seconds: float, job: str) -> None:
        timer = threading.Timer(seconds, self._wakeable.wake, [job])
        timer.daemon = True
        timer.start()


def _id(job: str, key: str, attempt: int) -> str:
    return f"{job}:{key}#{attempt}"


def _is_no_fault(error: Exception) -> bool:
    """The database was away, or another node wrote the same at this moment."""
    return is_passing(error) or isinstance(error, sa.exc.IntegrityError)

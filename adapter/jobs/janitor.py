"""Looks after what no job does by itself: signs of life, lost jobs, finished ones."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOSClient

from adapter.jobs.liveness import NodeLock

log = structlog.get_logger()

_KEEP_DONE = timedelta(days=1)
_SKEW = timedelta(seconds=60)  # by which the clocks of nodes and database may differ


class Janitor:
    """Of one node; `at_work` holds the ids of the jobs that it runs at this moment."""

    def __init__(
        self, client: DBOSClient, lock: NodeLock, node: str, at_work: Collection[str]
    ) -> None:
        self._client, self._lock, self._node, self._at_work = client, lock, node, at_work
        self._missing: set[str] = set()  # jobs that nobody ran at the last look

    def run(self, stopped: threading.Event, every: float) -> None:
        """Once around every so many seconds; outlives any outage of the database."""
        while not stopped.wait(every):
            for part in (self._lock.keep, self.adopt_lost, self.hurry, self.prune):
                try:
                    part()
                except Exception as error:
                    log.warning("jobs_janitor", part=part.__name__, why=type(error).__name__)

    def adopt_lost(self) -> None:
        """Give back to their queues the jobs that are marked as running and that nobody runs.

        Of other nodes that is what a dead one had in hand; of this node what it took from a queue
        without hearing so, because the database went away at that moment. Once may be chance (the
        living need a moment to be back after a restart of the database): only at the second look.
        """
        owed = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        missing = set[str]()
        for node in {each.executor_id or "" for each in owed}:
            theirs = {
                each.workflow_id: each.queue_name for each in owed if each.executor_id == node
            }
            with self._lock.of_dead(node) as dead:
                mine = self._at_work if node == self._node else ()
                now = {id_ for id_ in theirs if dead and id_ not in mine}
                self._requeue(node, {id_: theirs[id_] for id_ in now & self._missing})
                missing |= now - self._missing
        self._missing = missing

    def hurry(self) -> None:
        """Let jobs run that wait for a moment told by a clock that has been set back since.

        Such a job was put at a moment that is yet to come.
        """
        late = (datetime.now(UTC) + _SKEW).isoformat()
        for each in self._client.list_workflows(
            status="DELAYED", start_time=late, limit=500, load_input=False, load_output=False
        ):
            self._client.set_workflow_delay(each.workflow_id, delay_seconds=0)
            log.warning("job_hurried", why="the clock was set back", queue=each.queue_name)

    def prune(self) -> None:
        """Forget finished jobs: idempotency lives in our tables, not in the engine's."""
        done = self._client.list_workflows(
            status=["SUCCESS"],
            completed_before=(datetime.now(UTC) - _KEEP_DONE).isoformat(),
            limit=500,
            load_input=False,
            load_output=False,
        )
        if done:
            self._client.delete_workflows([each.workflow_id for each in done])

    def _requeue(self, node: str, lost: Mapping[str, str | None]) -> None:
        for queue in set(lost.values()):
            ids = [id_ for id_, name in lost.items() if name == queue]
            self._client.resume_workflows(ids, queue_name=queue)
            log.warning("jobs_adopted", from_node=node, queue=queue, jobs=len(ids))

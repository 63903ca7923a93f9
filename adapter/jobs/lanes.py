"""One node at a time works a lane, also when it is only believed to be dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import sqlalchemy as sa

from adapter.errors import TryAgain
from adapter.store import lanes
from adapter.store.database import Database

_OFTEN = 3  # times within its length a lease is renewed
_HERE_S = 0.5


class Lanes:
    """Leases of `seconds` that `node` holds while it works; SQLite has one node, and needs none.

    A node that loses its session on the database (a restart, a network that was cut) looks dead to
    the others although it is in the middle of its work: a lease is kept through all that.
    """

    def __init__(self, database: Database, node: str, seconds: float) -> None:
        self._database, self._node, self._seconds = database, node, seconds
        self._here: set[tuple[str, str]] = set()  # at work in this process

    @asynccontextmanager
    async def alone(self, queue: str, lane: str) -> AsyncIterator[None]:
        """Work a lane; raises TryAgain where another does, or when the lease cannot be kept."""
        if self._database.is_sqlite:
            yield
            return
        if (queue, lane) in self._here:
            raise TryAgain(f"{queue} {lane} is being worked", after=_HERE_S)
        self._here.add((queue, lane))
        try:
            async with self._leased(queue, lane):
                yield
        finally:
            self._here.discard((queue, lane))

    @asynccontextmanager
    async def _leased(self, queue: str, lane: str) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        if wait := await asyncio.to_thread(self._take, queue, lane):
            raise TryAgain(f"{queue} {lane} is worked by another node", after=wait)
        over = asyncio.Event()
        keeping: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout_at(self._safe(until)) as limit:
                keeping = asyncio.create_task(self._keep(queue, lane, limit, over))
                yield
        except TimeoutError:
            raise TryAgain(f"the lease of {queue} {lane} could not be kept", after=0.0) from None
        finally:
            over.set()
            if keeping is not None:  # a renewal under way must not come after the giving back
                await asyncio.wait([keeping])
            with suppress(sa.exc.SQLAlchemyError):  # it ends by itself
                await asyncio.to_thread(self._give_back, queue, lane)

    async def _keep(
        self, queue: str, lane: str, limit: asyncio.Timeout, over: asyncio.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds / _OFTEN):
                    await over.wait()
            if over.is_set():
                return
            until = loop.time() + self._seconds
            with suppress(sa.exc.SQLAlchemyError):  # it holds a while yet
                lost = await asyncio.to_thread(self._take, queue, lane)
                if lost or over.is_set():
                    return  # lost: the limit stands
                limit.reschedule(self._safe(until))

    def _safe(self, until: float) -> float:
        """Work ends before others may begin."""
        return until - self._seconds / _OFTEN / 2

    def _take(self, queue: str, lane: str) -> float:
        with self._database.write() as tx:
            return lanes.take(tx, queue, lane, self._node, self._seconds)

    def _give_back(self, queue: str, lane: str) -> None:
        with self._database.write() as tx:
            lanes.give_back(tx, queue, lane, self._node)

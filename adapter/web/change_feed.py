"""Tells listeners what has changed: one reader of the history for all of them.

A listener that reads slowly is told each study once, however often it changed meanwhile; one that
falls far behind is told to look at everything again. Nothing piles up for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from adapter.errors import TryAgain
from adapter.store import changes
from adapter.store.changes import Change
from adapter.store.database import Database

log = structlog.get_logger()

LOOK_S = 0.2
"""How often the history is read while somebody listens, in seconds."""
MOST_WAITING = 500
"""Changes that wait for one listener; with more it is told to look at everything again."""
MOST_LISTENERS = 500

_AT_ONCE = 1000
_OUT_OF_ORDER = 200  # PostgreSQL gives out ids before the rows that bear them are committed
_KINDS = ("delivery", "destination", "context", "mapping", "ai-source")


@dataclass(frozen=True, slots=True)
class News:
    """One thing to look at again; `change` None: everything. `id`: go on behind it."""

    id: int
    change: Change | None

    @property
    def kind(self) -> str:
        """study, delivery, destination, context, mapping or reset."""
        if self.change is None:
            return "reset"
        first = self.change.event.partition(" ")[0]
        return first if first in _KINDS else "study"


@dataclass(eq=False, slots=True)
class _Listener:
    waiting: OrderedDict[tuple[str, str], Change] = field(default_factory=OrderedDict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    behind: bool = False

    def tell(self, found: Iterable[Change]) -> None:
        for each in found:
            key = (News(each.id, each).kind, each.accession or each.detail)
            self.waiting[key] = each
            self.waiting.move_to_end(key)
        if len(self.waiting) > MOST_WAITING:
            self.waiting.clear()
            self.behind = True
        if self.waiting or self.behind:
            self.woken.set()

    def take(self, last: int) -> News | None:
        """The next thing to tell, by id; None when that is all."""
        if self.behind:
            self.behind = False
            return News(last, None)
        if self.waiting:
            _, change = self.waiting.popitem(last=False)
            return News(change.id, change)
        self.woken.clear()
        return None


class ChangeFeed:
    """The feed of one node; all of it runs in the loop that serves HTTP."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._back = 0 if database.is_sqlite else _OUT_OF_ORDER
        self._listeners: set[_Listener] = set()
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._last = 0
        self._told: set[int] = set()
        self._closed = False

    async def listen(self, after: int | None, idle_s: float) -> AsyncIterator[News | None]:
        """What changes behind `after` (None: from now on); None after `idle_s` without any."""
        if len(self._listeners) >= MOST_LISTENERS:
            raise TryAgain("too many pages listen to this node", after=30.0)
        listener = _Listener()
        self._listeners.add(listener)
        try:
            await self._start()  # before the past is read: what comes meanwhile is told twice
            if after is not None:
                past = await asyncio.to_thread(self._after, after - self._back)
                listener.behind = len(past) >= _AT_ONCE
                listener.tell(past)
            while not self._closed:
                while (news := listener.take(self._last)) is not None:
                    yield news
                try:
                    async with asyncio.timeout(idle_s):
                        await listener.woken.wait()
                except TimeoutError:
                    yield None
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let every listener go, at the end of the service."""
        self._closed = True
        for each in self._listeners:
            each.woken.set()
        if self._reading is not None:
            self._reading.cancel()

    async def _start(self) -> None:
        async with self._starting:
            if self._reading is not None and not self._reading.done():
                return
            self._last = await asyncio.to_thread(self._newest)
            old = await asyncio.to_thread(self._after, self._last - self._back)
            self._told = {each.id for each in old if each.id <= self._last}
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while self._listeners and not self._closed:
            await asyncio.sleep(LOOK_S)
            try:
                found = await asyncio.to_thread(self._look)
            except sa.exc.SQLAlchemyError as error:
                log.warning("changes_not_read", error=type(error).__name__)
                continue
            for each in tuple(self._listeners):
                each.tell(found)

    def _look(self) -> list[Change]:
        found = self._after(self._last - self._back)
        new = [each for each in found if each.id not in self._told]
        self._last = max((self._last, *(each.id for each in new)))
        self._told |= {each.id for each in new}
        self._told = {each for each in self._told if each > self._last - self._back}
        return new

    def _newest(self) -> int:
        with self._database.read() as tx:
            return changes.last(tx)

    def _after(self, id_: int) -> list[Change]:
        with self._database.read() as tx:
            return changes.after(tx, id_, _AT_ONCE)

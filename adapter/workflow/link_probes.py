"""Links that nobody may use for hours are asked now and again, so that it is known when one fails.

An issuer is first needed by the next person who signs in, the image archive by the next study.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
import structlog

from adapter.errors import ReadoutError
from adapter.ports import Clock
from adapter.store import links
from adapter.store.database import Database
from adapter.store.links import LinkKind
from adapter.workflow.study_flow import iso

log = structlog.get_logger()

Ask = Callable[[], Awaitable[None]]

_EVERY_S = 60.0


class LinkProbes:
    """`asks` by kind of link, each raises ReadoutError; None: no such link is set up."""

    def __init__(
        self, database: Database, clock: Clock, asks: Mapping[LinkKind, Ask | None]
    ) -> None:
        self._database, self._clock, self._asks = database, clock, asks

    async def keep_asking(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Ask each once."""
        for kind, ask in self._asks.items():
            problem = None if ask is None else await _problem(ask)
            await asyncio.to_thread(note, self._database, self._clock, kind, problem)


async def _problem(ask: Ask) -> str:
    try:
        await ask()
    except ReadoutError as error:
        return str(error)
    return ""


def note(database: Database, clock: Clock, kind: LinkKind, problem: str | None) -> None:
    """Write what a try of the only link of its kind has shown, where that is news.

    "": it answered; None: no such link is set up.
    """
    try:
        with database.read() as tx:
            known = links.find(tx, kind, "")
        if problem == (None if known is None else known.problem):
            return
        with database.write() as tx:
            if problem is None:
                links.forget_others(tx, kind, ())
            else:
                links.tried(tx, kind, "", problem, iso(clock.now()))
    except sa.exc.SQLAlchemyError as error:  # the next try tells it
        log.warning("link_not_noted", link=kind, why=type(error).__name__)

"""Who may look at the model next: fair shares of its time among those who want it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(eq=False)
class Share:
    """How much of the model one speaker has had, in seconds, as compared with the others."""

    used: float = 0.0


@dataclass(eq=False, frozen=True)
class _Waiting:
    share: Share
    urgent: Callable[[], bool]
    go: asyncio.Future[None]


class FairTurns:
    """One turn at a time: the urgent first, then who has had the least; of equals who came first.

    Who comes back after a while has no claim to the time when nothing was wanted.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[_Waiting] = []
        self._least = 0.0

    @asynccontextmanager
    async def turn(self, share: Share, urgent: Callable[[], bool]) -> AsyncIterator[None]:
        """A turn; the time that it takes counts for `share`."""
        share.used = max(share.used, self._least)
        await self._wait(share, urgent)
        clock = asyncio.get_running_loop().time
        if not urgent():
            self._least = share.used
        began = clock()
        try:
            yield
        finally:
            share.used += clock() - began
            self._pass_on_soon()

    async def _wait(self, share: Share, urgent: Callable[[], bool]) -> None:
        if not self._taken:
            self._taken = True
            return
        mine = _Waiting(share, urgent, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            await mine.go
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._pass_on_soon()  # the turn had just been given
            raise

    def _pass_on_soon(self) -> None:
        """Who has just had a turn may want another, and is compared with the others."""
        asyncio.get_running_loop().call_soon(self._pass_on)

    def _pass_on(self) -> None:
        ready = [each for each in self._waiting if not each.go.cancelled()]
        if not ready:
            self._taken = False
            return
        following = min(ready, key=lambda each: (not each.urgent(), each.share.used))
        self._waiting.remove(following)
        following.go.set_result(None)

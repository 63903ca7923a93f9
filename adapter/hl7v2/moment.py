"""The present, read once for all that one turn of the event loop handles."""

from __future__ import annotations

import asyncio
from datetime import datetime

from adapter.ports import Clock


class Moment:
    """What time it is in this turn of the loop that runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now: tuple[datetime, str] | None = None

    @property
    def now(self) -> tuple[datetime, str]:
        """(the moment, the same in ISO 8601)."""
        if self._now is None:
            at = self._clock.now()
            self._now = at, at.isoformat()
            asyncio.get_running_loop().call_soon(self._pass)
        return self._now

    def _pass(self) -> None:
        self._now = None

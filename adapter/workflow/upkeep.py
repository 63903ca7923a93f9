"""What a node does by itself every hour: retention, a look at what runs out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from adapter.workflow.retention import purge
from adapter.workflow.study_flow import House

log = structlog.get_logger()

EVERY_S = 3600.0


class Upkeep:
    """`days` of retention by kind; `hours` between two purges, 0: none; `looks` are made each time.

    A part that fails is told in the log and leaves the others alone.
    """

    def __init__(
        self,
        house: House,
        days: Mapping[str, int],
        hours: float,
        *looks: Callable[[], None],
    ) -> None:
        self._house, self._days, self._seconds = house, days, hours * 3600
        self._parts = (self._purge, *looks)
        self._next_purge = 0.0  # by the monotonic clock

    def __call__(self) -> None:
        """Once around; blocking."""
        for part in self._parts:
            try:
                part()
            except Exception as error:  # of this hour; the next one tries again
                log.error("upkeep_failed", what=part.__name__, why=type(error).__name__)

    def _purge(self) -> None:
        if self._seconds <= 0 or time.monotonic() < self._next_purge:
            return
        house = self._house
        done = purge(house.database, house.clock, self._days, house.audio, dry_run=False)
        told = {name: each.count for name, each in done.items()}
        log.info("purged", **told)
        self._next_purge = time.monotonic() + self._seconds - EVERY_S / 2

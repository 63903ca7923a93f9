"""Notices when a sender that is expected to speak does not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from adapter.clock import steady
from adapter.domain.feed import FeedState
from adapter.mapping.feeds import Feed
from adapter.ports import Clock

_log = logging.getLogger(__name__)


class FeedWatch:
    """The feeds of one listener, from the start of the node on."""

    def __init__(self, listener: str, feeds: Sequence[Feed], clock: Clock) -> None:
        self._listener, self._feeds, self._clock = listener, feeds, clock
        self._steady = steady(clock)
        self._started = self._steady.now()
        self._heard: dict[str, datetime] = {}
        self._listened_for = {feed.sender for feed in feeds}
        self._told: set[str] = set()  # senders whose silence is in the log

    def heard(self, sender: str) -> None:
        """A message of this sender (MSH-3|MSH-4) has come."""
        if sender in self._listened_for:
            self._heard[sender] = self._steady.now()
        if "" in self._listened_for:
            self._heard[""] = self._steady.now()

    def states(self) -> list[FeedState]:
        """Every feed as it is now."""
        now = self._clock.now()
        return [self._state(feed, now) for feed in self._feeds]

    def look(self) -> None:
        """Write to the log which feeds fell silent, and which no longer are."""
        for state in self.states():
            name = f"{state.sender or 'any sender'} at listener {state.listener}"
            if state.silent and state.sender not in self._told:
                _log.warning("feed silent: %s, last heard %s", name, state.heard_at)
                self._told.add(state.sender)
            elif not state.silent and state.sender in self._told:
                _log.info("feed no longer silent: %s", name)
                self._told.discard(state.sender)

    def _state(self, feed: Feed, now: datetime) -> FeedState:
        lasts = self._steady.now() - self._heard.get(feed.sender, self._started)
        heard = now - lasts
        silent = feed.is_silent(heard, now)
        told = heard.isoformat(timespec="seconds")
        return FeedState(self._listener, feed.sender, told, silent, lasts.total_seconds())

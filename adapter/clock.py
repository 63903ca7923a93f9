"""The only place that reads the time of day."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from zoneinfo import ZoneInfo

_MAX_RETRY_AFTER = 3600.0
TIME_OF_DAY = "%Y-%m-%d %H:%M %z"
"""How a moment is printed for people."""


def backoff(attempt: int, base: float, cap: float) -> float:
    """Seconds to wait after try `attempt` (from 0): `base`, doubled each time, at most `cap`."""
    return float(min(cap, base * 2 ** min(attempt, 20)))


class SystemClock:
    """The Clock port on the machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC, aware."""
        return datetime.now(UTC)


class Clock(Protocol):
    """The time of day, so that tests can hold it still."""

    def now(self) -> datetime:
        """The present moment, UTC, aware."""


def steady(clock: Clock) -> Clock:
    """The same clock for what lasts within a process: nobody sets it; a test's stays as it is."""
    return SteadyClock() if isinstance(clock, SystemClock) else clock


class SteadyClock:
    """Right when it is made, it goes on by itself, whatever becomes of the machine's clock."""

    def __init__(self) -> None:
        self._made, self._begun = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """The present moment, UTC, aware."""
        return self._made + timedelta(seconds=time.monotonic() - self._begun)


def retry_after(told: str, date: str) -> float | None:
    """Retry-After in seconds (RFC 9110 10.2.3), an hour at most; a date counts from `date`.

    `told` and `date` are the headers Retry-After and Date of the answer; None: it does not tell.
    """
    told = told.strip()
    if told.isascii() and told.isdecimal():
        return min(float(told[:9]), _MAX_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(date)
        return min(max(wait.total_seconds(), 0.0), _MAX_RETRY_AFTER)
    except (ValueError, TypeError):  # not a date, or one of the two without a zone
        return None


def local_time(issued_at: str, zone: str) -> datetime:
    """ISO 8601 (UTC unless it says otherwise) as the time of day in the zone."""
    moment = datetime.fromisoformat(issued_at)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo(zone))

"""Which senders are expected to speak, and the hours in which their silence is normal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from adapter.mapping.files import MappingTable
from adapter.mapping.time_zone import TimeZone

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = get_args(Day)
_MIDNIGHT = "24:00"


def _clock(value: Any) -> Any:
    """YAML 1.1 reads an unquoted 22:00 as the number 1320."""
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60
    return f"{value // 60:02}:{value % 60:02}" if whole else value


TimeOfDay = Annotated[
    str, BeforeValidator(_clock), Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
]


class QuietHours(MappingTable):
    """Hours in which silence is normal; they run past midnight where they end before they begin."""

    days: tuple[Day, ...] = _DAYS
    """Days on which they begin."""
    begins: TimeOfDay = "00:00"
    """Time of day, such as `22:00`."""
    ends: TimeOfDay = _MIDNIGHT
    """Time of day, such as `06:00` or `24:00`."""

    def last(self, now: datetime) -> tuple[datetime, datetime] | None:
        """The latest of these hours that has begun at `now`, both ends in the zone of `now`."""
        for back in range(8):
            day = now.date() - timedelta(days=back)
            if _DAYS[day.weekday()] not in self.days:
                continue
            begin = _at(day, self.begins, now)
            if begin <= now:
                next_day = day + timedelta(days=1 if self.ends <= self.begins else 0)
                return begin, _at(next_day, self.ends, now)
        return None


class Feed(MappingTable):
    """A sender that is expected to speak; an alert tells when it does not."""

    sender: str = ""
    """MSH-3 and MSH-4 as `EHR|NORTH`; empty: whoever speaks to this listener."""
    silent_minutes: float = Field(default=60.0, gt=0, le=10_080)
    """Silence of so many minutes raises the alert; quiet hours do not count."""
    quiet: tuple[QuietHours, ...] = ()
    """Hours in which silence is normal."""
    timezone: TimeZone = "UTC"
    """Zone of these hours, such as `Europe/Berlin`."""

    def is_silent(self, heard: datetime, now: datetime) -> bool:
        """Whether it has been silent for too long at `now`, last heard at `heard` (both aware)."""
        here = now.astimezone(ZoneInfo(self.timezone))
        since = heard
        for each in self.quiet:
            hours = each.last(here)
            if hours is not None and here < hours[1]:
                return False
            since = max(since, hours[1]) if hours is not None else since
        return now - since > timedelta(minutes=self.silent_minutes)


def _at(day: date, clock: str, now: datetime) -> datetime:
    if clock == _MIDNIGHT:
        day, clock = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock), now.tzinfo)

"""Day of the study and age of the patient, from the order."""

from __future__ import annotations

import re

from adapter.domain.order import Order
from adapter.reporting.calendar_days import Day

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_OLDEST = 130


def day_of(order: Order | None) -> Day | None:
    """The day for which the study was scheduled."""
    return _day(order.scheduled_at) if order else None


def age_at(order: Order | None) -> int | None:
    """Years of the patient on the day of the study; None when either date is missing."""
    day = day_of(order)
    born = _day(order.patient.birth_date.reveal()) if order else None
    if day is None or born is None:
        return None
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years if 0 <= years <= _OLDEST else None


def _day(text: str) -> Day | None:
    match = _DAY.match(text)
    return Day(int(match[1]), int(match[2]), int(match[3])) if match else None

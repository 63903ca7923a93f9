"""Dates as reports write them, and the days that they can mean."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATE = re.compile(
    rf"\b(?P<m1>{_MONTH})\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>\d{{4}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m2>{_MONTH}),?\s+(?P<y2>\d{{4}})\b"
    r"|(?<![\d./-])(?P<y3>(?:19|20)\d{2})[-/.](?P<m3>\d{1,2})[-/.](?P<d3>\d{1,2})(?![\d/-])"
    r"|(?<![\d./-])(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<y4>\d{4}|\d{2})(?![\d/-])",
    re.IGNORECASE,
)


class Day(NamedTuple):
    """A day of the calendar."""

    year: int
    month: int
    day: int


def days(match: re.Match[str]) -> list[Day]:
    """The days that a written date can mean."""
    if match["m1"]:
        return _valid(match["y1"], _month(match["m1"]), match["d1"])
    if match["m2"]:
        return _valid(match["y2"], _month(match["m2"]), match["d2"])
    if match["y3"]:
        return _valid(match["y3"], int(match["m3"]), match["d3"])
    one, other = int(match["a"]), int(match["b"])
    return [*_valid(match["y4"], one, str(other)), *_valid(match["y4"], other, str(one))]


def _month(text: str) -> int:
    return _MONTHS.index(text[:3].lower()) + 1


def _valid(year: str, month: int, day: str) -> list[Day]:
    if len(year) == 2:
        return [d for century in ("19", "20") for d in _valid(century + year, month, day)]
    if not (1 <= month <= 12 and int(year)):
        return []
    return [Day(int(year), month, int(day))] if 1 <= int(day) <= _last(int(year), month) else []


def _last(year: int, month: int) -> int:
    return monthrange(year, month)[1]

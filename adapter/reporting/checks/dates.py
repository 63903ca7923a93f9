"""Dates that are not in the calendar, and comparisons that lie in the future."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.calendar_days import DATE, days
from adapter.reporting.checks.sheet import Found, Sheet

_DIGIT = re.compile(r"\d")


def date_impossible(sheet: Sheet) -> Iterator[Found]:
    """The 31st of February, month 13."""
    for line in sheet.lines:
        for match in DATE.finditer(line.text) if _DIGIT.search(line.text) else ():
            if not days(match):
                message = f"{match[0]} is not in the calendar; correct it"
                yield Found("date_impossible", message, line, match.span())


def date_in_future(sheet: Sheet) -> Iterator[Found]:
    """A comparison that was made after the study."""
    if sheet.day is None:
        return
    for line in sheet.lines:
        if line.section != "comparison" and not sheet.says("compared", line.text):
            continue
        if line.section == "recommendation" or not _DIGIT.search(line.text):
            continue
        for match in DATE.finditer(line.text):
            found = days(match)
            if found and all(day > sheet.day for day in found):
                shown = "{:04}-{:02}-{:02}".format(*sheet.day)
                message = f"{match[0]} is after the study of {shown}; correct it"
                yield Found("date_in_future", message, line, match.span())

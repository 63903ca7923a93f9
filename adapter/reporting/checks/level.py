"""Vertebral levels that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.reporting.checks.sheet import Found, Sheet

_LEVEL = re.compile(r"(?<![\w.])([CTLS])(\d{1,2})(?:\s?[-/–]\s?([CTLS])?(\d{1,2}))?(?![\w.]*\w)")
_NEAR = 14  # characters in which "C8 nerve root" tells what C8 is
_NEXT = {"C": "T", "T": "L", "L": "S", "S": ""}


def level_impossible(sheet: Sheet) -> Iterator[Found]:
    """L7, C9, T14, and pairs such as L5-L3 or T12-S1."""
    if any(sheet.checks.variant_levels.search(line.text) for line in sheet.body):
        return  # the report counts vertebrae its own way, and says so
    for line in sheet.body:
        if sheet.says("no_level", line.text):
            continue
        for match in _LEVEL.finditer(line.text):
            if _impossible(match, line.text, sheet):
                message = f"there is no level {match[0]}; correct it"
                yield Found("level_impossible", message, line, match.span())


def _impossible(match: re.Match[str], text: str, sheet: Sheet) -> bool:
    region, number = match[1], int(match[2])
    if region == "S" and not sheet.says("sacral", text):
        return False
    if (
        region == "C"
        and number == 8
        and sheet.says("nerve_root", text, match.end(), match.end() + _NEAR)
    ):
        return False
    last = {str(k): v for k, v in sheet.checks.table.last_level.items()}
    if match[4] is None:
        return not 1 <= number <= last[region]
    below, lower = match[3] or region, int(match[4])
    if match[3] is None and lower == 1 and number == last[region]:
        below = _NEXT[region]  # L5-1
    outside = not (1 <= number <= last[region] and below and 1 <= lower <= last[below])
    return (
        outside or (region == below and lower <= number) or "CTLS".find(below) < "CTLS".find(region)
    )

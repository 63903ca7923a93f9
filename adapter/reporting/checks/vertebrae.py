"""Vertebral levels as sets of vertebrae: "L4-L5" names two, "T11 through L1" names three."""

from __future__ import annotations

import re
from functools import lru_cache

from adapter.mapping.checks import Checks

LEVELS = re.compile(r"\b([CTLS])(\d{1,2})(?:\s?[-/–]\s?([CTLS])?(\d{1,2}))?\b")
_RANGE = re.compile(
    r"\b([CTLS])(\d{1,2})(?:-[CTLS]?\d{1,2})?(?:\s?[-–]\s?|\s+(?:through|thru|to)\s+)"
    r"(?:[CTLS]\d{1,2}-)?([CTLS])?(\d{1,2})\b"
)
_LEVEL = re.compile(r"([CTLS])(\d{1,2})(?:-([CTLS])(\d{1,2}))?")


def text_of(match: re.Match[str]) -> str:
    """A match of `LEVELS` in full: "L4-5" is "L4-L5"."""
    upper = match[1] + match[2]
    return f"{upper}-{match[3] or match[1]}{match[4]}" if match[4] else upper


def vertebrae(level: str) -> set[str]:
    """The vertebrae of a level; within one region those between, too."""
    match = _LEVEL.fullmatch(level)
    if match is None:
        return {level}
    if match[3] == match[1]:
        return {f"{match[1]}{n}" for n in range(int(match[2]), int(match[4]) + 1)}
    upper, lower = match[1] + match[2], (match[3] or match[1]) + (match[4] or match[2])
    return {upper, lower}


def vertebrae_in(text: str, checks: Checks) -> set[str]:
    """All vertebrae that a text names, alone, in pairs and in ranges."""
    found = {each for match in LEVELS.finditer(text) for each in vertebrae(text_of(match))}
    spine = _spine(checks)
    for match in _RANGE.finditer(text):
        first, last = match[1] + match[2], (match[3] or match[1]) + match[4]
        if first in spine and last in spine:
            found |= set(spine[spine.index(first) : spine.index(last) + 1])
    return found


@lru_cache(maxsize=8)
def _spine(checks: Checks) -> tuple[str, ...]:
    """All vertebrae from above to below."""
    last = checks.table.last_level
    return tuple(f"{region}{n}" for region in last for n in range(1, last[region] + 1))

"""Sizes in millimetres: which finding they measure, and whether they are of the past."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from adapter.reporting.facts.events import Line

_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_UNIT = r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)"
_BETWEEN = rf"\s*-?\s*{_UNIT}?\s*(?:x|×|by|\*)\s*"
_SIZE = re.compile(
    rf"(?<![\w.])({_NUMBER}(?:{_BETWEEN}{_NUMBER}){{0,2}})\s*-?\s*({_UNIT})\b", re.IGNORECASE
)
_ONE = re.compile(rf"({_NUMBER})\s*-?\s*({_UNIT})?", re.IGNORECASE)
_DISTANCE = re.compile(
    r"[\s,]*(?:above|below|from|proximal|distal|beyond|superior to|inferior to|cephalad|caudal"
    r"|past|away|deep to|slice|section|collimation)\b",
    re.IGNORECASE,
)
_PAST_TOKENS = 5  # words that may stand between "previously" and the measurement
_JOINTS = frozenset(("comma", "and", "or", "with", "end", "verb", "preposition", "close"))


class Size(NamedTuple):
    """A measurement: its dimensions, its first and last token, and whether it is of the past."""

    mm: tuple[float, ...]
    start: int
    end: int
    past: bool


def sizes(sentence: str, line: Line) -> list[Size]:
    """All measurements of lesions in order; distances such as "4 cm above the carina" are none."""
    if "m" not in sentence and "M" not in sentence:
        return []
    starts = [token.start for token in line.tokens]
    found: list[Size] = []
    for match in _SIZE.finditer(sentence):
        if _DISTANCE.match(sentence, match.end()):
            continue
        start = bisect_left(starts, match.start())
        end = bisect_left(starts, match.end())
        found.append(Size(_mm(match), start, end, _is_past(line, start)))
    return found


def _mm(match: re.Match[str]) -> tuple[float, ...]:
    parts = _ONE.findall(match[1])
    last = match[2]
    return tuple(_scaled(float(number), unit or last) for number, unit in parts)


def _scaled(number: float, unit: str) -> float:
    return round(number * 10, 3) if unit.lower().startswith("c") else number


def _is_past(line: Line, start: int) -> bool:
    if line.words(start - 1, start) == ["to"]:  # "increased from 6 mm to 8 mm"
        return False
    for event in reversed(line.events):
        if event.start >= start:
            continue
        if start - event.end >= _PAST_TOKENS or event.term:
            return False
        if "previously" in event.kinds or "prior" in event.kinds:
            return True
        if not event.kinds.isdisjoint(("comma", "and", "end", "close")):
            return False
    return False


def assign(line: Line, measured: list[Size]) -> dict[int, tuple[Size, ...]]:
    """Measurements of each finding by its place in `events`."""
    found: dict[int, tuple[Size, ...]] = {}
    for size in measured:
        owner = _owner(line, size)
        if owner is not None:
            found[owner] = (*found.get(owner, ()), size)
    return found


def _owner(line: Line, size: Size) -> int | None:
    """The finding that follows as in "5 mm stone", else the nearest before, else the next."""
    following = next((at for at in line.terms if line.events[at].start >= size.end), None)
    if following is not None and not size.past and _is_adjective(line, size, following):
        return following
    before = [at for at in line.terms if line.events[at].end <= size.start]
    return before[-1] if before else following


def _is_adjective(line: Line, size: Size, following: int) -> bool:
    between = (e for e in line.events[:following] if e.start >= size.end)
    return all(event.kinds.isdisjoint(_JOINTS) for event in between)

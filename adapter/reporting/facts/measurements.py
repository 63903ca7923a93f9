"""Sizes in millimetres: which finding they measure, and whether they are of the past."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from adapter.mapping.measures import Measures
from adapter.reporting.facts.ahead import is_year
from adapter.reporting.facts.events import Event, Line

_PAST_TOKENS = 5  # words that may stand between "previously" and the measurement
_JOINTS = frozenset(
    ("comma", "and", "or", "with", "end", "verb", "preposition", "close", "negated_before")
)
_PAST = frozenset(("previously", "prior"))
_CHANGES = frozenset(("change", "increased", "decreased"))
_PARTS = frozenset(("comma", "and", "end", "close"))


class Size(NamedTuple):
    """A measurement: its dimensions, its first and last token, and whether it is of the past."""

    mm: tuple[float, ...]
    start: int
    end: int
    past: bool


def sizes(sentence: str, line: Line, measures: Measures) -> list[Size]:
    """All measurements of lesions in order; distances such as "4 cm above the carina" are none."""
    if not measures.may_be.search(sentence):
        return []
    starts = [token.start for token in line.tokens]
    every = measures.size.finditer(sentence)
    matches = [match for match in every if not _is_distance(sentence, match, measures)]
    spans = [
        (bisect_left(starts, each.start()), bisect_left(starts, each.end())) for each in matches
    ]
    found: list[Size] = []
    for match, (start, end) in zip(matches, spans, strict=True):
        past = (
            _called_past(line, start)
            or _told_past(line, end, [first for first, _ in spans])
            or _is_compared(line, [last for _, last in spans], start)
        )
        found.append(Size(_mm(match, measures), start, end, past))
    firsts = (*_grown(sentence, line, starts, measures), *_listed(sentence, starts, measures))
    return sorted((*found, *firsts), key=lambda size: size.start)


def _is_distance(sentence: str, match: re.Match[str], measures: Measures) -> bool:
    """ "4 cm above the carina"; but "5 mm from 3 mm" tells the earlier size."""
    found = measures.distance.match(sentence, match.end())
    return found is not None and not measures.size.match(sentence, found.end() + 1)


def _grown(sentence: str, line: Line, starts: list[int], measures: Measures) -> list[Size]:
    """The first number of "increased from 3 to 5 cm"."""
    found = []
    for match in measures.first.finditer(sentence):
        start, end = bisect_left(starts, match.start()), bisect_left(starts, match.end())
        if _called_past(line, start):
            found.append(Size(_mm(match, measures), start, end, True))
    return found


def _listed(sentence: str, starts: list[int], measures: Measures) -> list[Size]:
    """The first number of "5 and 8 mm"."""
    return [
        Size(
            _mm(match, measures),
            bisect_left(starts, match.start()),
            bisect_left(starts, match.end()),
            False,
        )
        for match in measures.listed.finditer(sentence)
    ]


def _mm(match: re.Match[str], measures: Measures) -> tuple[float, ...]:
    parts = measures.one.findall(match[1])
    last = match[2]
    return tuple(measures.millimeters(float(number), unit or last) for number, unit in parts)


def _called_past(line: Line, start: int) -> bool:
    """Whether "previously" or its kind stands before the measurement."""
    for event in reversed(line.events):
        if event.start >= start:
            continue
        if start - event.end >= _PAST_TOKENS or event.term:
            return False
        if not event.kinds.isdisjoint(_PAST) or _is_change(line, event, start):
            return _reaches(line, event, start)
        if not event.kinds.isdisjoint(_PARTS):
            return False
    return False


def _is_compared(line: Line, ends: list[int], start: int) -> bool:
    """ "5.6 cm versus 5.1 cm": only that word stands between."""
    return any(e.start in ends and e.end == start and "versus" in e.kinds for e in line.events)


def _is_change(line: Line, event: Event, start: int) -> bool:
    """ "Growth of the mass from 2 cm to 3 cm"; not "ranging from 2 cm to 3 cm"."""
    if "from" not in event.kinds or event.end != start:
        return False
    return any(not each.kinds.isdisjoint(_CHANGES) for each in line.events)


def _reaches(line: Line, event: Event, start: int) -> bool:
    """ "Increased from 6 mm to 8 mm": only the first of the two is of the past."""
    numbers = [at for at in range(event.end, start) if line.tokens[at].word[:1].isdigit()]
    return not numbers


def _told_past(line: Line, end: int, starts: list[int]) -> bool:
    """ "12 mm previously", "6.4 cm on the prior exam"; not "8 mm, previously 5 mm"."""
    for event in line.events:
        if event.start < end:
            continue
        if not event.kinds.isdisjoint(_PARTS) or event.term or event.start - end > 1:
            return False
        if "preposition" in event.kinds and is_year(line, event.end):
            return True
        if "earlier" in event.kinds:
            return not any(event.end <= start <= event.end + 2 for start in starts)
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
    if before:
        return None if _is_of_anatomy(line, size, before[-1]) else before[-1]
    return following if _leads(line, size, following) else None


def _is_of_anatomy(line: Line, size: Size, before: int) -> bool:
    """ "Possible appendicitis with a 9 mm appendix", "no stones; the duct measures 9 mm"."""
    if _has_subject(line, size, before):
        return True
    apart = any(
        not event.kinds.isdisjoint(("with", "and", "end"))
        for event in line.events[before:]
        if event.end <= size.start
    )
    return apart and any(event.site and event.start == size.end for event in line.events)


def _has_subject(line: Line, size: Size, before: int) -> bool:
    """Whether a semicolon begins a clause about anatomy before the size."""
    between = [event for event in line.events[before:] if event.end <= size.start]
    clause = (at for at, event in enumerate(between) if line.tokens[event.start].word == ";")
    return any(event.site for event in between[next(clause, len(between)) :])


def _leads(line: Line, size: Size, following: int | None) -> bool:
    """ "Previously 4 mm, the nodule …"; not "appendix measures 5 mm, no abscess"."""
    between = (e for e in line.events[:following] if e.start >= size.end)
    return all(event.kinds.isdisjoint(("negated_before", "end")) for event in between)


def _is_adjective(line: Line, size: Size, following: int) -> bool:
    """Whether only words that describe stand between; "6 mm of midline shift" too."""
    between = (e for e in line.events[:following] if e.start >= size.end)
    return all(event.kinds.isdisjoint(_JOINTS) or "of" in event.kinds for event in between)

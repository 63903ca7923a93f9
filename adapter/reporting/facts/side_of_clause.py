"""The side of what a clause is about: its subject, or the place that it says first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from adapter.domain.order import Side
from adapter.reporting.facts.events import WHERE, Event, Line
from adapter.reporting.facts.side_words import is_other, side_of

_STOPS_SUBJECT = frozenset(("end", "uncertain_before", "with", "relative"))
_TELLS = frozenset(("verb", "colon"))


def side_of_subject(line: Line, at: int) -> Side | None:
    """ "The right kidney shows a cyst and a stone": the side of the anatomy that is the subject."""
    told = False
    for place in reversed(range(at)):
        event = line.events[place]
        if not event.kinds.isdisjoint(_STOPS_SUBJECT) and not _is_with_no(line, place):
            return None
        told = told or not event.kinds.isdisjoint(_TELLS)
        side = side_of(event)
        if side and (_is_subject(line, place) if told else _is_headline(line, place, at)):
            return Side.BILATERAL if _has_twin(line, place, side) else side
        if side:
            return None
    return None


def _is_with_no(line: Line, place: int) -> bool:
    """ "… is atrophic with no stone", "left kidney with a stone" go on about the subject."""
    after = line.events[place + 1]
    if "with" not in line.events[place].kinds:
        return False
    return "negated_before" in after.kinds or _is_behind_title(line, place)


def _is_behind_title(line: Line, place: int) -> bool:
    """Whether nothing but anatomy stands before in the clause."""
    begin = place - len(_where(reversed(line.events[:place])))
    title = line.events[begin:place]
    if begin and line.events[begin - 1].kinds.isdisjoint(("end", "comma")):
        return False
    loose = all("preposition" not in event.kinds for event in title)
    return (
        loose and any(event.site for event in title) and title[-1].end == line.events[place].start
    )


def _is_headline(line: Line, place: int, at: int) -> bool:
    """ "Left kidney without stones": the clause begins with the place, a denial comes behind."""
    begin = place - len(_where(reversed(line.events[:place])))
    if begin and line.events[begin - 1].kinds.isdisjoint(("end", "comma")):
        return False
    if _is_title(line, place, at) or any(
        "with" in line.events[joint].kinds and _is_behind_title(line, joint)
        for joint in range(place, at)
    ):
        return True
    after = line.events[place + 1]
    if "comma" in after.kinds and after.start == line.events[place].end:
        return False  # ", left more than right, no consolidation"
    told = (e for e in line.events[place : at + 1] if e.term or "negated_before" in e.kinds)
    return next(told).term is None


def _is_title(line: Line, place: int, at: int) -> bool:
    """ "Right kidney, stone": the place alone, then the finding."""
    behind = _where(line.events[place:at])
    rest = line.events[place + len(behind) : at]
    if not rest or "comma" not in rest[0].kinds or not any(event.site for event in behind):
        return False
    if rest[0].start != max(event.end for event in behind):
        return False
    return all(event.site is None and "comma" not in event.kinds for event in rest[1:])


def _is_subject(line: Line, place: int) -> bool:
    """ "The right kidney …", "… the left contains …"; not "a cyst in the left breast, …"."""
    event, after = line.events[place], line.events[place + 1]
    if event.site or after.site:
        return _is_free(line, place)
    if "colon" in after.kinds:  # "Right leg: no thrombus"
        return _is_first(line, place)
    return "verb" in after.kinds


def _is_free(line: Line, place: int) -> bool:
    """Whether no preposition ties the place to what stands before it."""
    before = _where(reversed(line.events[:place]))
    return all("preposition" not in event.kinds for event in before)


def _where(events: Iterable[Event]) -> list[Event]:
    """The first of these events, as long as they tell a place."""
    return list(takewhile(lambda event: not event.kinds - WHERE, events))


def _has_twin(line: Line, place: int, side: Side) -> bool:
    """ "The right and the left kidney …"."""
    for joint in reversed(range(place)):
        if "and" in line.events[joint].kinds:
            return is_other(line, joint, side)
        if line.events[joint].kinds - WHERE:
            return False
    return False


def side_in_front(line: Line, at: int) -> Side | None:
    """ "On the left there is no effusion, but atelectasis": the place that is said first."""
    while True:
        begin = _clause(line, at)
        front = _where(line.events[begin:at])
        placed = bool(front) and "preposition" in front[0].kinds and _is_first(line, begin)
        rest = line.events[begin + len(front) : at] if placed else line.events[begin:at]
        if any(event.site or side_of(event) or "elsewhere" in event.kinds for event in rest):
            return None
        if placed:
            return next(filter(None, map(side_of, front)), None)
        if begin == 0 or line.tokens[line.events[begin - 1].start].word == ";":
            return None
        at = begin - 1  # without a place of its own it goes on about that one


def _is_first(line: Line, at: int) -> bool:
    """Whether no other word stands before it in the clause."""
    return line.events[at].start == (line.events[at - 1].end if at else 0)


def _clause(line: Line, at: int) -> int:
    """Where the clause begins that goes on at this place of `events`."""
    ends = (place for place in reversed(range(at)) if "end" in line.events[place].kinds)
    return next(ends, -1) + 1

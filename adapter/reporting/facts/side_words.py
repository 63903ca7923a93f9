"""The sides that words tell, and of which words they are said."""

from __future__ import annotations

from collections.abc import Iterable

from adapter.domain.order import Side
from adapter.reporting.facts.events import WHERE, Event, Line

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
_LEADS = frozenset(("than", "preposition", "of", "through", "definite"))
_PLACES = WHERE | {"fresh", "limiting"}
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
_STOPS_BEFORE_NEXT = _STOPS_AFTER | {
    "verb",
    "preposition",
    "negated_before",
    "negated_after",
    "uncertain_before",
    "uncertain_after",
    "historical_before",
}


def side_of(event: Event) -> Side | None:
    """The side that a word or place tells; None of a finding."""
    if event.term:
        return None
    return told_side(event) or (event.site.side if event.site else None)


def told_side(event: Event) -> Side | None:
    """The side by its kinds alone, in the name of a finding too: "biapical scarring"."""
    for kind, side in _SIDES.items():
        if kind in event.kinds:
            return side
    return None


def nearest_side(line: Line, places: Iterable[int]) -> Side | None:
    """The first side told at these places of `events`, before a finding or a new clause."""
    for place in places:
        event = line.events[place]
        side = side_of(event)
        if side or event.term or "end" in event.kinds:
            return side
    return None


def side_behind(line: Line, at: int) -> Side | None:
    """The side that an adjective is of: "larger than the left", "worse on the right"."""
    for place in range(at + 1, len(line.events)):
        side = side_of(line.events[place])
        if side:
            return None if belongs_to_next(line, place) else side
        if line.events[place].kinds - _LEADS:
            return None
    return None


def belongs_to_next(line: Line, place: int) -> bool:
    """Whether the side stands before another finding as its adjective."""
    for event in line.events[place + 1 :]:
        if event.term:
            return True
        if not event.kinds.isdisjoint(_STOPS_BEFORE_NEXT):
            return False
    return False


def is_other(line: Line, joint: int, side: Side) -> bool:
    """Whether the other side is named before: "mild right, moderate left"."""
    for place in reversed(range(joint)):
        event = line.events[place]
        other = side_of(event)
        if other:
            apart = "comma" in line.events[joint].kinds or _is_led(line, place)
            return other is not side and not apart
        if event.kinds - _PLACES:
            return False
    return False


def _is_led(line: Line, place: int) -> bool:
    """Whether the side is of what stands before: "effusion on the right and small left nodule"."""
    for at in reversed(range(place)):
        event = line.events[at]
        if event.kinds - WHERE:
            return event.term is not None
        if "preposition" in event.kinds:
            before = line.events[at - 1].end if at else 0
            return before < event.start or _is_led(line, at)
    return False

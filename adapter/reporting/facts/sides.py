"""Which side a finding is on."""

from __future__ import annotations

from itertools import pairwise

from adapter.domain.order import Side
from adapter.reporting.facts.ahead import following, is_described, is_list
from adapter.reporting.facts.events import Event, Line

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_SIDE = _STOPS_BEFORE | {"uncertain_before", "negated_before"}
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
_STOPS_SIDE_AFTER = _STOPS_AFTER | {"historical_before", "negated_before", "uncertain_before"}
_JOINTS = frozenset(("and", "or", "versus"))
_STOPS_BEFORE_NEXT = _STOPS_AFTER | {
    "verb",
    "preposition",
    "negated_before",
    "negated_after",
    "uncertain_before",
    "uncertain_after",
    "historical_before",
}
_NO_TAIL = frozenset(("normal", "verb", "negated_before", "and", "with", "there", "versus"))
_LIST_GAP = 3


def sides(line: Line, paired: frozenset[int]) -> dict[int, Side | None]:
    """The side of each finding by its place in `events`; findings joined by "and" share one.

    `paired`: places of the findings that can have a side.
    """
    found = {at: _side(line, at) if at in paired else None for at in line.terms}
    for one, other in pairwise(line.terms):
        if found[other] is None and _joined(line, one, other):
            found[other] = found[one]
    for other, one in pairwise(reversed(line.terms)):
        if found[one] is None and _joined(line, one, other, listed=True):
            found[one] = found[other]
    return found


def _side(line: Line, at: int) -> Side | None:
    return (
        _told(line.events[at])
        or _side_before(line, at)
        or _side_after(line, at)
        or _side_of_subject(line, at)
    )


def _of(event: Event) -> Side | None:
    if event.term:
        return None
    return _told(event) or (event.site.side if event.site else None)


def _told(event: Event) -> Side | None:
    for kind, side in _SIDES.items():
        if kind in event.kinds:
            return side
    return None


def _side_before(line: Line, at: int) -> Side | None:
    found: Side | None = None
    for place in reversed(range(at)):
        event = line.events[place]
        side = _of(event)
        if side:
            found = Side.BILATERAL if found not in (None, side) else side
        elif event.term or not event.kinds.isdisjoint(_STOPS_SIDE):
            joint = not event.kinds.isdisjoint(("and", "or"))
            if found is None and joint and _shares(line, place):
                continue  # "right upper and lower lobe nodules"
            if found and (joint or "comma" in event.kinds):
                return Side.BILATERAL if _is_other(line, place, found) else found
            return found
    return found


def _is_other(line: Line, joint: int, side: Side) -> bool:
    """Whether the other side is named right before: "mild right, moderate left"."""
    for place in reversed(range(joint)):
        event = line.events[place]
        other = _of(event)
        if other and event.end == line.events[joint].start:
            led = not line.events[place - 1].kinds.isdisjoint(("preposition", "definite"))
            return other is not side and not (led and "comma" in line.events[joint].kinds)
        if line.events[joint].start - event.start > _LIST_GAP:
            return False
    return False


def _shares(line: Line, joint: int) -> bool:
    """Whether "and" joins two adjectives of place."""
    before, event, after = line.events[joint - 1], line.events[joint], following(line, joint)
    if after is None or before.end != event.start:
        return False
    return all(each.site is not None or "partial" in each.kinds for each in (before, after))


def _side_after(line: Line, at: int) -> Side | None:
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        side = _of(event)
        if side:
            return None if _belongs_to_next(line, place) else _both(line, place, side)
        if "comma" in event.kinds and _is_tail(line, place):
            continue
        if "with" in event.kinds and is_described(line, place):
            continue
        if event.term or not event.kinds.isdisjoint(_STOPS_SIDE_AFTER):
            return None
    return None


def _both(line: Line, at: int, side: Side) -> Side:
    """ "On the right and on the left"."""
    rest = line.events[at + 1 :]
    if rest and "and" in rest[0].kinds:
        for event in rest[1:]:
            other = _of(event)
            if other:
                return side if other is side else Side.BILATERAL
            if event.kinds - {"preposition", "definite", "of", "through"}:
                return side
    return side


def _is_tail(line: Line, comma: int) -> bool:
    """ "Foraminal narrowing, worse on the left": what follows only describes."""
    for event in line.events[comma + 1 :]:
        if event.term or not event.kinds.isdisjoint(_NO_TAIL):
            return False
        if "end" in event.kinds:
            return True
    return True


def _belongs_to_next(line: Line, place: int) -> bool:
    """Whether the side stands before another finding as its adjective."""
    for event in line.events[place + 1 :]:
        if event.term:
            return True
        if not event.kinds.isdisjoint(_STOPS_BEFORE_NEXT):
            return False
    return False


def _side_of_subject(line: Line, at: int) -> Side | None:
    """ "The right kidney shows a cyst and a stone": the side of the anatomy that is the subject."""
    verb = False
    for place in reversed(range(at)):
        event = line.events[place]
        if not event.kinds.isdisjoint(("end", "uncertain_before", "with")):
            return None
        verb = verb or not event.kinds.isdisjoint(("verb", "colon"))
        side = _of(event)
        if side and verb and (event.site or _is_site(line, place + 1)):
            return side
        if side:
            return None
    return None


def _is_site(line: Line, place: int) -> bool:
    return line.events[place].site is not None


def _joined(line: Line, one: int, other: int, listed: bool = False) -> bool:
    """Whether only "and" / "or" and plain words stand between two findings.

    `listed`: commas too, as in "no cyst, mass, or stone on either side".
    """
    if line.events[one].end == line.events[other].start:  # "hypermetabolic mass"
        return True
    between = line.events[one + 1 : other]
    joints = [event for event in between if not event.kinds.isdisjoint(_JOINTS)]
    plain = _JOINTS | {"limiting", "ignore"}
    if listed and between and "comma" in between[0].kinds and is_list(line, one + 1):
        plain |= {"comma"}
        return not any(event.kinds - plain and "of" not in event.kinds for event in between)
    return bool(joints) and not any(event.kinds - plain for event in between)

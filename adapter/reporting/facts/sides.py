"""Which side a finding is on."""

from __future__ import annotations

from itertools import pairwise

from adapter.domain.order import Side
from adapter.reporting.facts.ahead import is_list, joins_places
from adapter.reporting.facts.events import WHERE, Event, Line
from adapter.reporting.facts.scope import CLOSERS
from adapter.reporting.facts.side_of_clause import side_in_front, side_of_subject
from adapter.reporting.facts.side_words import (
    belongs_to_next,
    is_other,
    side_behind,
    side_of,
    told_side,
)

_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_SIDE = _STOPS_BEFORE | {"uncertain_before", "negated_before", "normal"}
_SAYS_SO = frozenset(("verb", "previously", "increased", "decreased", "status", "comma"))
_BESIDE = WHERE | {"fresh", "limiting", "open", "close"}
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
_STOPS_SIDE_AFTER = _STOPS_AFTER | {"historical_before", "negated_before", "uncertain_before"}
_JOINTS = frozenset(("and", "or", "versus"))
_NO_TAIL = frozenset(
    ("normal", "verb", "negated_before", "negated_after", "and", "with", "there", "versus")
)


def sides(line: Line, paired: frozenset[int]) -> dict[int, Side | None]:
    """The side of each finding by its place in `events`; findings joined by "and" share one.

    `paired`: places of the findings that can have a side.
    """
    found = {at: _side(line, at) if at in paired else None for at in line.terms}
    for one, other in pairwise(line.terms):
        if found[other] is None and other in paired and _joined(line, one, other):
            found[other] = found[one]
    for other, one in pairwise(reversed(line.terms)):
        if found[one] is None and one in paired and _joined(line, one, other, listed=True):
            found[one] = found[other]
    return found


def _side(line: Line, at: int) -> Side | None:
    return (
        told_side(line.events[at])
        or _compared(line, at, _side_before(line, at))
        or _side_after(line, at)
        or side_of_subject(line, at)
        or side_in_front(line, at)
    )


def _compared(line: Line, at: int, side: Side | None) -> Side | None:
    """ "Right effusion larger than left"."""
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if "comparative" in event.kinds:
            other = side_behind(line, place)
            return Side.BILATERAL if side and other and other is not side else side
        if event.kinds.isdisjoint(_SAYS_SO):
            return side
    return side


def _side_before(line: Line, at: int) -> Side | None:
    found: Side | None = None
    for place in reversed(range(at)):
        event = line.events[place]
        side = side_of(event)
        if side:
            found = Side.BILATERAL if found not in (None, side) else side
        elif event.term or not event.kinds.isdisjoint(_STOPS_SIDE):
            joint = not event.kinds.isdisjoint(("and", "or"))
            if joins_places(line, place):
                continue  # "right upper and lower lobe nodules"
            if found and (joint or "comma" in event.kinds):
                return Side.BILATERAL if is_other(line, place, found) else found
            return found
    return found


def _side_after(line: Line, at: int) -> Side | None:
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        side = side_of(event)
        if side:
            return None if belongs_to_next(line, place) else _both(line, place, side)
        if "comma" in event.kinds and _is_tail(line, place):
            continue
        if "with" in event.kinds:
            continue  # "mass with spiculated margins in the breast"
        if joins_places(line, place) and side_of(line.events[place + 1]) is None:
            continue
        if not event.kinds.isdisjoint(CLOSERS):
            continue  # "suspected at the right base"
        if event.term or not event.kinds.isdisjoint(_STOPS_SIDE_AFTER):
            return None
    return None


def _both(line: Line, at: int, side: Side) -> Side:
    """ "On the right and on the left", "in the right lung and in the left lung"."""
    joint, repeated = 0, False
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        other = side_of(event)
        if joint and other:
            if belongs_to_next(line, place) or _is_judged(line, place, repeated):
                return side
            return side if other is side else Side.BILATERAL
        if joins_places(line, place) or "comparative" in event.kinds:
            joint = joint or (place if "and" in event.kinds else 0)
        elif not event.kinds.isdisjoint(("and", "than")):
            joint = place
        elif event.kinds - _BESIDE:
            return side
        repeated = bool(joint) and (repeated or "preposition" in event.kinds)
    return side


def _is_judged(line: Line, place: int, repeated: bool) -> bool:
    """Whether the second place begins a clause: "nodule in the right lung and left lung clear"."""
    for event in line.events[place + 1 :]:
        if event.term or not event.kinds.isdisjoint(("end", "comma")):
            return False
        if "normal" in event.kinds:
            return not repeated
    return False


def _is_tail(line: Line, comma: int) -> bool:
    """ "Foraminal narrowing, worse on the left": what follows only describes."""
    if len(line.events) > comma + 2 and _is_aside(line.events[comma : comma + 3]):
        return True
    for event in line.events[comma + 1 :]:
        if not event.kinds.isdisjoint(_NO_TAIL):
            return False
        if "end" in event.kinds:
            return True
    return True


def _is_aside(events: list[Event]) -> bool:
    """ ", bilateral, ": a side between two commas, and nothing else."""
    beside = all(one.end == other.start for one, other in pairwise(events))
    return beside and side_of(events[1]) is not None and "comma" in events[-1].kinds


def _joined(line: Line, one: int, other: int, listed: bool = False) -> bool:
    """Whether only "and" / "or" and plain words stand between two findings.

    `listed`: commas too, as in "no cyst, mass, or stone on either side".
    """
    if line.events[one].end == line.events[other].start:  # "hypermetabolic mass"
        return True
    between = line.events[one + 1 : other]
    joints = [event for event in between if not event.kinds.isdisjoint(_JOINTS)]
    plain = _JOINTS | {"limiting", "ignore"}
    if listed and between and is_list(line, one + 1):
        plain |= {"comma"}
        return not any(_is_more(event, plain) and "of" not in event.kinds for event in between)
    return bool(joints) and not any(_is_more(event, plain) for event in between)


def _is_more(event: Event, plain: frozenset[str]) -> bool:
    """Whether the word is more than a joint; "nor" is none."""
    return bool(event.kinds - plain - ({"negated_before"} if "or" in event.kinds else set()))

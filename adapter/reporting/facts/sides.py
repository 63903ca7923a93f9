"""Which side a finding is on."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, takewhile

from adapter.domain.order import Side
from adapter.reporting.facts.ahead import is_described, is_list, joins_places
from adapter.reporting.facts.events import NOTHING, WHERE, Event, Line

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_SIDE = _STOPS_BEFORE | {"uncertain_before", "negated_before", "normal"}
_STOPS_SUBJECT = frozenset(("end", "uncertain_before", "with", "relative"))
_TELLS = frozenset(("verb", "colon"))
_SAYS_SO = frozenset(
    ("verb", "previously", "increased", "decreased", "status", "comparative", "comma")
)
_LEADS = frozenset(("than", "preposition", "of", "through", "definite"))
_BESIDE = WHERE | {"fresh", "limiting", "open", "close"}
_PLACES = WHERE | {"fresh", "limiting"}
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
        or _compared(line, at, _side_before(line, at))
        or _side_after(line, at)
        or _side_of_subject(line, at)
        or _side_in_front(line, at)
    )


def _compared(line: Line, at: int, side: Side | None) -> Side | None:
    """ "Right effusion larger than left"."""
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if "comparative" in event.kinds:
            other = side_behind(line, place)
            return Side.BILATERAL if side and other and other is not side else side
        if not event.kinds <= _SAYS_SO:
            return side
    return side


def side_behind(line: Line, at: int) -> Side | None:
    """The side that an adjective is of: "larger than the left", "worse on the right"."""
    for place in range(at + 1, len(line.events)):
        side = _of(line.events[place])
        if side:
            return None if _belongs_to_next(line, place) else side
        if not line.events[place].kinds <= _LEADS:
            return None
    return None


def nearest_side(line: Line, places: Iterable[int]) -> Side | None:
    """The first side told at these places of `events`, before a finding or a new clause."""
    for place in places:
        event = line.events[place]
        side = _of(event)
        if side or event.term or "end" in event.kinds:
            return side
    return None


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
            if found is None and joins_places(line, place):
                continue  # "right upper and lower lobe nodules"
            if found and (joint or "comma" in event.kinds):
                return Side.BILATERAL if _is_other(line, place, found) else found
            return found
    return found


def _is_other(line: Line, joint: int, side: Side) -> bool:
    """Whether the other side is named before: "mild right, moderate left"."""
    for place in reversed(range(joint)):
        event = line.events[place]
        other = _of(event)
        if other:
            apart = "comma" in line.events[joint].kinds and event.end < line.events[joint].start
            return other is not side and not apart and not _is_led(line, place, joint)
        far = line.events[joint].start - event.start > _LIST_GAP
        if far or "comma" in line.events[joint].kinds or not event.kinds <= _PLACES:
            return False
    return False


def _is_led(line: Line, place: int, joint: int) -> bool:
    """Whether the side belongs to a finding before: "effusion on the right and left nodule"."""
    led = not line.events[place - 1].kinds.isdisjoint(("preposition", "definite"))
    if led and "comma" in line.events[joint].kinds:
        return True
    for event in reversed(line.events[:place]):
        if event.kinds - WHERE:
            return led and event.term is not None
    return False


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
        if joins_places(line, place):
            continue
        if event.term or not event.kinds.isdisjoint(_STOPS_SIDE_AFTER):
            return None
    return None


def _both(line: Line, at: int, side: Side) -> Side:
    """ "On the right and on the left", "in the right lung and in the left lung"."""
    joint, repeated = 0, False
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        other = _of(event)
        if joint and other:
            if _belongs_to_next(line, place) or _is_judged(line, place, repeated):
                return side
            return side if other is side else Side.BILATERAL
        if not event.kinds.isdisjoint(("and", "than")):
            joint = place
        elif event.kinds - _BESIDE:
            return side
        repeated = bool(joint) and (repeated or "preposition" in event.kinds)
    return side


def _is_judged(line: Line, place: int, repeated: bool) -> bool:
    """Whether the second place begins a clause: "nodule in the right lung and left lung clear"."""
    for event in line.events[place + 1 :]:
        if event.term or "end" in event.kinds:
            return False
        if "normal" in event.kinds:
            return not repeated
    return False


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
    told = False
    for place in reversed(range(at)):
        event = line.events[place]
        if not event.kinds.isdisjoint(_STOPS_SUBJECT) and not _is_with_no(line, place):
            return None
        told = told or not event.kinds.isdisjoint(_TELLS)
        side = _of(event)
        if side and (_is_subject(line, place) if told else _is_headline(line, place, at)):
            return Side.BILATERAL if _has_twin(line, place, side) else side
        if side:
            return None
    return None


def _is_with_no(line: Line, place: int) -> bool:
    """ "… is atrophic with no stone" goes on about its subject."""
    after = line.events[place + 1]
    return "with" in line.events[place].kinds and "negated_before" in after.kinds


def _is_headline(line: Line, place: int, at: int) -> bool:
    """ "Left kidney without stones": the clause begins with the place, a denial comes behind."""
    before = takewhile(lambda event: event.kinds <= WHERE, reversed(line.events[:place]))
    begin = place - sum(1 for _ in before)
    if begin and line.events[begin - 1].kinds.isdisjoint(("end", "comma")):
        return False
    told = (e for e in line.events[place:at] if e.term or "negated_before" in e.kinds)
    first = next(told, None)
    return first is not None and first.term is None


def _is_subject(line: Line, place: int) -> bool:
    """ "The right kidney …", "… the left contains …"; not "a cyst in the left breast, …"."""
    event, after = line.events[place], line.events[place + 1]
    before = line.events[place - 1].kinds if place else NOTHING
    if event.site or after.site:
        return _is_free(line, place)
    return "definite" in before and "verb" in after.kinds and after.start == event.end


def _is_free(line: Line, place: int) -> bool:
    """Whether no preposition ties the place to a finding before it."""
    for event in reversed(line.events[:place]):
        if event.kinds - WHERE:
            return True
        if "preposition" in event.kinds:
            return not any(each.term for each in line.events[:place])
    return True


def _has_twin(line: Line, place: int, side: Side) -> bool:
    """ "The right and the left kidney …"."""
    for joint in reversed(range(place)):
        if "and" in line.events[joint].kinds:
            return _is_other(line, joint, side)
        if line.events[joint].kinds - WHERE:
            return False
    return False


def _side_in_front(line: Line, at: int) -> Side | None:
    """ "On the left there is no effusion, but atelectasis": the place that is said first."""
    while True:
        begin = _clause(line, at)
        front = list(takewhile(lambda event: event.kinds <= WHERE, line.events[begin:at]))
        placed = bool(front) and "preposition" in front[0].kinds and _is_first(line, begin)
        rest = line.events[begin + len(front) : at] if placed else line.events[begin:at]
        if any(event.site or _of(event) for event in rest):
            return None
        if placed:
            return next(filter(None, map(_of, front)), None)
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
        return not any(_is_more(event, plain) and "of" not in event.kinds for event in between)
    return bool(joints) and not any(_is_more(event, plain) for event in between)


def _is_more(event: Event, plain: frozenset[str]) -> bool:
    """Whether the word is more than a joint; "nor" is none."""
    return bool(event.kinds - plain - ({"negated_before"} if "or" in event.kinds else set()))

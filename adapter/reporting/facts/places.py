"""Where a finding is: the anatomy beside it, its side, its vertebral level."""

from __future__ import annotations

import re
from itertools import pairwise

from adapter.domain.order import Side
from adapter.mapping.lexicon import Site
from adapter.reporting.facts.ahead import following, is_list
from adapter.reporting.facts.events import Event, Line

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
_SIDE_KINDS = frozenset(_SIDES)
_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_SIDE = _STOPS_BEFORE | {"uncertain_before", "negated_before"}
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
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
_LEVEL = re.compile(r"([ctls])(\d{1,2})(?:\s?[-/–]\s?([ctls]?)(\d{1,2}))?", re.IGNORECASE)
_SIGNAL = re.compile(
    r"hyper|hypo|iso|weighted|signal|bright|dark|flair|prolong|shorten|shine|fat|stir|image|sequen"
)
_REGION_LAST = {"c": 8, "t": 13, "l": 6, "s": 5}
_BESIDE = 2  # words that may stand between an adjective of place and its finding
_LIST_GAP = 3
_REACH = 40  # events to look back for the anatomy that is the subject


def sites_of(line: Line, at: int) -> list[Site]:
    """The anatomy that may say where the finding at this place of `events` is, likeliest first.

    Right before it, else behind it in the same clause, else anywhere before it in the clause.
    """
    before = _site_before(line, at)
    near = before and line.events[at].start - before.end <= _BESIDE
    after = _site_after(line, at)
    ordered = (before, after) if near else (after, before, _site_far_before(line, at))
    return [event.site for event in ordered if event and event.site]


def _site_before(line: Line, at: int) -> Event | None:
    for event in reversed(line.events[:at]):
        if event.site:
            return event
        if event.term or not event.kinds.isdisjoint(_STOPS_BEFORE):
            return None
    return None


def _site_after(line: Line, at: int) -> Event | None:
    """ "Cyst and stone in the kidney": the place after the second is that of the first too."""
    joined, listed = False, False  # joined: "and" was said, and no finding since
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if event.site:
            return None if joined else event
        if "comma" in event.kinds and (listed or is_list(line, place)):
            listed = joined = True
            continue
        if not event.kinds.isdisjoint(("end", "comma")):
            return None
        if event.term:
            if not listed and event.start - line.events[at].end > _LIST_GAP:
                return None
            joined = False
        if "with" in event.kinds and not _describes(line, place):
            return None
        joined = joined or not event.kinds.isdisjoint(("and", "or"))
    return None


def _describes(line: Line, at: int) -> bool:
    """ "Mass with spiculated margins in the breast": no other finding comes behind."""
    for event in line.events[at + 1 :]:
        if event.term or not event.kinds.isdisjoint(("and", "verb")):
            return False
        if not event.kinds.isdisjoint(("end", "comma")):
            return True
    return True


def _site_far_before(line: Line, at: int) -> Event | None:
    for event in reversed(line.events[max(0, at - _REACH) : at]):
        if event.site:
            return event
        if "end" in event.kinds:
            return None
    return None


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
    for place in range(at - 1, -1, -1):
        event = line.events[place]
        side = _of(event)
        if side:
            found = Side.BILATERAL if found not in (None, side) else side
        elif event.term or not event.kinds.isdisjoint(_STOPS_SIDE):
            joint = not event.kinds.isdisjoint(("and", "or"))
            if found is None and joint and line.events[place - 1 : place] and _shares(line, place):
                continue  # "right upper and lower lobe nodules"
            if found and (joint or "comma" in event.kinds):
                return Side.BILATERAL if _is_other(line, place, found) else found
            return found
    return found


def _is_other(line: Line, joint: int, side: Side) -> bool:
    """Whether the other side is named right before: "mild right, moderate left"."""
    for place in range(joint - 1, -1, -1):
        event = line.events[place]
        other = _of(event)
        if other and event.end == line.events[joint].start:
            led = place and not line.events[place - 1].kinds.isdisjoint(("preposition", "definite"))
            return other is not side and not (led and "comma" in line.events[joint].kinds)
        if line.events[joint].start - event.start > _LIST_GAP:
            return False
    return False


def _shares(line: Line, joint: int) -> bool:
    """Whether "and" joins two adjectives of place."""
    before, event, after = line.events[joint - 1], line.events[joint], following(line, joint)
    beside = after is not None and before.end == event.start and event.end == after.start
    return beside and all(
        each.site is not None or "partial" in each.kinds for each in (before, after) if each
    )


def _side_after(line: Line, at: int) -> Side | None:
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        side = _of(event)
        if side:
            return None if _belongs_to_next(line, place) else _both(line, place, side)
        if "comma" in event.kinds and _is_tail(line, place):
            continue
        if "with" in event.kinds and _describes(line, place):
            continue
        if event.term or not event.kinds.isdisjoint(_STOPS_AFTER):
            return None
    return None


def _both(line: Line, at: int, side: Side) -> Side:
    """ "On the right and on the left"."""
    rest = line.events[at + 1 :]
    if rest and "and" in rest[0].kinds:
        for event in rest[1:]:
            other = _of(event)
            if other:
                return side if other is side or _belongs_to_next(line, at) else Side.BILATERAL
            if not event.kinds <= {"preposition", "definite", "of", "through"}:
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
        if "bilateral" not in event.kinds and not event.kinds.isdisjoint(_STOPS_BEFORE_NEXT):
            return False
    return False


def _side_of_subject(line: Line, at: int) -> Side | None:
    """ "The right kidney shows a cyst and a stone": the side of the anatomy that is the subject."""
    verb = False
    for place in range(at - 1, -1, -1):
        event = line.events[place]
        if not event.kinds.isdisjoint(("end", "uncertain_before", "with")):
            return None
        verb = verb or "verb" in event.kinds
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
        return all(event.kinds <= plain | {"comma"} for event in between)
    return bool(joints) and all(event.kinds <= plain for event in between)


def levels(line: Line) -> list[tuple[int, str]]:
    """Vertebral levels as (token, "L4-L5"); T1 and T2 of an MR signal are none."""
    found: list[tuple[int, str]] = []
    for at, token in enumerate(line.tokens):
        if not token.word[1:2].isdigit():
            continue
        match = _LEVEL.fullmatch(token.word)
        if match is None or int(match[2]) > _REGION_LAST[match[1].lower()]:
            continue
        if match[4] is None and any(map(_SIGNAL.match, line.words(at + 1, at + 3))):
            continue
        found.append((at, _level_text(match)))
    return _slips(line, found) if len(found) > 1 else found


def _slips(line: Line, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """ "Anterolisthesis of L4 on L5" is at L4-L5, "from T4 to T8" at T4-T8."""
    through = {event.start for event in line.events if "through" in event.kinds}
    for (one, upper), (other, lower) in pairwise(found):
        if other == one + 2 and one + 1 in through:
            return [
                *((at, level) for at, level in found if at not in (one, other)),
                (one, f"{upper.split('-')[0]}-{lower.split('-')[-1]}"),
            ]
    return found


def _level_text(match: re.Match[str]) -> str:
    upper = f"{match[1]}{match[2]}".upper()
    if match[4] is None:
        return upper
    return f"{upper}-{match[3] or match[1]}{match[4]}".upper()


def level_of(line: Line, at: int, known: list[tuple[int, str]]) -> str | None:
    """The level that belongs to a finding: behind it before the next finding, else before it."""
    if not known:
        return None
    if len(known) == 1:
        return known[0][1]
    event = line.events[at]
    first = next((e.end for e in reversed(line.events[:at]) if _parts(e)), 0)
    last = next((e.start for e in line.events[at + 1 :] if _parts(e)), len(line.tokens))
    beside = [level for token, level in known if first <= token < last]
    before = [(token, level) for token, level in known if token < event.start]
    named = max((e.end for e in line.events[:at] if e.term), default=0)
    group = [level for token, level in before if token >= named]  # "at L3-L4 and L4-L5, …"
    latest = [level for _, level in before[-1:]]
    return (beside or group or latest or [known[0][1]])[0]


def _parts(event: Event) -> bool:
    """Whether another finding or part of the sentence begins here."""
    return event.term is not None or not event.kinds.isdisjoint(_STOPS_AFTER)

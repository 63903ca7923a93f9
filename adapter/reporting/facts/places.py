"""Where a finding is: the anatomy beside it, its side, its vertebral level."""

from __future__ import annotations

import re
from itertools import pairwise

from adapter.domain.order import Side
from adapter.mapping.lexicon import Site
from adapter.reporting.facts.events import Event, Line

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
_SIDE_KINDS = frozenset(_SIDES)
_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
_JOINTS = frozenset(("and", "or", "versus"))
_LEVEL = re.compile(r"([ctls])(\d{1,2})(?:\s?[-/–]\s?([ctls]?)(\d{1,2}))?", re.IGNORECASE)
_SIGNAL = re.compile(
    r"hyper|hypo|iso|weighted|signal|bright|dark|flair|prolong|shorten|shine|fat|stir|image|sequen"
)
_REGION_LAST = {"c": 8, "t": 13, "l": 6, "s": 5}
_UPON = frozenset(("on", "over", "upon"))
_BESIDE = 2  # words that may stand between an adjective of place and its finding
_LIST_GAP = 3
_REACH = 40  # events to look back for the anatomy that is the subject


def site_of(line: Line, at: int) -> Site | None:
    """The anatomy that says where the finding at this place of `events` is, nearest first.

    Right before it, else behind it in the same clause, else anywhere before it in the clause.
    """
    before = _site_before(line, at)
    if before and line.events[at].start - before.end <= _BESIDE:
        return before.site
    after = _site_after(line, at)
    chosen = after or before or _site_far_before(line, at)
    return chosen.site if chosen else None


def _site_before(line: Line, at: int) -> Event | None:
    for event in reversed(line.events[:at]):
        if event.site:
            return event
        if event.term or not event.kinds.isdisjoint(_STOPS_BEFORE):
            return None
    return None


def _site_after(line: Line, at: int) -> Event | None:
    left_phrase = False
    for event in line.events[at + 1 :]:
        if event.site and not left_phrase:
            return event
        if event.term and left_phrase:
            return None
        if not event.kinds.isdisjoint(("end", "with", "comma")):
            return None
        if event.term and not _listed(line, at, event):
            return None
        left_phrase = left_phrase or ("and" in event.kinds and not _listed(line, at, event))
    return None


def _listed(line: Line, at: int, event: Event) -> bool:
    """ "Cyst and stone in the kidney": the place after the second is that of the first too."""
    return event.start - line.events[at].end <= _LIST_GAP


def _site_far_before(line: Line, at: int) -> Event | None:
    for event in reversed(line.events[max(0, at - _REACH) : at]):
        if event.site:
            return event
        if "end" in event.kinds:
            return None
    return None


def sides(line: Line) -> dict[int, Side | None]:
    """The side of each finding by its place in `events`; findings joined by "and" share one."""
    found = {at: _side(line, at) for at in line.terms}
    for one, other in pairwise(line.terms):
        if not _joined(line, one, other):
            continue
        if found[other] is None:
            found[other] = found[one]
        elif found[one] is None:
            found[one] = found[other]
    return found


def _side(line: Line, at: int) -> Side | None:
    return _side_before(line, at) or _side_after(line, at) or _side_of_subject(line, at)


def _of(event: Event) -> Side | None:
    for kind, side in _SIDES.items():
        if kind in event.kinds:
            return side
    return event.site.side if event.site else None


def _side_before(line: Line, at: int) -> Side | None:
    found: Side | None = None
    for place in range(at - 1, -1, -1):
        event = line.events[place]
        side = _of(event)
        if side:
            found = Side.BILATERAL if found not in (None, side) else side
        elif event.term or not event.kinds.isdisjoint(_STOPS_BEFORE):
            if found and not event.kinds.isdisjoint(("and", "or")) and place:
                other = _of(line.events[place - 1])
                if other and other != found and line.events[place - 1].end == event.start:
                    return Side.BILATERAL
            return found
    return found


def _side_after(line: Line, at: int) -> Side | None:
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        side = _of(event)
        if side:
            return side if not _belongs_to_next(line, place) else None
        if event.term or not event.kinds.isdisjoint(_STOPS_AFTER):
            return None
    return None


def _belongs_to_next(line: Line, place: int) -> bool:
    """Whether the side stands before another finding as its adjective."""
    for event in line.events[place + 1 :]:
        if event.term:
            return True
        if "bilateral" not in event.kinds and not event.kinds.isdisjoint(
            _STOPS_AFTER | {"verb", "preposition", "negated_after", "uncertain_after"}
        ):
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


def _joined(line: Line, one: int, other: int) -> bool:
    """Whether only "and" / "or" and plain words stand between two findings."""
    between = line.events[one + 1 : other]
    joints = [event for event in between if not event.kinds.isdisjoint(_JOINTS)]
    plain = _JOINTS | {"limiting", "ignore"}
    return bool(joints) and all(event.kinds <= plain for event in between)


def levels(line: Line) -> list[tuple[int, str]]:
    """Vertebral levels as (token, "L4-L5"); T1 and T2 of an MR signal are none."""
    found: list[tuple[int, str]] = []
    for at, token in enumerate(line.tokens):
        match = _LEVEL.fullmatch(token.word)
        if match is None or int(match[2]) > _REGION_LAST[match[1].lower()]:
            continue
        if match[4] is None and any(map(_SIGNAL.match, line.words(at + 1, at + 3))):
            continue
        found.append((at, _level_text(match)))
    return _slips(line, found)


def _slips(line: Line, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """ "Anterolisthesis of L4 on L5" is at L4-L5."""
    for (one, upper), (other, lower) in pairwise(found):
        if other == one + 2 and line.tokens[one + 1].word in _UPON:
            return [
                *((at, level) for at, level in found if at not in (one, other)),
                (one, f"{upper}-{lower}"),
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
    before = [level for token, level in known if token < event.start]
    return (beside or before[-1:] or [known[0][1]])[0]


def _parts(event: Event) -> bool:
    """Whether another finding or part of the sentence begins here."""
    return event.term is not None or not event.kinds.isdisjoint(_STOPS_AFTER)

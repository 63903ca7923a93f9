"""Where a finding is: the anatomy beside it, its vertebral level."""

from __future__ import annotations

import re
from itertools import pairwise

from adapter.mapping.lexicon import Site
from adapter.reporting.facts.ahead import begins_anew, is_described, is_list, joins_places
from adapter.reporting.facts.events import Event, Line

_STOPS_BEFORE = frozenset(("comma", "and", "or", "with", "end", "verb", "versus"))
_STOPS_AFTER = frozenset(("comma", "and", "or", "with", "end", "versus"))
_LEVEL = re.compile(r"([ctls])(\d{1,2})(?:\s?[-/–]\s?([ctls]?)(\d{1,2}))?", re.IGNORECASE)
_REGION_LAST = {"c": 8, "t": 13, "l": 6, "s": 5}
_BESIDE = 2  # words that may stand between an adjective of place and its finding
_LIST_GAP = 3
_JOINS = frozenset(("comma", "and", "or"))
_LEADS = frozenset(("preposition", "of"))
_BETWEEN_LEVELS = _JOINS | _LEADS


def sites_of(line: Line, at: int, organ: str | None) -> list[Site]:
    """The anatomy that may say where the finding at this place of `events` is, likeliest first.

    Right before it, else behind it in the same clause, else anywhere before it in the clause;
    there not where a finding of another `organ`, which it may follow, is nearer.
    """
    before = _site_before(line, at)
    near = before and line.events[at].start - before.end <= _BESIDE
    after = _site_after(line, at)
    ordered = (before, after) if near else (after, before, _site_far_before(line, at, organ))
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
    tied = False  # a preposition was said
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if event.site:
            return None if joined or not (tied or _is_loose(line, place)) else event
        if joins_places(line, place):
            continue
        if "comma" in event.kinds and begins_anew(line, place):
            return None
        tied = tied or "preposition" in event.kinds
        if "comma" in event.kinds and (listed or is_list(line, place)):
            listed = joined = True
            continue
        if not event.kinds.isdisjoint(("end", "comma")):
            return None
        if event.term:
            if not listed and event.start - line.events[at].end > _LIST_GAP:
                return None
            joined = False
        if "with" in event.kinds and not is_described(line, place):
            return None
        joined = joined or not event.kinds.isdisjoint(("and", "or"))
    return None


def _is_loose(line: Line, place: int) -> bool:
    """Whether a place without preposition begins no clause: "nodule left base", not "heart is"."""
    after = line.events[place + 1] if place + 1 < len(line.events) else None
    return after is None or (after.kinds.isdisjoint(("verb", "normal")) and not after.term)


def _site_far_before(line: Line, at: int, organ: str | None) -> Event | None:
    named = False
    for event in reversed(line.events[:at]):
        if event.site and event.term is None:
            return None if named and event.site.organ != organ else event
        if "end" in event.kinds:
            return None
        named = named or (organ is not None and event.term is not None)
    return None


def levels(line: Line, signals: re.Pattern[str]) -> list[tuple[int, str]]:
    """Vertebral levels as (token, "L4-L5"); T1 and T2 of an MR signal are none."""
    found: list[tuple[int, str]] = []
    for at, token in enumerate(line.tokens):
        if not token.word[1:2].isdigit():
            continue
        match = _LEVEL.fullmatch(token.word)
        if match is None or int(match[2]) > _REGION_LAST[match[1].lower()]:
            continue
        if match[4] is None and any(map(signals.match, line.words(at + 1, at + 3))):
            continue
        found.append((at, _level_text(match)))
    return _slips(line, found)


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


def levels_of(line: Line, at: int, known: list[tuple[int, str]]) -> list[str]:
    """The levels of a finding: that behind it before the next finding, else the one before it.

    With those joined to it: "disc bulges at L3-L4 and L4-L5".
    """
    if not known:
        return []
    nearest = _nearest(line, at, known)
    groups = (group for group in _groups(line, known) if nearest in group)
    return [level for _, level in next(groups, [])]


def _nearest(line: Line, at: int, known: list[tuple[int, str]]) -> tuple[int, str] | None:
    event = line.events[at]
    if len(known) == 1:
        token = known[0][0]
        return None if _is_of_next(line, at, token) or _is_apart(line, at, token) else known[0]
    first = next((e.end for e in reversed(line.events[:at]) if _parts(e)), 0)
    last = next((e.start for e in line.events[at + 1 :] if _parts(e)), len(line.tokens))
    beside = [each for each in known if first <= each[0] < last]
    before = [each for each in known if each[0] < event.start]
    named = max((e.end for e in line.events[:at] if e.term), default=0)
    group = [each for each in before if each[0] >= named]  # "at L3-L4 and L4-L5, …"
    return (beside or group or before[-1:] or known)[0]


def _groups(line: Line, known: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The levels, those together that nothing but a joint parts."""
    found: list[list[tuple[int, str]]] = []
    for one in known:
        if found and _are_joined(line, found[-1][-1][0], one[0]):
            found[-1].append(one)
        else:
            found.append([one])
    return [part for group in found for part in _parted(line, group)]


def _are_joined(line: Line, one: int, other: int) -> bool:
    between = [event for event in line.events if one < event.start and event.end <= other]
    joints = [event for event in between if not event.kinds.isdisjoint(_JOINS)]
    told = sum(event.end - event.start for event in between)
    plain = all(not event.kinds - _BETWEEN_LEVELS for event in between)
    return bool(joints) and plain and told == other - one - 1


def _parted(line: Line, group: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """ "Fracture of L1 and L3 stenosis": the last is of the finding behind it."""
    first, last = group[0][0], group[-1][0]
    led = first
    before = [event for event in line.events if event.end <= first]
    while before and before[-1].end == led and not before[-1].kinds - _LEADS:
        led = before.pop().start
    tied = any(event.term and event.end == led for event in before)
    if tied and any(event.term and event.start == last + 1 for event in line.events):
        return [group[:-1], group[-1:]] if len(group) > 1 else [group]
    return [group]


def _is_of_next(line: Line, at: int, token: int) -> bool:
    """Whether a level behind a comma belongs to what is said there: "…, old T8 fracture"."""
    for place in range(at + 1, len(line.events)):
        event = line.events[place]
        if event.start > token:
            return False
        if not event.kinds.isdisjoint(("comma", "end")):
            rest = line.events[place + 1 :]
            return not is_list(line, place) and any(each.term for each in rest)
    return False


def _is_apart(line: Line, at: int, token: int) -> bool:
    """ "Healed L3 fracture; no acute fracture", "…, no new fracture": of the finding before."""
    if token > line.events[at].start:
        return False
    behind = [event for event in line.events[:at] if event.start > token]
    named = next((place for place, event in enumerate(behind) if event.term), len(behind))
    rest = behind[named:]
    if token and any(line.tokens[event.start].word == ";" for event in rest):
        return True
    return bool(rest) and _is_namesake(line, rest[0], line.events[at]) and _is_no_other(rest)


def _is_namesake(line: Line, one: Event, other: Event) -> bool:
    """Whether both names end in the same word: "compression fracture", "fracture"."""
    return line.tokens[one.end - 1].word == line.tokens[other.end - 1].word


def _is_no_other(events: list[Event]) -> bool:
    """Whether "no new", "no acute" is among them."""
    return any(
        "negated_before" in one.kinds and "limiting" in other.kinds and one.end == other.start
        for one, other in pairwise(events)
    )


def _parts(event: Event) -> bool:
    """Whether another finding or part of the sentence begins here."""
    return event.term is not None or not event.kinds.isdisjoint(_STOPS_AFTER)

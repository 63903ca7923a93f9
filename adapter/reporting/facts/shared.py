"""Names that findings share: "pleural and pericardial effusions", "lytic or sclerotic lesion"."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.mapping.lexicon import Lexicon, Term
from adapter.reporting.facts.events import Event
from adapter.reporting.facts.joined import JOINS, Row, listed, meant, row, side_kinds
from adapter.reporting.facts.several_places import objects, subjects

_TERM = frozenset(("term",))
_LONGEST = 2  # words that tell which, without being a place: "full-thickness"


def with_shared(events: list[Event], words: list[str], lexicon: Lexicon) -> list[Event]:
    """The events, with each finding that shares the name or the words of another."""
    joints = [at for at, event in enumerate(events) if _joins(events, at, event)]
    if not joints:
        return events
    first, last = events[joints[0]].start, events[joints[-1]].start
    line = row(events, words, lexicon)
    named: list[Event] = []
    told: list[Event] = []
    for head in [event for event in events if event.term]:
        named += _attributes(line, head) if first < head.start else ()
        before = subjects(line, head) if first < head.start else []
        told += (
            before or (objects(line, head) if last > head.start else []) or [_completed(line, head)]
        )
    tokens = {token for each in named for token in range(each.start, each.end)}
    kept = (event for event in events if not event.term and event.start not in tokens)
    return sorted([*named, *told, *kept], key=lambda event: event.start)


def _completed(row: Row, head: Event) -> Event:
    """The second of "free air or fluid", by the word that the first begins with."""
    generic = head.term.generic if head.term else None
    joint = next((e for e in row.ends.get(head.start, ()) if not e.kinds.isdisjoint(JOINS)), None)
    if generic is None or joint is None:
        return head
    firsts = (e for e in row.ends.get(joint.start, ()) if e.term and e.end - e.start > 1)
    words = row.words[head.start : head.end]
    terms = (row.term(row.words[first.start : first.start + 1], words) for first in firsts)
    whole = next((term for term in terms if term and term.generic is None), None)
    return head._replace(term=whole) if whole else head


def _joins(events: list[Event], at: int, event: Event) -> bool:
    """Whether this is "and", "or", or the "but" of "but no"."""
    if not event.kinds.isdisjoint(JOINS):
        return True
    after = events[at + 1] if "end" in event.kinds and at + 1 < len(events) else None
    return after is not None and "negated_before" in after.kinds and after.start == event.end


def _attributes(row: Row, head: Event) -> Iterator[Event]:
    """The adjectives before a joint: "hepatic" of "hepatic and renal cysts"."""
    place = row.site(head.start)
    at = place.start if place else head.start
    starts = (head.start,) if place else range(head.start + 1, head.end)
    names = [row.words[start : head.end] for start in starts]
    own = meant(head.term, place)
    for start, end in listed(row, at) if names else ():
        where = row.site(end)
        finding = _named(row, start, end, names)
        if finding and finding != own:
            kinds = _TERM | side_kinds(row, start, where)
            yield Event(start, end, kinds, Term(finding, None), where.site if where else None)


def _named(row: Row, start: int, end: int, names: list[list[str]]) -> str | None:
    """What the words mean before such a name: by the lexicon, or the place by a generic name."""
    place = row.site(end)
    firsts = (start,) if place else range(max(0, end - _LONGEST), end)
    terms = (row.term(row.words[first:end], name) for name in names for first in firsts)
    whole = next(filter(None, terms), None)
    if whole or not place:
        return meant(whole, place)
    generic = next((term for term in map(row.term, names) if term and term.generic), None)
    finding = meant(generic, place)
    return finding if generic and finding != generic.finding else None

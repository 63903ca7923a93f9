"""Names that findings share: "pleural and pericardial effusions", "lytic or sclerotic lesion"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.reporting.facts.events import Event

_JOINS = frozenset(("and", "or", "versus"))
_JOINTS = _JOINS | {"comma"}
_ADJECTIVES = frozenset(
    ("left", "right", "bilateral", "fresh", "limiting", "chronic", "status", "determiner")
) | {"new", "stable", "increased", "decreased", "prior", "comparative", "uncertain_before"}
_BETWEEN = _ADJECTIVES | {"negated_before"}
_TELLS = _ADJECTIVES | {"verb", "negated_before", "reported", "uncertain_either"}
_END = frozenset(("end",))
_ARTICLE = frozenset(("definite",))
_LEADS = frozenset(("preposition", "of"))
_SIDES = frozenset(("left", "right", "bilateral"))
_LONGEST = 2  # words that tell which, without being a place: "full-thickness"
_OF_SIZE = 5  # tokens of "2 x 3 cm"


class _Row(NamedTuple):
    """The words of a line, and its events by the token at which they end."""

    words: list[str]
    ends: dict[int, list[Event]]
    lexicon: Lexicon

    def back(self, at: int, kinds: frozenset[str]) -> int:
        """Where the words of these kinds begin that end at this token."""
        while plain := [e for e in self.ends.get(at, ()) if not (e.term or e.kinds - kinds)]:
            at = min(event.start for event in plain)
        return at

    def site(self, at: int) -> Event | None:
        """The place named right before this token."""
        return next((event for event in self.ends.get(at, ()) if event.site), None)

    def says(self, at: int, kinds: frozenset[str]) -> bool:
        """Whether an event of such a kind ends at this token."""
        return any(not event.kinds.isdisjoint(kinds) for event in self.ends.get(at, ()))


def with_shared(events: list[Event], words: list[str], lexicon: Lexicon) -> list[Event]:
    """The events and, for each word before a joint that shares the name behind it, a finding."""
    if all(event.kinds.isdisjoint(_JOINS) for event in events):
        return events
    row = _Row(words, {}, lexicon)
    for event in events:
        row.ends.setdefault(event.end, []).append(event)
    heads = [event for event in events if event.term]
    named = [sharer for head in heads for sharer in _attributes(row, head)]
    told = [sharer for head in heads for sharer in _subjects(row, head)]
    if not (named or told):
        return events
    tokens = {token for each in named for token in range(each.start, each.end)}
    kept = (event for event in events if event.start not in tokens)
    return sorted([*named, *told, *kept], key=lambda event: event.start)


def _attributes(row: _Row, head: Event) -> Iterator[Event]:
    """The adjectives before a joint: "hepatic" of "hepatic and renal cysts"."""
    place = row.site(head.start)
    at = place.start if place else head.start
    starts = (head.start,) if place else range(head.start + 1, head.end)
    names = [row.words[start : head.end] for start in starts]
    own = _finding(head.term, place)
    for start, end in _listed(row, at):
        term = _named(row, start, end, names)
        if term and term.finding != own:
            place = row.site(end)
            yield Event(start, end, _kinds(row, start, end), term, place.site if place else None)


def _subjects(row: _Row, head: Event) -> Iterator[Event]:
    """The places of which the same is told: "the liver" of "the liver and spleen are enlarged"."""
    start = row.back(head.start, _TELLS)
    last = row.site(start)
    if start == head.start or last is None or head.term is None or head.term.generic is None:
        return
    own = _finding(head.term, last)
    for first, end in _listed(row, row.back(last.start, _ARTICLE)):
        place = row.site(end)
        finding = _finding(head.term, place) if place else None
        if own and finding and finding not in (own, head.term.finding):
            yield Event(head.start, head.end, _kinds(row, first, end), Term(finding, None))


def _listed(row: _Row, at: int) -> Iterator[tuple[int, int]]:
    """Tokens [start, end) of what is joined to the words that begin at this token."""
    joined = False
    while True:
        last = _joint(row, at)
        end = last
        while row.says(end, _JOINTS):
            joined = joined or row.says(end, _JOINS)
            end = min(event.start for event in row.ends[end])
        if end == last and _contrasts(row, end):
            joined, end = True, end - 1
        start = _start(row, end) if joined and 0 < end < last else None
        if start is None or not _is_free(row, start):
            return
        yield start, end
        at = row.back(start, _ARTICLE)


def _joint(row: _Row, at: int) -> int:
    """Where the joint ends, before the adjectives and the size that end at this token."""
    at = row.back(at, _BETWEEN)
    if row.says(at, _JOINTS):
        return at
    sized = (n for n in range(at - 1, max(0, at - _OF_SIZE), -1) if row.says(n, _JOINTS))
    return next((n for n in sized if row.words[n][:1].isdigit()), at)


def _contrasts(row: _Row, at: int) -> bool:
    """ "Pleural but no pericardial effusion"."""
    after = (event for events in row.ends.values() for event in events if event.start == at)
    denied = any("negated_before" in event.kinds for event in after)
    return denied and row.says(at, _END) and row.words[at - 1] != ";"


def _start(row: _Row, end: int) -> int | None:
    """Where the place or the words before a joint begin."""
    place = row.site(end)
    if place:
        return place.start
    known = row.ends.get(end, ())
    taken = any(event.term or not event.kinds.isdisjoint(_ADJECTIVES) for event in known)
    return None if taken else end - 1


def _is_free(row: _Row, start: int) -> bool:
    """Not the place of a finding before: "nodule in the thyroid and breast cyst"."""
    at = row.back(start, _ADJECTIVES | _ARTICLE)
    if row.says(at, frozenset(("normal", "term"))):
        return False
    if not row.says(at, _LEADS):
        return True
    before = [event for end, events in row.ends.items() if end < at for event in events]
    clause = max((event.end for event in before if "end" in event.kinds), default=0)
    return all(event.term is None or event.end <= clause for event in before)


def _named(row: _Row, start: int, end: int, names: list[list[str]]) -> Term | None:
    """What the words mean before such a name: by the lexicon, or the place by a generic name."""
    place = row.site(end)
    firsts = (start,) if place else range(max(0, end - _LONGEST), end)
    for name in names:
        for first in firsts:
            hits = row.lexicon.terms.find([*row.words[first:end], *name])
            if len(hits) == 1 and hits[0].end - hits[0].start == end - first + len(name):
                finding = _finding(hits[0].value, place)
                return Term(finding, None) if finding else None
    for name in names if place else ():
        hits = row.lexicon.terms.find(name)
        if len(hits) == 1 and hits[0].end == len(name) and hits[0].value.generic:
            finding = _finding(hits[0].value, place)
            return Term(finding, None) if finding != hits[0].value.finding and finding else None
    return None


def _finding(term: Term | None, place: Event | None) -> str | None:
    """What a name means at a place."""
    if term is None:
        return None
    site: Site | None = place.site if place else None
    at = term.generic.at if term.generic else {}
    keys = site.keys if site else ()
    return next((at[key] for key in keys if key in at), term.finding)


def _kinds(row: _Row, start: int, end: int) -> frozenset[str]:
    """Those of a finding, with the side that its place tells."""
    place = row.site(end)
    told = {place.site.side.value} if place and place.site and place.site.side else set()
    near = (e.kinds & _SIDES for e in row.ends.get(start, ()) if not e.term)
    return frozenset(("term",)).union(told, *near)

"""What "and" and "or" join in a line: places, and the words before the name of a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.reporting.facts.events import Event

JOINS = frozenset(("and", "or", "versus"))
ARTICLE = frozenset(("definite",))
JOINTS = JOINS | {"comma"}
ADJECTIVES = frozenset(
    ("left", "right", "bilateral", "fresh", "limiting", "chronic", "status", "determiner", "new")
) | {"stable", "increased", "decreased", "prior", "comparative", "uncertain_before", "ignore"}
_BETWEEN = ADJECTIVES | {"negated_before", "negated_last"}
_END = frozenset(("end",))
_LEADS = frozenset(("preposition", "of"))
_SIDES = frozenset(("left", "right", "bilateral"))
_OF_SIZE = 5  # tokens of "2 x 3 cm", "grade 1"


class Row(NamedTuple):
    """The words of a line, and its events by the tokens at which they begin and end."""

    words: list[str]
    starts: dict[int, list[Event]]
    ends: dict[int, list[Event]]
    lexicon: Lexicon

    def back(self, at: int, kinds: frozenset[str]) -> int:
        """Where the words of these kinds begin that end at this token."""
        while plain := _plain(self.ends.get(at, ()), kinds):
            at = min(event.start for event in plain)
        return at

    def ahead(self, at: int, kinds: frozenset[str]) -> int:
        """Where the words of these kinds end that begin at this token."""
        while plain := _plain(self.starts.get(at, ()), kinds):
            at = max(event.end for event in plain)
        return at

    def site(self, end: int) -> Event | None:
        """The place named right before this token."""
        return next((event for event in self.ends.get(end, ()) if event.site), None)

    def says(self, end: int, kinds: frozenset[str]) -> bool:
        """Whether an event of such a kind ends at this token."""
        return any(not event.kinds.isdisjoint(kinds) for event in self.ends.get(end, ()))

    def term(self, *parts: list[str]) -> Term | None:
        """The finding that is named by all these words together."""
        words = [word for part in parts for word in part]
        hits = self.lexicon.terms.find(words)
        whole = len(hits) == 1 and (hits[0].start, hits[0].end) == (0, len(words))
        return hits[0].value if whole else None


def row(events: list[Event], words: list[str], lexicon: Lexicon) -> Row:
    """A line of these events."""
    found = Row(words, {}, {}, lexicon)
    for event in events:
        found.starts.setdefault(event.start, []).append(event)
        found.ends.setdefault(event.end, []).append(event)
    return found


def _plain(events: Iterable[Event], kinds: frozenset[str]) -> list[Event]:
    return [event for event in events if event.term is None and not event.kinds - kinds]


def listed(row: Row, at: int) -> Iterator[tuple[int, int]]:
    """Tokens [start, end) of what is joined to the words that begin at this token."""
    joined = False
    while True:
        last = _joint(row, at)
        end = last
        while row.says(end, JOINTS):
            joined = joined or row.says(end, JOINS)
            end = min(event.start for event in row.ends[end])
        if end == last and _contrasts(row, end):
            joined, end = True, end - 1
        start = _start(row, end) if joined and 0 < end < last else None
        if start is None or not _is_free(row, start):
            return
        yield start, end
        at = row.back(start, ARTICLE)


def _joint(row: Row, at: int) -> int:
    """Where the joint ends, before the adjectives and the size that end at this token."""
    at = row.back(at, _BETWEEN)
    if row.says(at, JOINTS):
        return at
    sized = (n for n in range(at - 1, max(0, at - _OF_SIZE), -1) if row.says(n, JOINTS))
    return next((n for n in sized if any(w[:1].isdigit() for w in row.words[n:at])), at)


def _contrasts(row: Row, at: int) -> bool:
    """ "Pleural but no pericardial effusion"."""
    denied = any("negated_before" in event.kinds for event in row.starts.get(at, ()))
    return denied and row.says(at, _END) and row.words[at - 1] != ";"


def _start(row: Row, end: int) -> int | None:
    """Where the place or the word before a joint begins."""
    place = row.site(end)
    if place:
        return place.start
    known = row.ends.get(end, ())
    taken = any(event.term or not event.kinds.isdisjoint(ADJECTIVES) for event in known)
    return None if taken else end - 1


def _is_free(row: Row, start: int) -> bool:
    """Not the place of a finding before: "nodule in the thyroid and breast cyst"."""
    at = row.back(start, ADJECTIVES | ARTICLE)
    if row.says(at, frozenset(("normal", "term"))):
        return False
    if not row.says(at, _LEADS):
        return True
    before = [event for end, events in row.ends.items() if end < at for event in events]
    clause = max((event.end for event in before if "end" in event.kinds), default=0)
    return all(event.term is None or event.end <= clause for event in before)


def meant(term: Term | None, place: Event | None) -> str | None:
    """The finding that a name means at a place."""
    if term is None:
        return None
    site: Site | None = place.site if place else None
    at = term.generic.at if term.generic else {}
    keys = site.keys if site else ()
    return next((at[key] for key in keys if key in at), term.finding)


def side_kinds(row: Row, start: int, place: Event | None) -> frozenset[str]:
    """The side that a place at this token tells, or the word before it."""
    told = {place.site.side.value} if place and place.site and place.site.side else set()
    near = (e.kinds & _SIDES for e in row.ends.get(start, ()) if not e.term)
    return frozenset(told).union(*near)

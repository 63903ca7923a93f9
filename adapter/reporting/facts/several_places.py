"""Places of which the same is told: "the liver and spleen are enlarged", "cysts in both"."""

from __future__ import annotations

from adapter.mapping.lexicon import Term
from adapter.reporting.facts.events import WHERE, Event
from adapter.reporting.facts.joined import (
    ADJECTIVES,
    ARTICLE,
    JOINS,
    JOINTS,
    Row,
    listed,
    meant,
    side_kinds,
)

_TELLS = ADJECTIVES | {"verb", "negated_before", "reported", "uncertain_either"}
_TO_PLACE = WHERE - {"site"}
_SITE = frozenset(("site",))
_ANEW = frozenset(("term", "verb", "normal", "not_normal", "status", "negated_before"))
_ONE_SIDE = frozenset(("left", "right"))


def subjects(row: Row, head: Event) -> list[Event]:
    """The finding for each place before it; none when there is but one."""
    start = row.back(head.start, _TELLS)
    last = row.site(start)
    if start == head.start or last is None or head.term is None or head.term.generic is None:
        return []
    own = meant(head.term, last)
    found: list[Event] = []
    for first, end in listed(row, row.back(last.start, ARTICLE)) if own else ():
        place = row.site(end)
        finding = meant(head.term, place) if place else None
        if finding and finding not in (own, head.term.finding):
            found.append(_at(head, finding, side_kinds(row, first, place)))
    return [*found, head] if found else []


def objects(row: Row, head: Event) -> list[Event]:
    """The finding for each place behind it; none when there is but one."""
    if head.term is None or head.term.generic is None or row.site(head.start):
        return []
    places = list(_places(row, row.ahead(head.end, _TO_PLACE)))
    if not places:
        return []
    noun = _noun(row, places[-1])
    tied = places[0].start == head.end
    own, *others = (_means(row, head, place, noun if tied else []) for place in places)
    found: list[Event] = []
    for place, finding in zip(places[1:], others, strict=True):
        kinds = side_kinds(row, place.start, place)
        if finding not in (None, own, head.term.finding) and _is_told(
            row, finding, places[0], kinds
        ):
            found.append(_at(head, finding, kinds))
    if own is None or not found:
        return []
    return [_at(head, own, side_kinds(row, places[0].start, places[0])), *found]


def _at(head: Event, finding: str, side: frozenset[str]) -> Event:
    return head._replace(kinds=head.kinds | side, term=Term(finding, None))


def _places(row: Row, at: int) -> list[Event]:
    """The places from this token on that joints join, when "and" or "or" is among these."""
    found: list[Event] = []
    joined: list[bool] = []  # by "and" to the one before
    links = False
    while place := _place(row, at):
        found.append(place)
        joined.append(links)
        end = row.ahead(place.end, _SITE)
        at, links = end, False
        while joint := next((e for e in row.starts.get(at, ()) if e.kinds & JOINTS), None):
            at, links = joint.end, links or not joint.kinds.isdisjoint(JOINS)
        if at == end or end > place.end:
            break
        at = row.ahead(at, _TO_PLACE)
    if found and _begins_anew(row, found[-1]):
        found, joined = found[:-1], joined[:-1]
    return found if any(joined) else []


def _place(row: Row, at: int) -> Event | None:
    return next((event for event in row.starts.get(at, ()) if event.site), None)


def _begins_anew(row: Row, place: Event) -> bool:
    """ "Cyst in the liver and spleen normal", "… and kidney stones": it is told something else."""
    after = row.starts.get(row.ahead(place.end, _SITE), ())
    return any(not event.kinds.isdisjoint(_ANEW) for event in after)


def _noun(row: Row, last: Event) -> list[str]:
    """What the last of them names with the others: "nodes" of "mediastinal and hilar nodes"."""
    return row.words[last.end : row.ahead(last.end, _SITE)]


def _means(row: Row, head: Event, place: Event, noun: list[str]) -> str | None:
    words = row.words[head.start : head.end]
    whole = row.term(words, row.words[place.start : place.end], noun) if noun else None
    return meant(whole, None) or meant(head.term, place)


def _is_told(row: Row, finding: str, first: Event, side: frozenset[str]) -> bool:
    """Whether the side of the first place would not be taken for that of another."""
    paired = row.lexicon.findings[finding].laterality
    return bool(side) or not (paired and side_kinds(row, first.start, first) & _ONE_SIDE)

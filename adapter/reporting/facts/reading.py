"""One sentence read: findings with all that is said of them, and the organs it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from adapter.mapping.lexicon import ANAPHOR, Lexicon, Site, Term
from adapter.reporting.facts.events import ELSEWHERE, Event, Line, row_of
from adapter.reporting.facts.lines import line
from adapter.reporting.facts.mentions import Mention, Named, mentions_of
from adapter.reporting.facts.places import levels, sites_of

SPINE = "spine"  # the organ of a vertebral level
_LONGEST = 1_000  # characters
_OF_FAMILY = frozenset(("family_before", "relative"))
_PARTIAL = frozenset(("left", "right", "partial"))


class Reading(NamedTuple):
    """What one sentence says. `organs`: all it names, in order; `normal`: those it calls normal.

    `whole` is false where only one side or "otherwise" is spoken of. `topics`: what else it
    speaks of, in order, as the lexicon names it; asked only where it names no organ.
    """

    mentions: tuple[Mention, ...]
    organs: tuple[str, ...]
    normal: frozenset[str]
    family: bool
    whole: bool
    topics: tuple[str, ...] = ()


def read(sentence: str, lexicon: Lexicon) -> Reading:
    """Facts, organs and normal statements of a sentence."""
    if len(sentence) <= _LONGEST:
        return _read(sentence, lexicon)
    return _joined([_shifted(_read(text, lexicon), at) for at, text in _cut(sentence)])


def _cut(sentence: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text that nobody speaks in one sentence, so that the work stays linear."""
    at = 0
    while at < len(sentence):
        end = at + _LONGEST
        blank = sentence.rfind(" ", at, end) if end < len(sentence) else -1
        end = blank if blank > at else end
        yield at, sentence[at:end]
        at = end


def _shifted(reading: Reading, by: int) -> Reading:
    mentions = (
        replace(m, fact=replace(m.fact, start=m.fact.start + by, end=m.fact.end + by))
        for m in reading.mentions
    )
    return reading._replace(mentions=tuple(mentions))


def _joined(parts: list[Reading]) -> Reading:
    return Reading(
        tuple(mention for part in parts for mention in part.mentions),
        tuple(dict.fromkeys(organ for part in parts for organ in part.organs)),
        frozenset(organ for part in parts for organ in part.normal),
        any(part.family for part in parts),
        all(part.whole for part in parts),
    )


def _read(sentence: str, lexicon: Lexicon) -> Reading:
    raw = line(sentence, lexicon)
    known = levels(raw, lexicon.signals)
    row, names = _settled(raw, bool(known), lexicon)
    mentions: tuple[Mention, ...] = ()
    if row.terms:
        mentions = mentions_of(sentence, row, names, known, lexicon)
    family, whole, places = False, True, []
    for event in row.events:
        if event.site:
            places.append(event.site.organ)
        family = family or not event.kinds.isdisjoint(_OF_FAMILY)
        whole = whole and event.kinds.isdisjoint(_PARTIAL)
    organs = tuple(dict.fromkeys([*places, SPINE] if known else places))
    topics = () if organs else _topics(row, lexicon)
    return Reading(mentions, organs, _normal(row, mentions), family, whole, topics)


def _topics(row: Line, lexicon: Lexicon) -> tuple[str, ...]:
    hits = lexicon.topics.find([token.word for token in row.tokens])
    return tuple(hit.value for hit in hits if hit.value != ANAPHOR or hit.start == 0)


def _settled(row: Line, levelled: bool, lexicon: Lexicon) -> tuple[Line, dict[int, Named]]:
    """The line without generic words that mean no finding here, as "prominent" beside nothing."""
    names = _names(row, levelled, lexicon)
    if len(names) == len(row.terms):
        return row, names
    events: list[Event] = []
    for at, event in enumerate(row.events):
        if event.term is None or at in names:
            events.append(event)
            continue
        hits = lexicon.cues.find(row.words(event.start, event.end))
        events += [Event(h.start + event.start, h.end + event.start, h.value) for h in hits]
        if not hits:
            events.append(event._replace(kinds=ELSEWHERE, term=None))
    left = row_of(row.tokens, events)
    return left, dict(zip(left.terms, names.values(), strict=True))


def _names(row: Line, levelled: bool, lexicon: Lexicon) -> dict[int, Named]:
    """What the terms mean, by place in `events`; not those that mean nothing.

    `levelled`: a vertebral level is named, which tells the organ as a last resort.
    """
    found: dict[int, Named] = {}
    organs: list[str] = []  # of the findings so far, nearest first
    for at in row.terms:
        if (term := row.events[at].term) is None:
            continue
        named = _named(term, sites_of(row, at, _followed(term, organs)), organs, levelled)
        if named:
            found[at] = named
            organs.insert(0, lexicon.findings[named.finding].organ)
    return found


def _followed(term: Term, organs: list[str]) -> str | None:
    """The organ of the finding before, where the name may be of that too."""
    follows = term.generic.follows if term.generic else ()
    return next((organ for organ in organs[:1] if organ in follows), None)


def _named(term: Term, sites: list[Site], organs: list[str], levelled: bool) -> Named | None:
    """The finding named; of a generic word, the one that it means at this place."""
    nearest = sites[0] if sites else None
    generic = term.generic
    if generic is None:
        return Named(term.finding, nearest) if term.finding else None
    for site in sites:
        for key in site.keys:
            if key in generic.at:
                return Named(generic.at[key], site)
    if levelled and generic.level and not sites:
        return Named(generic.level, None)
    for organ in () if sites else organs:
        if organ in generic.follows:
            return Named(generic.at[organ], None)
    if generic.otherwise:
        return Named(generic.otherwise, nearest)
    return Named(generic.at[SPINE], None) if levelled and SPINE in generic.at else None


def _normal(row: Line, mentions: tuple[Mention, ...]) -> frozenset[str]:
    """Organs that the sentence calls normal, clause by clause."""
    found: set[str] = set()
    sites: list[str] = []
    calm = False
    for event in row.events:
        if "end" in event.kinds:
            found.update(sites if calm else ())
            sites, calm = [], False
        elif event.site:
            sites.append(event.site.organ)
        elif "normal" in event.kinds:
            calm = True
        elif "not_normal" in event.kinds:
            sites, calm = [], False
    found.update(sites if calm else ())
    present = {mention.organ for mention in mentions if mention.present}
    return frozenset(found) - present

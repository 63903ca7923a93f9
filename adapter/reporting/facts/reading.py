"""One sentence read: findings with all that is said of them, and the organs it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from adapter.domain.finding import Course, Fact
from adapter.domain.order import Side
from adapter.mapping.lexicon import ANAPHOR, Lexicon, Site, Term
from adapter.mapping.lexicon_table import Finding
from adapter.reporting.facts.closers import marks
from adapter.reporting.facts.course import counts, courses
from adapter.reporting.facts.events import NOTHING, Event, Line, line, row_of
from adapter.reporting.facts.measurements import Size, assign, sizes
from adapter.reporting.facts.places import level_of, levels, sites_of
from adapter.reporting.facts.scope import FAMILY, HISTORICAL, NEGATED, UNCERTAIN
from adapter.reporting.facts.sides import sides

GENERAL = "general"
SPINE = "spine"  # the organ of a vertebral level
_LONGEST = 1_000  # characters
_OF_FAMILY = frozenset(("family_before", "relative"))
_GOES_ON = frozenset(("stable", "increased", "decreased", "resolved"))  # "old one, unchanged"
_NO_ADJECTIVES = frozenset(("negated_before", "end", "comma", "and", "exam"))
_PARTIAL = frozenset(("left", "right", "partial"))


@dataclass(frozen=True, slots=True)
class Mention:
    """A fact with what routing and pairing need.

    `limited`: "no acute …" leaves room for others; `chronic`: it was called old.
    """

    fact: Fact
    organ: str
    limited: bool = False
    chronic: bool = False

    @property
    def present(self) -> bool:
        """Affirmed or hedged, now, in this patient."""
        return not (self.fact.negated or self.fact.historical or self.fact.family)


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


class _Named(NamedTuple):
    """The finding that a term means at its place, and the anatomy that told so."""

    finding: str
    site: Site | None


class _Context(NamedTuple):
    """What was worked out once for the whole sentence."""

    line: Line
    names: dict[int, _Named]
    scopes: dict[int, set[str]]
    sides: dict[int, Side | None]
    levels: list[tuple[int, str]]
    sizes: dict[int, tuple[Size, ...]]
    courses: dict[int, Course]
    counts: dict[int, int]


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
        measured = sizes(sentence, row, lexicon.measures)
        paired = frozenset(at for at in names if lexicon.findings[names[at].finding].laterality)
        context = _Context(
            row,
            names,
            marks(row),
            sides(row, paired),
            known,
            assign(row, measured),
            courses(row),
            counts(sentence, row, lexicon.numbers, measured),
        )
        mentions = tuple([_mention(sentence, context, at, lexicon) for at in row.terms])
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


def _settled(row: Line, levelled: bool, lexicon: Lexicon) -> tuple[Line, dict[int, _Named]]:
    """The line without generic words that mean no finding here, as "prominent" beside nothing."""
    names = _names(row, levelled, lexicon)
    if len(names) == len(row.terms):
        return row, names
    events: list[Event] = []
    for at, event in enumerate(row.events):
        if event.term is None or at in names:
            events.append(event)
            continue
        for hit in lexicon.cues.find(row.words(event.start, event.end)):
            events.append(Event(hit.start + event.start, hit.end + event.start, hit.value))
    left = row_of(row.tokens, events)
    return left, dict(zip(left.terms, names.values(), strict=True))


def _names(row: Line, levelled: bool, lexicon: Lexicon) -> dict[int, _Named]:
    """What the terms mean, by place in `events`; not those that mean nothing.

    `levelled`: a vertebral level is named, which tells the organ as a last resort.
    """
    found: dict[int, _Named] = {}
    organs: list[str] = []  # of the findings so far, nearest first
    for at in row.terms:
        term = row.events[at].term
        named = _named(term, sites_of(row, at), organs, levelled) if term else None
        if named:
            found[at] = named
            organs.insert(0, lexicon.findings[named.finding].organ)
    return found


def _named(term: Term, sites: list[Site], organs: list[str], levelled: bool) -> _Named | None:
    """The finding named; of a generic word, the one that it means at this place."""
    nearest = sites[0] if sites else None
    generic = term.generic
    if generic is None:
        return _Named(term.finding, nearest) if term.finding else None
    for site in sites:
        for key in site.keys:
            if key in generic.at:
                return _Named(generic.at[key], site)
    for organ in () if sites else organs:
        if organ in generic.follows:
            return _Named(generic.at[organ], None)
    if generic.otherwise:
        return _Named(generic.otherwise, nearest)
    return _Named(generic.at[SPINE], None) if levelled and SPINE in generic.at else None


def _mention(sentence: str, context: _Context, at: int, lexicon: Lexicon) -> Mention:
    row = context.line
    event = row.events[at]
    name, site = context.names[at]
    finding = lexicon.findings[name]
    start, end = row.tokens[event.start].start, row.tokens[event.end - 1].end
    scope = context.scopes[at]
    measured = context.sizes.get(at, ())
    fact = Fact(
        finding=name,
        text=sentence[start:end],
        start=start,
        end=end,
        negated=NEGATED in scope,
        uncertain=UNCERTAIN in scope,
        historical=HISTORICAL in scope and not _goes_on(context, at, measured),
        family=FAMILY in scope,
        side=context.sides[at],
        level=level_of(row, at, context.levels),
        size_mm=_sizes(measured, past=False),
        prior_size_mm=_sizes(measured, past=True),
        time=_course(context.courses.get(at), scope),
        count=context.counts.get(at),
    )
    inner = lexicon.sites.find(row.words(event.start, event.end)) if _is_general(finding) else ()
    organ = _organ(finding, inner[0].value if inner else site)
    every = _is_of_every_age(row, at)
    limited = NEGATED in scope and not every and _called(row, at, "limiting")
    return Mention(fact, organ, limited, not every and _called(row, at, "chronic"))


def _goes_on(context: _Context, at: int, measured: tuple[Size, ...]) -> bool:
    """Whether what was there before is spoken of as of today: unchanged, or measured again."""
    return context.courses.get(at) in _GOES_ON or len({size.past for size in measured}) > 1


def _course(told: Course | None, scope: set[str]) -> Course | None:
    """Of what is denied only that it has resolved: "no new nodule" is not new."""
    return None if NEGATED in scope and told != "resolved" else told


def _is_general(finding: Finding) -> bool:
    return finding.organ == GENERAL


def _organ(finding: Finding, site: Site | None) -> str:
    return site.organ if site and _is_general(finding) else finding.organ


def _sizes(measured: tuple[Size, ...], *, past: bool) -> tuple[float, ...]:
    """The dimensions of the first measurement of that time."""
    return next((size.mm for size in measured if size.past is past), ())


def _called(row: Line, at: int, kind: str) -> bool:
    """Whether an adjective of this kind ("acute", "old") stands before the finding."""
    for event in reversed(row.events[:at]):
        if kind in event.kinds:
            return True
        if event.term or not event.kinds.isdisjoint(_NO_ADJECTIVES):
            return False
    return False


def _is_of_every_age(row: Line, at: int) -> bool:
    """ "Acute or chronic infarct", "old and acute": neither old alone nor new alone."""
    first, joint, last = [NOTHING] * max(0, 3 - at) + [e.kinds for e in row.events[:at][-3:]]
    if joint.isdisjoint(("and", "or")):
        return False
    ages = ("chronic", "limiting")
    return any(one in first and other in last for one, other in (ages, ages[::-1]))


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

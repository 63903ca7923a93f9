"""Findings of one line with all that is said of them: scope, side, level, size, time, count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from adapter.domain.finding import Course, Fact
from adapter.domain.order import Side
from adapter.mapping.lexicon import Lexicon, Site
from adapter.mapping.lexicon_table import Finding
from adapter.reporting.facts.closers import marks
from adapter.reporting.facts.course import counts, courses
from adapter.reporting.facts.ellipsis import Unsaid, cut
from adapter.reporting.facts.events import NOTHING, Line
from adapter.reporting.facts.in_turn import Turn, in_turn
from adapter.reporting.facts.measurements import Size, assign, sizes
from adapter.reporting.facts.places import levels_of
from adapter.reporting.facts.runs import Known
from adapter.reporting.facts.scope import FAMILY, HISTORICAL, NEGATED, UNCERTAIN
from adapter.reporting.facts.sides import sides

GENERAL = "general"
_GOES_ON = frozenset(("stable", "increased", "decreased", "resolved"))  # "old one, unchanged"
_NO_ADJECTIVES = frozenset(("negated_before", "end", "comma", "and", "exam"))
_SEVERAL = 2
_SIDES = frozenset((Side.LEFT, Side.RIGHT))


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


class Named(NamedTuple):
    """The finding that a term means at its place, and the anatomy that told so."""

    finding: str
    site: Site | None


class Heard(NamedTuple):
    """What was found in the whole sentence: levels and sizes, each with its tokens."""

    levels: list[tuple[int, str]]
    sizes: list[Size]

    def within(self, start: int, end: int) -> Heard:
        """Those of tokens [start, end)."""
        return Heard(
            [each for each in self.levels if start <= each[0] < end],
            [each for each in self.sizes if start <= each.start < end],
        )

    def without(self, parts: list[Unsaid]) -> Heard:
        """Those that stand in none of these parts; the only level is of all."""
        return Heard(
            [each for each in self.levels if len(self.levels) == 1 or not _is_in(each[0], parts)],
            [each for each in self.sizes if not _is_in(each.start, parts)],
        )


def _is_in(token: int, parts: list[Unsaid]) -> bool:
    return any(part.start <= token < part.end for part in parts)


class Context(NamedTuple):
    """What was worked out once for the whole line."""

    line: Line
    names: dict[int, Named]
    scopes: dict[int, set[str]]
    sides: dict[int, Side | None]
    levels: dict[int, list[str]]
    sizes: dict[int, tuple[Size, ...]]
    courses: dict[int, Course]
    counts: dict[int, int]


def mentions_of(
    sentence: str,
    row: Line,
    names: dict[int, Named],
    levels: list[tuple[int, str]],
    lexicon: Lexicon,
) -> tuple[Mention, ...]:
    """The findings of a line in the order of its words, and those that it goes on about unnamed."""
    heard = Heard(levels, sizes(sentence, row, lexicon.measures))
    unsaid: list[Unsaid] = []
    line, turns = in_turn(row, heard.sizes)
    if not turns:
        line, unsaid = cut(row, _known(sentence, row, names, heard, lexicon))
    if line is not row:
        names = dict(zip(line.terms, names.values(), strict=True))
    context = _context(sentence, line, names, heard.without(unsaid), lexicon)
    found: list[Mention] = []
    for at in line.terms:
        mention = _mention(sentence, context, at, lexicon)
        parts = [each for each in unsaid if each.head == line.events[at]]
        if parts:
            every = _completed(mention, parts, heard)
            found += _in_order(every, context.sizes.get(at, ())) if _lead(parts) else every
        else:
            found += _levelled(mention, context, at)
    return tuple(_turned(found[0], turns) if turns else found)


def _levelled(mention: Mention, context: Context, at: int) -> list[Mention]:
    """The finding once for each of its levels."""
    levels = context.levels.get(at, ())
    if len(levels) < _SEVERAL:
        return [mention]
    fact = replace(mention.fact, count=None)
    return [replace(mention, fact=replace(fact, level=level)) for level in levels]


def _turned(mention: Mention, turns: list[Turn]) -> list[Mention]:
    """The finding once for each of the two sides."""
    fact = replace(mention.fact, count=None)
    return [
        replace(
            mention,
            fact=replace(
                fact,
                side=turn.side,
                size_mm=turn.size.mm if turn.size else fact.size_mm,
                prior_size_mm=turn.prior.mm if turn.prior else fact.prior_size_mm,
                time=turn.time or fact.time,
            ),
        )
        for turn in turns
    ]


def _known(
    sentence: str, row: Line, names: dict[int, Named], heard: Heard, lexicon: Lexicon
) -> Known:
    sized = {token for size in heard.sizes for token in range(size.start, size.end)}
    if "%" in sentence:
        ends = (sentence[token.end : token.end + 1] for token in row.tokens)
        sized.update(at for at, mark in enumerate(ends) if mark == "%")
    return Known(
        _paired(names, lexicon),
        frozenset(sized),
        frozenset(token for token, _ in heard.levels),
    )


def _paired(names: dict[int, Named], lexicon: Lexicon) -> frozenset[int]:
    """Places of the findings that can have a side."""
    return frozenset(at for at in names if lexicon.findings[names[at].finding].laterality)


def _context(
    sentence: str, line: Line, names: dict[int, Named], heard: Heard, lexicon: Lexicon
) -> Context:
    return Context(
        line,
        names,
        marks(line),
        sides(line, _paired(names, lexicon)),
        {at: levels_of(line, at, heard.levels) for at in line.terms} if heard.levels else {},
        assign(line, heard.sizes),
        courses(line),
        counts(sentence, line, lexicon.numbers, heard.sizes),
    )


def _completed(mention: Mention, parts: list[Unsaid], heard: Heard) -> list[Mention]:
    """The finding and what is said of it unnamed; one of both sides where that says the same."""
    kept: list[Mention] = []
    before = 0  # of them said before it is named
    for part in parts:
        other = _other(mention, part, heard.within(part.start, part.end))
        if not _adds(mention, other):
            continue
        if _is_same(mention, other) and {mention.fact.side, other.fact.side} == _SIDES:
            mention = replace(mention, fact=replace(mention.fact, side=Side.BILATERAL))
        else:
            kept.append(other)
            before += part.end <= part.head.start
    whole = mention.fact.side is Side.BILATERAL and {each.fact.side for each in kept} >= _SIDES
    return kept if whole else [*kept[:before], mention, *kept[before:]]


def _lead(parts: list[Unsaid]) -> bool:
    """Whether all of them are there, and said before the finding is named."""
    return all(part.end <= part.head.start and not part.negated for part in parts)


def _in_order(mentions: list[Mention], measured: tuple[Size, ...]) -> list[Mention]:
    """ "Acute left and chronic right hematomas, 9 mm and 4 mm": to each its size."""
    sized = sum(1 for each in mentions if each.fact.size_mm)
    if sized > 1 or len(measured) != len(mentions) or any(size.past for size in measured):
        return mentions
    return [
        replace(each, fact=replace(each.fact, size_mm=size.mm))
        for each, size in zip(mentions, measured, strict=True)
    ]


def _other(mention: Mention, part: Unsaid, heard: Heard) -> Mention:
    fact = replace(
        mention.fact,
        negated=part.negated,
        uncertain=part.uncertain and not part.negated,
        historical=False,
        side=part.side or mention.fact.side,
        level=heard.levels[0][1] if heard.levels else mention.fact.level,
        size_mm=_dimensions(tuple(heard.sizes), past=False),
        prior_size_mm=_dimensions(tuple(heard.sizes), past=True),
        time=part.time,
        count=None,
    )
    return Mention(fact, mention.organ, part.negated and part.limited, part.chronic)


def _adds(mention: Mention, other: Mention) -> bool:
    """Whether it tells more than that one of the two sides is affected."""
    return mention.fact.side is not Side.BILATERAL or not _is_same(mention, other)


def _is_same(mention: Mention, other: Mention) -> bool:
    """Whether but for the side both say the same, and no size that is of one alone."""
    one = replace(mention.fact, side=None, count=None)
    alike = one == replace(other.fact, side=None) and mention.chronic is other.chronic
    return alike and not other.fact.size_mm


def _mention(sentence: str, context: Context, at: int, lexicon: Lexicon) -> Mention:
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
        level=next(iter(context.levels.get(at, ())), None),
        size_mm=_dimensions(measured, past=False),
        prior_size_mm=_dimensions(measured, past=True),
        time=_course(context.courses.get(at), scope),
        count=context.counts.get(at),
    )
    inner = lexicon.sites.find(row.words(event.start, event.end)) if _is_general(finding) else ()
    organ = _organ(finding, inner[0].value if inner else site)
    every = _is_of_every_age(row, at)
    limited = NEGATED in scope and not every and _called(row, at, "limiting")
    return Mention(fact, organ, limited, not every and _called(row, at, "chronic"))


def _goes_on(context: Context, at: int, measured: tuple[Size, ...]) -> bool:
    """Whether what was there before is spoken of as of today: unchanged, or measured again."""
    return context.courses.get(at) in _GOES_ON or len({size.past for size in measured}) > 1


def _course(told: Course | None, scope: set[str]) -> Course | None:
    """Of what is denied only that it has resolved: "no new nodule" is not new."""
    return None if NEGATED in scope and told != "resolved" else told


def _is_general(finding: Finding) -> bool:
    return finding.organ == GENERAL


def _organ(finding: Finding, site: Site | None) -> str:
    return site.organ if site and _is_general(finding) else finding.organ


def _dimensions(measured: tuple[Size, ...], *, past: bool) -> tuple[float, ...]:
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

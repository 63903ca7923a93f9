"""A finding denied and affirmed at one place; an organ called normal that has a finding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from adapter.domain.finding import Fact
from adapter.domain.order import Side
from adapter.reporting.checks.sheet import IMPRESSION, Found, Line, Said, Sheet, mentions, name
from adapter.reporting.facts import Mention
from adapter.reporting.route import GENERAL

_NEAR = 25  # characters before a finding in which it is called another
_MOST = 50  # affirmations of one kind that are compared


def contradictions(sheet: Sheet) -> Iterator[Found]:
    """What one report says against itself."""
    lexicon = sheet.lexicon
    lines = tuple(line for line in sheet.body if line.spoken)
    stated = [
        each
        for each in mentions(lines)
        if _counts(each.mention) and lexicon.findings[each.mention.fact.finding].organ != GENERAL
    ]
    affirmed = [each for each in stated if each.mention.present]
    by_kind: dict[str, list[Said]] = {}
    for each in affirmed:
        for kind in lexicon.ancestors[each.mention.fact.finding]:
            by_kind.setdefault(kind, []).append(each)
    flagged: set[str] = set()
    for denied in (each for each in stated if each.mention.fact.negated):
        finding = denied.mention.fact.finding
        known = islice(by_kind.get(finding, ()), _MOST)
        against = next((each for each in known if _clash(denied, each, sheet)), None)
        if against and finding not in flagged:
            flagged.add(finding)
            yield _found(denied.line, against.line, against.chars)
    yield from _normal_but(lines, affirmed, sheet)


def _normal_but(lines: tuple[Line, ...], affirmed: list[Said], sheet: Sheet) -> Iterator[Found]:
    whole = set(sheet.checks.table.whole_organs)
    grave = {
        each.mention.organ: each
        for each in reversed(affirmed)
        if not each.mention.fact.uncertain
        and sheet.lexicon.findings[each.mention.fact.finding].urgency != "routine"
    }
    for line in lines if grave else ():
        if not line.reading.whole or sheet.says("attribute", line.text):
            continue
        for organ in sorted(line.reading.normal & set(grave) & whole):
            if grave[organ].line is not line and _names(line, organ):
                against = grave.pop(organ)
                yield _found(line, against.line, against.chars)


def _names(line: Line, organ: str) -> bool:
    """Whether the organ itself is named, not a part of it."""
    return name(organ).rstrip("s") in line.text.lower()


def _counts(mention: Mention) -> bool:
    return not (mention.fact.family or mention.fact.historical)


def _clash(denied: Said, affirmed: Said, sheet: Sheet) -> bool:
    one, other = denied.mention.fact, affirmed.mention.fact
    if other.uncertain or one.uncertain or denied.line is affirmed.line:
        return False
    if denied.mention.limited and not _same_words(denied, affirmed):
        return False
    if sheet.says("of_others", denied.line.text, max(0, one.start - _NEAR), one.start):
        return False
    one_of_many = denied.mention.organ in sheet.checks.table.organs_of_many
    if (one.finding != other.finding or one_of_many) and _says_more(denied):
        return False
    same = denied.mention.organ == affirmed.mention.organ
    kind = one.finding != other.finding and not denied.line.reading.organs
    return (same or kind) and _meet(one, other)


def _says_more(denied: Said) -> bool:
    """Whether the sentence denies it of something that it names first: "X without Y"."""
    before = (each for each in denied.line.reading.mentions if each.present)
    return any(each.fact.start < denied.mention.fact.start for each in before)


def _same_words(denied: Said, affirmed: Said) -> bool:
    """Denials with an adjective ("no acute …") clash only with that adjective."""
    if affirmed.mention.chronic:
        return False
    one, other = _before(denied), _before(affirmed)
    return one != "" and one == other


def _before(said: Said) -> str:
    """The word before a mention."""
    start = said.mention.fact.start
    words = said.line.text[max(0, start - 40) : start].lower().split()
    return words[-1] if words else ""


def _meet(one: Fact, other: Fact) -> bool:
    """Whether both speak of the same side and level."""
    sides = {one.side, other.side} - {None, Side.BILATERAL}
    levels = {one.level, other.level} - {None}
    return len(sides) < 2 and len(levels) < 2


def _found(one: Line, other: Line, chars: tuple[int, int]) -> Found:
    message = f"{one.text!r} against {other.text!r}; correct one of them"
    if (one.section == IMPRESSION) is not (other.section == IMPRESSION):
        return Found("impression_against_findings", message, other, chars)
    return Found("dictation_self_contradiction", message, other, chars)

"""What one dictation says against itself, and findings that cannot wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapter.domain.finding import Fact
from adapter.domain.order import Side
from adapter.domain.report import Flag, Severity
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts import Mention
from adapter.reporting.route import GENERAL
from adapter.reporting.said import Said

ACR_CATEGORY = {"critical": "1 (minutes)", "urgent": "2 (hours)", "routine": "3 (days)"}


class _Stated(NamedTuple):
    said: Said
    mention: Mention


def contradictions(said: tuple[Said, ...], lexicon: Lexicon) -> Iterator[Flag]:
    """A finding denied and affirmed at one place; an organ called normal that has a finding."""
    stated = [
        _Stated(each, mention)
        for each in said
        for mention in each.reading.mentions
        if _counts(mention) and lexicon.findings[mention.fact.finding].organ != GENERAL
    ]
    affirmed = [each for each in stated if each.mention.present]
    by_kind: dict[str, list[_Stated]] = {}
    for each in affirmed:
        for kind in lexicon.ancestors[each.mention.fact.finding]:
            by_kind.setdefault(kind, []).append(each)
    flagged: set[str] = set()
    for denied in (each for each in stated if each.mention.fact.negated):
        finding = denied.mention.fact.finding
        against = next((e for e in by_kind.get(finding, ()) if _clash(denied, e)), None)
        if against and finding not in flagged:
            flagged.add(finding)
            yield _flag(denied.said, against.said)
    yield from _normal_but(said, affirmed, lexicon)


def _normal_but(
    said: tuple[Said, ...], affirmed: list[_Stated], lexicon: Lexicon
) -> Iterator[Flag]:
    grave = {
        each.mention.organ: each.said
        for each in reversed(affirmed)
        if not each.mention.fact.uncertain
        and lexicon.findings[each.mention.fact.finding].urgency != "routine"
    }
    for each in said:
        for organ in sorted(each.reading.normal & set(grave)) if each.reading.whole else ():
            if grave[organ].id != each.id:
                yield _flag(each, grave.pop(organ))


def _counts(mention: Mention) -> bool:
    """Denials with an adjective ("no acute …") prove nothing."""
    return not (mention.fact.family or mention.fact.historical or mention.limited)


def _clash(denied: _Stated, affirmed: _Stated) -> bool:
    one, other = denied.mention.fact, affirmed.mention.fact
    if other.uncertain or one.uncertain or denied.said.id == affirmed.said.id:
        return False
    return _same_organ(denied, affirmed) and _meet(one, other)


def _same_organ(one: _Stated, other: _Stated) -> bool:
    return one.mention.organ == other.mention.organ


def _meet(one: Fact, other: Fact) -> bool:
    """Whether both speak of the same side and level."""
    sides = {one.side, other.side} - {None, Side.BILATERAL}
    levels = {one.level, other.level} - {None}
    return len(sides) < 2 and len(levels) < 2


def _flag(one: Said, other: Said) -> Flag:
    message = f"{one.text!r} against {other.text!r}"
    return Flag("dictation_self_contradiction", Severity.WARN, message, statement=other.id)


def _is_news(mention: Mention) -> bool:
    return mention.present and not mention.chronic


def critical(said: tuple[Said, ...], lexicon: Lexicon) -> Iterator[Flag]:
    """Findings of ACR category 1 that the dictation affirms or suspects: somebody must be told."""
    told: set[str] = set()
    for each in said:
        for mention in each.reading.mentions:
            fact = mention.fact
            urgency = lexicon.findings[fact.finding].urgency
            if urgency != "critical" or not _is_news(mention) or fact.finding in told:
                continue
            told.add(fact.finding)
            name = fact.finding.replace("_", " ")
            message = f"{name}: ACR category {ACR_CATEGORY[urgency]}; communicate and record it"
            yield Flag("critical_finding", Severity.WARN, message, statement=each.id)

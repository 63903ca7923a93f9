"""Findings against impression: side, level, size, and what is in one of them only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from adapter.domain.order import Side
from adapter.reporting.checks.sheet import Found, Line, Said, Sheet, name
from adapter.reporting.checks.sides import sides_named
from adapter.reporting.checks.sizes import sizes_in
from adapter.reporting.route import GENERAL

_MOST = 50  # findings of one kind that are compared
_REFERS = re.compile(r"\b(?:as (?:above|described|detailed)|see (?:above|findings|body))\b", re.I)
_LEVELS = re.compile(r"\b([CTLS])(\d{1,2})(?:\s?[-/–]\s?([CTLS])?(\d{1,2}))?\b")
_LEVEL = re.compile(r"([CTLS])(\d{1,2})(?:-([CTLS])(\d{1,2}))?")
_SLIGHT = re.compile(r"\b(?:trace|tiny|minimal|minor|unchanged|stable|physiologic)\b", re.I)
_BEFORE = 30  # characters in which the size of a finding is called slight
_DISC = 2  # vertebrae beside a disc
_TOLERATED_MM = 1.0
_TOLERATED = 0.1


def against_findings(sheet: Sheet) -> Iterator[Found]:
    """An impression with another side, level or size than the findings give."""
    for said in sheet.concluded:
        if not said.mention.present:
            continue
        found = _same(said, sheet)
        if found:
            yield from _side(said, found, sheet)
            yield from _level(said, found)
            yield from _size(said, found)


def _same(said: Said, sheet: Sheet) -> list[Said]:
    """The findings that the impression may repeat."""
    kinds = sheet.lexicon.ancestors[said.mention.fact.finding]
    found = islice(sheet.present_by_kind.get(said.mention.fact.finding, ()), _MOST)
    wider = (
        each
        for kind in kinds - {said.mention.fact.finding}
        for each in islice(sheet.present_by_kind.get(kind, ()), _MOST)
        if each.mention.fact.finding == kind
    )
    organ = said.mention.organ
    return [each for each in (*found, *wider) if organ in (each.mention.organ, GENERAL)]


def _side(said: Said, found: list[Said], sheet: Sheet) -> Iterator[Found]:
    side = said.mention.fact.side
    other = next((each for each in found if each.mention.fact.side), None)
    if side is None or side is Side.BILATERAL or other is None:
        return
    known = {each.mention.fact.side for each in found}
    known |= {n.side for each in found for n in sides_named(each.line.text, sheet.lexicon)}
    if not known & {side, Side.BILATERAL}:
        against = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        message = (
            f"the impression says {side.value}, the findings say {against.value}: "
            f"{other.line.text!r}; correct one of them"
        )
        yield Found("side_against_findings", message, said.line, said.chars)


def _level(said: Said, found: list[Said]) -> Iterator[Found]:
    level = said.mention.fact.level
    if level is None or not any(each.mention.fact.level for each in found):
        return
    known = [_text(match) for each in found for match in _LEVELS.finditer(each.line.text)]
    if known and not any(_same_level(level, each) for each in known):
        message = f"the impression says {level}, the findings say {known[0]}; correct one of them"
        yield Found("impression_level", message, said.line, said.chars)


def _text(match: re.Match[str]) -> str:
    upper = match[1] + match[2]
    return f"{upper}-{match[3] or match[1]}{match[4]}" if match[4] else upper


def _same_level(one: str, other: str) -> bool:
    """Two discs are the same or not; of ranges and vertebrae it is enough that they meet."""
    a, b = _vertebrae(one), _vertebrae(other)
    if len(a) == len(b) == _DISC:
        return a == b
    return bool(a & b)


def _vertebrae(level: str) -> set[str]:
    match = _LEVEL.fullmatch(level)
    if match is None:
        return {level}
    upper, lower = match[1] + match[2], (match[3] or match[1]) + (match[4] or match[2])
    if match[3] == match[1]:
        return {f"{match[1]}{n}" for n in range(int(match[2]), int(match[4]) + 1)}
    return {upper, lower}


def _size(said: Said, found: list[Said]) -> Iterator[Found]:
    size = said.mention.fact.size_mm
    if not size or not any(each.mention.fact.size_mm for each in found):
        return
    known = [mm for each in found for mm in sizes_in(each.line.text)]
    if known and not any(_close(max(size), each) for each in known):
        message = (
            f"the impression says {max(size):g} mm, the findings say {known[0]:g} mm; "
            "correct one of them"
        )
        yield Found("impression_size", message, said.line, said.chars)


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= max(_TOLERATED_MM, _TOLERATED * other)


def unsupported(sheet: Sheet) -> Iterator[Found]:
    """Concluded, with its place, but nothing in the findings is of that organ."""
    if not sheet.findings:
        return
    shown = {each.mention.organ for each in sheet.stated if each.mention.present}
    told = {organ for line in sheet.findings for organ in line.reading.organs}
    normal = {organ for line in sheet.findings for organ in line.reading.normal}
    for said in sheet.concluded:
        fact, organ = said.mention.fact, said.mention.organ
        if not said.mention.present or said.mention.chronic or organ == GENERAL:
            continue
        if organ in shown or (organ in told and organ not in normal) or _same(said, sheet):
            continue
        if fact.finding in sheet.lexicon.findings and not _related(organ, shown, sheet):
            message = f"the findings do not describe {name(fact.finding)}; add it or take it out"
            yield Found("impression_unsupported", message, said.line, said.chars)


def _related(organ: str, shown: set[str], sheet: Sheet) -> bool:
    """Organs of which one takes over for the other, such as pleura and lungs."""
    chain = set(sheet.lexicon.organ_chain(organ))
    return any(chain & set(sheet.lexicon.organ_chain(each)) for each in shown)


def not_concluded(sheet: Sheet) -> Iterator[Found]:
    """An urgent finding that the impression does not mention."""
    if not sheet.impression or any(_REFERS.search(line.text) for line in sheet.impression):
        return
    organs = {each.mention.organ for each in sheet.concluded if each.mention.present}
    told: set[str] = set()
    for said in sheet.stated:
        fact = said.mention.fact
        urgent = sheet.lexicon.findings[fact.finding].urgency != "routine"
        if not urgent or not said.mention.present or fact.uncertain or said.mention.chronic:
            continue
        if said.mention.organ in organs or fact.finding in told or _is_slight(said):
            continue
        if not _is_concluded(said.line, sheet):
            told.add(fact.finding)
            message = f"{name(fact.finding)} is not in the impression; add it"
            yield Found("finding_not_in_impression", message, said.line, said.chars)


def _is_slight(said: Said) -> bool:
    start = said.mention.fact.start
    return _SLIGHT.search(said.line.text, max(0, start - _BEFORE), start) is not None


def _is_concluded(line: Line, sheet: Sheet) -> bool:
    """Whether the impression takes up any finding of the sentence."""
    named = {mention.fact.finding for mention in line.reading.mentions}
    return any(
        sheet.lexicon.related(each.mention.fact.finding, finding)
        for each in sheet.concluded
        for finding in named
    )

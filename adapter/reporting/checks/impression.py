"""Findings against impression: side, level, size, and what is in one of them only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from adapter.domain.order import Side
from adapter.reporting.checks.critical import category_of
from adapter.reporting.checks.restated import restated
from adapter.reporting.checks.sheet import Found, Line, Said, Sheet, name
from adapter.reporting.checks.sides import sides_named
from adapter.reporting.checks.sizes import close, sizes_in
from adapter.reporting.checks.vertebrae import vertebrae
from adapter.reporting.route import GENERAL

_MOST = 50  # findings of one kind that are compared
_BEFORE = 30  # characters in which the size of a finding is called slight
_DISC = 2  # vertebrae beside a disc


def against_findings(sheet: Sheet) -> Iterator[Found]:
    """An impression with another side, level or size than the findings give; each line once."""
    told: set[tuple[str, str | None, int]] = set()
    for found in _against(sheet):
        line = found.line
        key = (found.code, line.statement, line.start) if line else (found.code, None, 0)
        if key not in told:
            told.add(key)
            yield found


def _against(sheet: Sheet) -> Iterator[Found]:
    """By the findings that both name, then by words alone."""
    judged: set[int] = set()
    numbers = {id(line): number for number, line in enumerate(sheet.impression)}
    for said in sheet.concluded:
        found = _same(said, sheet) if said.mention.present else []
        if found:
            if any(each.mention.fact.side for each in found):
                judged.add(numbers[id(said.line)])
            yield from _side(said, found, sheet)
            yield from _level(said, found, sheet)
            yield from _size(said, found)
    yield from restated(sheet, judged)


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


def _kin(said: Said, sheet: Sheet) -> list[Said]:
    """Findings of the same kind, as wide as may be, whatever their organ."""
    kinds = sheet.lexicon.ancestors[said.mention.fact.finding]
    alike = (each for kind in kinds for each in sheet.present_by_kind.get(kind, ()))
    return list(islice(alike, _MOST))


def _side(said: Said, found: list[Said], sheet: Sheet) -> Iterator[Found]:
    side, level = said.mention.fact.side, said.mention.fact.level
    if level:
        found = [
            e for e in found if any(_same_level(level, x) for x in sheet.levels(e.line))
        ] or found
    other = next((each for each in found if each.mention.fact.side), None)
    if side is None or side is Side.BILATERAL or other is None:
        return
    known = {each.mention.fact.side for each in found}
    known |= {
        named.side
        for each in found
        if each.mention.fact.side is None
        for named in sides_named(each.line.text, sheet.lexicon)
    }
    if not known & {side, Side.BILATERAL}:
        against = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        message = (
            f"the impression says {side.value}, the findings say {against.value}: "
            f"{other.line.text!r}; correct one of them"
        )
        yield Found("side_against_findings", message, said.line, said.chars)


def _level(said: Said, found: list[Said], sheet: Sheet) -> Iterator[Found]:
    level = said.mention.fact.level
    if level is None or not any(each.mention.fact.level for each in found):
        return
    known = [level for each in (*found, *_kin(said, sheet)) for level in sheet.levels(each.line)]
    if known and not any(_same_level(level, each) for each in known):
        message = f"the impression says {level}, the findings say {known[0]}; correct one of them"
        yield Found("impression_level", message, said.line, said.chars)


def _same_level(one: str, other: str) -> bool:
    """Two discs are the same or not; of ranges and vertebrae it is enough that they meet."""
    a, b = vertebrae(one), vertebrae(other)
    if len(a) == len(b) == _DISC:
        return a == b
    return bool(a & b)


def _size(said: Said, found: list[Said]) -> Iterator[Found]:
    size = said.mention.fact.size_mm
    if not size or not any(each.mention.fact.size_mm for each in found):
        return
    known = [mm for each in found for mm in sizes_in(each.line.text)]
    if known and not any(close(max(size), each) for each in known):
        message = (
            f"the impression says {max(size):g} mm, the findings say {known[0]:g} mm; "
            "correct one of them"
        )
        yield Found("impression_size", message, said.line, said.chars)


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
        if organ in sheet.foreign or sheet.says("advises", said.line.text):
            continue
        urgent = category_of(said, sheet) is not None
        named = organ in told and organ not in normal
        if organ in shown or _is_shown_alike(said, sheet) or (named and not urgent):
            continue
        if urgent or not _related(organ, shown, sheet):
            message = f"the findings do not describe {name(fact.finding)}; add it or take it out"
            yield Found("impression_unsupported", message, said.line, said.chars)


def _is_shown_alike(said: Said, sheet: Sheet) -> bool:
    """Whether the findings name one of a kind with it, as a mass of another name."""
    kinds = sheet.lexicon.ancestors[said.mention.fact.finding]
    return any(kind in sheet.present_by_kind for kind in kinds)


def _related(organ: str, shown: set[str], sheet: Sheet) -> bool:
    """Organs of which one takes over for the other, such as pleura and lungs."""
    chain = set(sheet.lexicon.organ_chain(organ))
    return any(chain & set(sheet.lexicon.organ_chain(each)) for each in shown)


def not_concluded(sheet: Sheet) -> Iterator[Found]:
    """An urgent finding that the impression does not mention."""
    if not sheet.impression or any(_settles(line, sheet) for line in sheet.impression):
        return
    organs = {each.mention.organ for each in sheet.concluded if each.mention.present}
    told: set[str] = set()
    for said in sheet.stated:
        fact = said.mention.fact
        if fact.uncertain or category_of(said, sheet) is None:
            continue
        if said.mention.organ in organs or fact.finding in told or _is_slight(said, sheet):
            continue
        if not _is_concluded(said.line, sheet):
            told.add(fact.finding)
            message = f"{name(fact.finding)} is not in the impression; add it"
            yield Found("finding_not_in_impression", message, said.line, said.chars)


def _settles(line: Line, sheet: Sheet) -> bool:
    """Whether it refers to the findings as a whole, or gives a category that sums them up."""
    return bool(sheet.says("refers_to_findings", line.text)) or any(
        s.search(line.text) for s, _ in sheet.checks.rads
    )


def _is_slight(said: Said, sheet: Sheet) -> bool:
    start = said.mention.fact.start
    return sheet.says("slight", said.line.text, max(0, start - _BEFORE), start) is not None


def _is_concluded(line: Line, sheet: Sheet) -> bool:
    """Whether the impression takes up any finding of the sentence."""
    named = {mention.fact.finding for mention in line.reading.mentions}
    return any(
        sheet.lexicon.related(each.mention.fact.finding, finding)
        for each in sheet.concluded
        for finding in named
    )

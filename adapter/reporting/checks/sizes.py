"""Measurements: larger than can be, against the words that compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapter.mapping.checks import WordsId
from adapter.reporting.checks.sheet import IMPRESSION, Found, Line, Sheet, name
from adapter.reporting.facts import Mention

_DIGIT = re.compile(r"\d")
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_SIZE = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s*(mm|cm)?\s*(?:x|×|by)\s*({_NUMBER}))?"
    rf"(?:\s*(mm|cm)?\s*(?:x|×|by)\s*({_NUMBER}))?\s*-?\s*(mm|cm|millimeters?|centimeters?)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<![\w.])(\d{3,4})\s?(?:%|percent)", re.IGNORECASE)
_PAUSE = re.compile(r"[.;,]")
_STOP = re.compile(r"[.;\d]")
_REACH = 60  # characters before a size in which its organ is looked for
_APART = 25  # characters that may stand between organ and verb
_TOLERATED_MM = 1.0
_TOLERATED = 0.1
_CHANGE = 0.25
_CHANGE_MM = 2.0


def implausible(sheet: Sheet) -> Iterator[Found]:
    """Findings and organs of a size that cannot be, and more than a hundred percent."""
    for line in sheet.body:
        if not _DIGIT.search(line.text):
            continue
        percent = _PERCENT.search(line.text)
        if percent and int(percent[1]) > 100 and sheet.says("of_the_whole", line.text):
            message = f"{percent[0]} is more than the whole; correct it"
            yield Found("measurement_implausible", message, line, percent.span())
        yield from _finding_size(line, sheet)
        yield from _organ_size(line, sheet)


def _finding_size(line: Line, sheet: Sheet) -> Iterator[Found]:
    limits = sheet.checks.table.largest_mm
    for mention in line.reading.mentions:
        fact = mention.fact
        sizes = (*fact.size_mm, *fact.prior_size_mm)
        known = [limits[k] for k in sheet.lexicon.ancestors[fact.finding] if k in limits]
        most = min(known, default=limits.get("any", 1000.0))
        if sizes and (max(sizes) > most or min(sizes) == 0):
            what = f"{name(fact.finding)} of {max(sizes):g} mm"
            message = f"{what} is not plausible; check number and unit"
            yield Found("measurement_implausible", message, line, (fact.start, fact.end))


def _organ_size(line: Line, sheet: Sheet) -> Iterator[Found]:
    words = sheet.checks.organ_words
    if not (words.search(line.text) or words.fullmatch(name(line.section))):
        return
    for match in _SIZE.finditer(line.text):
        numbers = [float(n) for n in (match[1], match[3], match[5]) if n]
        largest = max(numbers) * (10 if match[6].lower().startswith("c") else 1)
        offset = max(0, match.start() - _REACH)
        before = line.text[offset : match.start()]
        verb = sheet.says("measures", before)
        end = verb.start() if verb and not _PAUSE.search(before, verb.start()) else len(before)
        for organ, words in sheet.checks.organ_sizes:
            place = _named(words, before, end, line.section)
            if place is None:
                continue
            smallest = organ.smallest_mm if end < len(before) else 0.0
            plausible = smallest <= largest <= organ.largest_mm
            if not plausible and not _has_finding(line, match.start()):
                message = f"{place} of {largest:g} mm is not plausible; check number and unit"
                yield Found("measurement_implausible", message, line, match.span())
            break


def _named(words: re.Pattern[str], before: str, end: int, section: str) -> str | None:
    """The organ whose size follows, named just before it or as the header of its paragraph."""
    for match in reversed(list(words.finditer(before, 0, end))):
        apart = before[match.end() : end]
        return match[0] if len(apart) <= _APART and not _STOP.search(apart) else None
    header = words.fullmatch(name(section)) if end == len(before) <= _APART else None
    return header[0] if header and not _STOP.search(before) else None


def _has_finding(line: Line, end: int) -> bool:
    """Whether a finding is named before the number: then that may be what is measured."""
    return any(each.present and each.fact.start < end for each in line.reading.mentions)


def sizes_in(text: str) -> list[float]:
    """All dimensions that a text gives, in millimetres."""
    return [
        float(number) * (10 if (unit or match[6]).lower().startswith("c") else 1)
        for match in _SIZE.finditer(text)
        for number, unit in ((match[1], match[2]), (match[3], match[4]), (match[5], ""))
        if number
    ]


def close(one: float, other: float) -> bool:
    """Whether two sizes in mm are one, but for rounding."""
    return abs(one - other) <= max(_TOLERATED_MM, _TOLERATED * other)


def change_against_numbers(sheet: Sheet) -> Iterator[Found]:
    """ "Increased", but the number before is larger; "unchanged", but the numbers differ."""
    for line in sheet.body:
        for mention in line.reading.mentions:
            fact = mention.fact
            if not (fact.size_mm and fact.prior_size_mm):
                continue
            now, before = max(fact.size_mm), max(fact.prior_size_mm)
            for told in (line, *_concluded(mention, line, sheet)):
                wrong = _wrong_word(told.text, now, before, sheet)
                if wrong:
                    message = f"{wrong!r}, but {now:g} mm now and {before:g} mm before; correct it"
                    yield Found("change_against_numbers", message, line, (fact.start, fact.end))
                    break


def _concluded(mention: Mention, line: Line, sheet: Sheet) -> list[Line]:
    """Lines of the impression that tell how this finding, and no other, has changed."""
    if line.section == IMPRESSION:
        return []
    finding, side = mention.fact.finding, mention.fact.side
    return [
        said.line
        for said in sheet.concluded
        if sheet.lexicon.related(said.mention.fact.finding, finding)
        and said.mention.fact.side is side
        and _kinds_of_change(said.line.text, sheet) == 1
    ]


def _kinds_of_change(text: str, sheet: Sheet) -> int:
    kinds: tuple[WordsId, ...] = ("larger", "smaller", "unchanged")
    return sum(sheet.says(kind, text) is not None for kind in kinds)


def _wrong_word(text: str, now: float, before: float, sheet: Sheet) -> str | None:
    larger, smaller = sheet.says("larger", text), sheet.says("smaller", text)
    if larger and not smaller and now < before:
        return larger[0]
    if smaller and not larger and now > before:
        return smaller[0]
    same = sheet.says("unchanged", text)
    if same and not (larger or smaller) and changed(now, before):
        return same[0]
    return None


def changed(now: float, before: float) -> bool:
    """Whether a size differs by more than measuring does."""
    return abs(now - before) > max(_CHANGE_MM, _CHANGE * before)

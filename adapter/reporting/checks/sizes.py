"""Measurements: without unit, larger than can be, against the words that compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from adapter.mapping.checks import Checks
from adapter.reporting.checks.sheet import Found, Line, Sheet, name

_DIGIT = re.compile(r"\d")
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_SIZE = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s*(mm|cm)?\s*(?:x|×|by)\s*({_NUMBER}))?"
    rf"(?:\s*(mm|cm)?\s*(?:x|×|by)\s*({_NUMBER}))?\s*-?\s*(mm|cm|millimeters?|centimeters?)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"(?<![\w.])(\d{3,4})\s?(?:%|percent)", re.IGNORECASE)
_PART = re.compile(r"\b(?:stenos\w+|narrow\w+|occlu\w+|loss|ejection|of the|height)\b", re.I)
_ARTICLE = re.compile(
    rf"(?:\b(?:an?)\s+({_NUMBER})|(?<![\w./:-])(\d{{1,3}}\.\d))\s+((?:[a-z-]+\s+){{0,3}})$", re.I
)
_LARGER = re.compile(
    r"\b(?:increas\w+|larger|enlarg(?:ed|ing)|grown|growth|bigger|progress\w+)\b", re.I
)
_SMALLER = re.compile(r"\b(?:decreas\w+|smaller|shrunk\w*|shrink\w*|regress\w+|reduc\w+)\b", re.I)
_SAME = re.compile(r"\b(?:unchanged|stable|no (?:significant )?change|not changed)\b", re.I)
_VERB = re.compile(r"\b(?:measur(?:es|ing|ed)|is|are|diameter)\b", re.IGNORECASE)
_PAUSE = re.compile(r"[.;,]")
_REACH = 60  # characters before a size in which its organ is looked for
_APART = 25  # characters that may stand between organ and verb
_CHANGE = 0.25
_CHANGE_MM = 2.0


@lru_cache(maxsize=8)
def _unitless(checks: Checks) -> re.Pattern[str]:
    """ "measures 3 x 4" with no unit behind it."""
    no_unit = rf"(?![\d.]*\d)(?!\s*-?\s*{checks.units}(?![a-z]))(?!\s*(?:x|×|by|/|:|to|-|and)\s*\d)"
    about = r"(?:\s+(?:approximately|about|up to|at least|at|is|of|roughly|around|only|maximally))*"
    return re.compile(
        rf"\b(?:measur(?:es?|ing|ed)|diameter|thickness|calib(?:er|re))\b{about}\s+({_NUMBER}"
        rf"(?:\s*(?:x|×|by)\s*{_NUMBER}){{0,2}}){no_unit}"
        rf"|(?<![\w.])({_NUMBER}\s*(?:mm|cm)?(?:\s*(?:x|×)\s*{_NUMBER}){{1,2}}){no_unit}",
        re.IGNORECASE,
    )


def unit_missing(sheet: Sheet) -> Iterator[Found]:
    """A number that measures something, without unit."""
    pattern = _unitless(sheet.checks)
    for line in sheet.body:
        if not _DIGIT.search(line.text) or sheet.checks.unitless.search(line.text):
            continue
        match = pattern.search(line.text)
        span = match.span(1 if match[1] else 2) if match else _before_finding(line, sheet.checks)
        if span:
            number = line.text[slice(*span)]
            yield Found("unit_missing", f"{number!r} has no unit; add mm or cm", line, span)


def _before_finding(line: Line, checks: Checks) -> tuple[int, int] | None:
    """ "a 12 nodule"."""
    for mention in line.reading.mentions:
        start = mention.fact.start
        match = _ARTICLE.search(line.text[max(0, start - 60) : start])
        if match is None or re.match(rf"{checks.units}(?![a-z])", match[3], re.IGNORECASE):
            continue
        if mention.fact.size_mm or not mention.present:
            continue
        place = match.span(1 if match[1] else 2)
        offset = max(0, start - 60)
        return place[0] + offset, place[1] + offset
    return None


def implausible(sheet: Sheet) -> Iterator[Found]:
    """Findings and organs of a size that cannot be, and more than a hundred percent."""
    for line in sheet.body:
        if not _DIGIT.search(line.text):
            continue
        percent = _PERCENT.search(line.text)
        if percent and int(percent[1]) > 100 and _PART.search(line.text):
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
    for match in _SIZE.finditer(line.text):
        numbers = [float(n) for n in (match[1], match[3], match[5]) if n]
        largest = max(numbers) * (10 if match[6].lower().startswith("c") else 1)
        offset = max(0, match.start() - _REACH)
        before = line.text[offset : match.start()]
        verb = _VERB.search(before)
        if verb is None or _PAUSE.search(before, verb.start()):
            continue
        for organ, words in sheet.checks.organ_sizes:
            named = next(reversed(list(words.finditer(before, 0, verb.start()))), None)
            if named is None or verb.start() - named.end() > _APART:
                continue
            plausible = organ.smallest_mm <= largest <= organ.largest_mm
            if not plausible and not _has_finding(line, match.start()):
                message = f"{named[0]} of {largest:g} mm is not plausible; check number and unit"
                yield Found("measurement_implausible", message, line, match.span())
            break


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


def change_against_numbers(sheet: Sheet) -> Iterator[Found]:
    """ "Increased", but the number before is larger; "unchanged", but the numbers differ."""
    for line in sheet.body:
        for mention in line.reading.mentions:
            fact = mention.fact
            if not (fact.size_mm and fact.prior_size_mm):
                continue
            now, before = max(fact.size_mm), max(fact.prior_size_mm)
            wrong = _wrong_word(line.text, now, before)
            if wrong:
                message = f"{wrong!r}, but {now:g} mm now and {before:g} mm before; correct it"
                yield Found("change_against_numbers", message, line, (fact.start, fact.end))


def _wrong_word(text: str, now: float, before: float) -> str | None:
    larger, smaller = _LARGER.search(text), _SMALLER.search(text)
    if larger and not smaller and now < before:
        return larger[0]
    if smaller and not larger and now > before:
        return smaller[0]
    same = _SAME.search(text)
    if same and not (larger or smaller) and changed(now, before):
        return same[0]
    return None


def changed(now: float, before: float) -> bool:
    """Whether a size differs by more than measuring does."""
    return abs(now - before) > max(_CHANGE_MM, _CHANGE * before)

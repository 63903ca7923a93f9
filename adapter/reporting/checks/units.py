"""Numbers that measure something and have no unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from adapter.mapping.checks import Checks
from adapter.reporting.checks.sheet import Found, Line, Sheet

_DIGIT = re.compile(r"\d")
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_COUNT = re.compile(rf"(?<![\w./:,-])({_NUMBER})\s+((?:[a-z-]+\s+){{0,3}})$", re.IGNORECASE)
_PLURAL = re.compile(r"(?<![sui])s$", re.IGNORECASE)
_REACH = 60  # characters before a finding in which its number is looked for
_NEAR = 25  # characters in which "grade" tells what a number is


class _Bare(NamedTuple):
    """Patterns of numbers that measure something and have no unit; group 1 is the number."""

    measured: re.Pattern[str]
    product: re.Pattern[str]
    decimal: re.Pattern[str]
    part: re.Pattern[str]


@lru_cache(maxsize=8)
def _bare(checks: Checks) -> _Bare:
    no_unit = rf"(?![\d.]*\d)(?!\s*-?\s*{checks.units}(?![a-z]))(?!\s*(?:x|×|by|/|:|to|-|and)\s*\d)"
    about = r"(?:\s+(?:approximately|about|up to|at least|at|is|of|roughly|around|only|maximally))*"
    verbs = (
        r"(?:measur(?:es?|ing|ed)|diameter|thickness|calib(?:er|re)|length|width|depth"
        r"|(?:dilat|enlarg|distend)ed to)"
    )
    return _Bare(
        re.compile(
            rf"\b{verbs}{about}\s+({_NUMBER}(?:\s*(?:x|×|by)\s*{_NUMBER}){{0,2}}){no_unit}", re.I
        ),
        re.compile(
            rf"(?<![\w.])({_NUMBER}\s*(?:mm|cm)?(?:\s*(?:x|×)\s*{_NUMBER}){{1,2}}){no_unit}", re.I
        ),
        re.compile(
            rf"(?<![\w.,:/-])(\d{{1,2}}\.\d)(?=[,;)]?\s+[a-z]|\.?\s*$){no_unit}", re.IGNORECASE
        ),
        re.compile(rf"(?<![\w.,:/-])({_NUMBER})(?= of (?!the|these|those|them|\d))", re.IGNORECASE),
    )


def unit_missing(sheet: Sheet) -> Iterator[Found]:
    """A number that measures something, without unit."""
    patterns, unitless = _bare(sheet.checks), sheet.checks.unitless
    for line in sheet.body:
        if not _DIGIT.search(line.text):
            continue
        spans = [m.span(1) for pattern in patterns for m in pattern.finditer(line.text)]
        spans += _before_finding(line, sheet.checks)
        for start, end in spans:
            if not unitless.search(line.text, max(0, start - _NEAR), end + _NEAR // 2):
                number = line.text[start:end]
                message = f"{number!r} has no unit; add mm or cm"
                yield Found("unit_missing", message, line, (start, end))
                break


def _before_finding(line: Line, checks: Checks) -> Iterator[tuple[int, int]]:
    """ "a 12 nodule", "stable 4 nodule": a number before one finding that counts nothing."""
    for mention in line.reading.mentions:
        start = mention.fact.start
        offset = max(0, start - _REACH)
        match = _COUNT.search(line.text[offset:start])
        if match is None or re.match(rf"{checks.units}(?![a-z])", match[2], re.IGNORECASE):
            continue
        counts = match[1] == "1" or ("." not in match[1] and _PLURAL.search(mention.fact.text))
        if not (counts or mention.fact.size_mm or not mention.present):
            yield match.start(1) + offset, match.end(1) + offset

"""Finds dates in every form and tells them by their distance from the study."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from adapter.mapping.privacy import RelativeDays
from adapter.privacy.spoken import Said
from adapter.privacy.tokens import Span, Token
from adapter.privacy.words import PrivacyWords

DATE, BIRTH_DATE, AGE = "DATE", "BIRTH-DATE", "AGE"

_TIME = r"(?:(?:[T ]|,? )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(?<![\d./-])(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}(?!\d)")
_YEAR_LAST = re.compile(
    rf"(?<![\d./-])(\d{{1,2}})\s?([-/.])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}|\d{{2}}){_TIME}(?![\d/-])"
)
_COMPACT = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:\d{2,6})?(?!\d)"
)
_MONTH_YEAR = re.compile(r"(?<![\d./-])(0?[1-9]|1[0-2])[-/.]((?:19|20)\d\d)(?![\d/-])")
_BARE = re.compile(r"(?<![\d./-])(\d{1,2})(?:/(\d{1,2})|\.(\d{1,2})\.)(?![\d/.-])")
_GAP = re.compile(r"[\s.,'’\-]{0,3}")
_LEAD = 3  # tokens before a date in which `born` may stand
_LONGEST_DAYS = 366 * 89  # farther away, a date may tell an age over 89


class Told(NamedTuple):
    """A date as far as it is told."""

    year: int | None
    month: int
    day: int | None


@dataclass(frozen=True)
class Calendar:
    """The day of the study (YYYYMMDD or nothing) and the birth dates that are known."""

    study: date | None
    births: frozenset[date]
    words: PrivacyWords

    @classmethod
    def of(cls, study_day: str, births: Sequence[str], words: PrivacyWords) -> Calendar:
        """Days that are none are left out."""
        known = (day for each in births if (day := _read(each)))
        return cls(_read(study_day), frozenset(known), words)


def find_dates(
    text: str, found: Sequence[Token], spoken: Sequence[Said], calendar: Calendar
) -> Iterator[Span]:
    """Spans of dates and of ages that may not be told."""
    for start, end, told in (*_numeric(text, found, calendar), *_worded(text, found, calendar)):
        near = [each.key for each in found if each.end <= start][-_LEAD:]
        born = not calendar.words.birth_words.isdisjoint(near)
        yield _span(start, end, told, calendar, born)
    yield from _birth_years(found, calendar)
    yield from _ages(found, spoken, calendar)


def _numeric(
    text: str, found: Sequence[Token], calendar: Calendar
) -> Iterator[tuple[int, int, list[Told]]]:
    for match in _YEAR_FIRST.finditer(text):
        yield *match.span(), _days(match[1], match[3], match[4])
    for match in _COMPACT.finditer(text):
        yield *match.span(), _days(match[1], match[2], match[3])
    for match in _YEAR_LAST.finditer(text):
        both = [_days(match[4], match[1], match[3]), _days(match[4], match[3], match[1])]
        if calendar.words.table.day_first or match[2] == ".":
            both.reverse()
        yield *match.span(), [day for each in both for day in each]
    for match in _MONTH_YEAR.finditer(text):
        yield *match.span(), [Told(int(match[2]), int(match[1]), None)]
    for match in _BARE.finditer(text):
        before = [each.key for each in found if each.end <= match.start()][-1:]
        one, other = int(match[1]), int(match[2] or match[3])
        either = [Told(None, one, other), Told(None, other, one)]
        if before and before[0] in calendar.words.date_words:
            yield *match.span(), [each for each in either if _is_day(each)]


def _days(year: str, month: str, day: str) -> list[Told]:
    """The dates that it may mean: two digits of a year may be of two centuries."""
    years = [int(year)] if len(year) == 4 else [2000 + int(year), 1900 + int(year)]
    told = (Told(each, int(month), int(day)) for each in years)
    return [each for each in told if _is_day(each)]


def _is_day(told: Told) -> bool:
    return _date(told._replace(year=told.year or 2000)) is not None


def _date(told: Told) -> date | None:
    try:
        return date(told.year or 0, told.month, told.day or 1)
    except ValueError:
        return None


def _read(day: str) -> date | None:
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except ValueError:
        return None


def _worded(
    text: str, found: Sequence[Token], calendar: Calendar
) -> Iterator[tuple[int, int, list[Told]]]:
    """March 3rd, 2024; the third of March twenty twenty-four; March 2024."""
    words = calendar.words
    for at, token in enumerate(found):
        month = words.months.get(token.key)
        if month is None:
            continue
        first, day = _day_before(text, found, at, words)
        end = at + 1
        if day is None:
            day, end = _day_after(text, found, at, words)
        year, end = _year_after(text, found, end, words)
        if day is None and year is None:
            continue
        if year is None and not _surely_month(text, found, first, at, words):
            continue
        told = Told(year, month, day)
        if _is_day(told):
            yield found[first].start, found[end - 1].end, [told]


def _surely_month(
    text: str, found: Sequence[Token], first: int, at: int, words: PrivacyWords
) -> bool:
    """Whether `march` or `may` beside a number is the month, though no year is told."""
    if found[at].key not in words.weak_months:
        return True
    capital = text[found[at].start].isupper() and not text.isupper()
    led = first > 0 and found[first - 1].key in words.date_words
    return capital or led or (first < at and found[at - 1].key in words.ofs)


def _day_before(
    text: str, found: Sequence[Token], at: int, words: PrivacyWords
) -> tuple[int, int | None]:
    """(first token, day) of what stands before the month."""
    end = at
    while end and found[end - 1].key in (words.ofs | words.suffixes):
        end -= 1
    for first in (end - 2, end - 1):
        if first >= 0 and _tight(text, found, first, at):
            day, after = _small(found, first, words)
            if day and after == end:
                return first, day
    return at, None


def _day_after(
    text: str, found: Sequence[Token], at: int, words: PrivacyWords
) -> tuple[int | None, int]:
    first = at + 1
    if first < len(found) and found[first].key in words.articles:
        first += 1
    day, end = _small(found, first, words)
    if not day or not _tight(text, found, at, end - 1):
        return None, at + 1
    if end < len(found) and found[end].key in words.suffixes and _tight(text, found, at, end):
        end += 1
    return day, end


def _small(found: Sequence[Token], at: int, words: PrivacyWords) -> tuple[int | None, int]:
    """(1 to 31, end) of a number in digits, number words or ordinals; None where there is none."""
    if at >= len(found):
        return None, at
    key, value, end = found[at].key, 0, at + 1
    if key.isdigit():
        value = int(key) if len(key) <= 2 else 0
    elif key in words.tens and end < len(found):
        more = words.ordinals.get(found[end].key) or int(words.digits.get(found[end].key, 0))
        value = words.tens[key] + (more if more < 10 else 0)
        end += 1 if 0 < more < 10 else 0
    else:
        value = words.ordinals.get(key) or words.teens.get(key) or int(words.digits.get(key, 0))
    return (value if 1 <= value <= 31 else None), end


def _year_after(
    text: str, found: Sequence[Token], at: int, words: PrivacyWords
) -> tuple[int | None, int]:
    """(year, end): 2024, twenty twenty-four, nineteen oh five, two thousand and five."""
    if at >= len(found) or not _tight(text, found, at - 1, at):
        return None, at
    key = found[at].key
    if key.isdigit() and len(key) == 4 and key[:2] in ("19", "20"):
        return int(key), at + 1
    century = {20: 2000, 19: 1900}.get(words.tens.get(key) or words.teens.get(key) or 0)
    following = found[at + 1].key if at + 1 < len(found) else ""
    if century is None and words.hundreds.get(following) == 1000:
        century, at = 2000, at + 1
        while at + 1 < len(found) and found[at + 1].key in words.joiners:
            at += 1
    if century is None:
        return None, at
    value, end = _two_digits(found, at + 1, words)
    if value is None and century == 2000 and words.hundreds.get(found[at].key) == 1000:
        return 2000, at + 1
    return (None if value is None else century + value), (at if value is None else end)


def _two_digits(found: Sequence[Token], at: int, words: PrivacyWords) -> tuple[int | None, int]:
    if at >= len(found):
        return None, at
    key = found[at].key
    if key.isdigit() and len(key) == 2:
        return int(key), at + 1
    if key in words.teens:
        return words.teens[key], at + 1
    following = words.digits.get(found[at + 1].key) if at + 1 < len(found) else None
    if key in words.tens:
        return words.tens[key] + int(following or 0), at + (2 if following else 1)
    if key in words.digits:
        if words.digits[key] == "0" and following:
            return int(following), at + 2
        return int(words.digits[key]), at + 1
    return None, at


def _tight(text: str, found: Sequence[Token], first: int, last: int) -> bool:
    """Whether only blanks and light marks part these tokens."""
    if last >= len(found):
        return False
    parts = zip(found[first:last], found[first + 1 : last + 1], strict=True)
    return all(_GAP.fullmatch(text[one.end : other.start]) for one, other in parts)


def _birth_years(found: Sequence[Token], calendar: Calendar) -> Iterator[Span]:
    for at, token in enumerate(found):
        near = [each.key for each in found[max(0, at - _LEAD) : at]]
        born = not calendar.words.birth_words.isdisjoint(near)
        if born and re.fullmatch(r"(?:18|19|20)\d\d", token.key):
            yield Span(token.start, token.end, BIRTH_DATE, token.key)


def _ages(found: Sequence[Token], spoken: Sequence[Said], calendar: Calendar) -> Iterator[Span]:
    table = calendar.words.table
    for each, after in pairwise(spoken):
        if not each.text.isdigit() or len(each.text) > 3 or int(each.text) <= table.oldest_age:
            continue
        if found[after.first].key in calendar.words.year_words:
            told = table.older.format(age=table.oldest_age + 1)
            yield Span(found[each.first].start, found[each.end - 1].end, AGE, "old", told)


def _span(start: int, end: int, either: list[Told], calendar: Calendar, born: bool) -> Span:
    """The date as it is written from now on: relative, or a placeholder."""
    days = [(told, day) for told in either if (day := _date(_in_year(told, calendar)))]
    key = days[0][1].isoformat() if days else "?"
    births = calendar.births
    months = {(day.year, day.month) for day in births}
    if born or any(
        day in births if told.day else (day.year, day.month) in months for told, day in days
    ):
        return Span(start, end, BIRTH_DATE, key)
    return Span(start, end, DATE, key, _relative(days, calendar))


def _in_year(told: Told, calendar: Calendar) -> Told:
    """Without its year a date is the last one before the study."""
    if told.year is not None or calendar.study is None:
        return told
    study = calendar.study
    later = (told.month, told.day or 1) > (study.month, study.day)
    return told._replace(year=study.year - later)


def _relative(days: list[tuple[Told, date]], calendar: Calendar) -> str:
    """By distance from the study; "" where that is not known or would tell an age."""
    study, said = calendar.study, calendar.words.table.relative
    if study is None or not days:
        return ""
    told, day = next((each for each in days if each[1] <= study), days[0])
    distance = (day - study).days
    if abs(distance) > _LONGEST_DAYS:
        return ""
    return _by_days(distance, said) if told.day else _by_months(day, study, said)


def _by_days(distance: int, said: RelativeDays) -> str:
    if distance == 0:
        return said.same
    return (said.before if distance < 0 else said.after).format(days=abs(distance))


def _by_months(day: date, study: date, said: RelativeDays) -> str:
    months = (study.year - day.year) * 12 + study.month - day.month
    if months == 0:
        return said.month
    return said.months_before.format(months=months) if months > 0 else ""

"""Dates and ordinals."""

from __future__ import annotations

from typing import NamedTuple

from adapter.mapping.vocabulary_rules import MonthRule
from adapter.reporting.spoken_numbers import Number, read_number, read_two_digits, read_year
from adapter.reporting.written_form.reading import Reading, Written


class Ordinal(NamedTuple):
    """Value, and the index behind it."""

    value: int
    end: int


def date(reading: Reading, index: int) -> Written | None:
    """march third twenty twenty four -> March 3, 2024; the third of march -> March 3."""
    month = reading.vocabulary.months.match(reading.keys, index)
    if month is not None:
        return _month_first(reading, index, month[0], month[1])
    return _day_first(reading, index) or _numeric(reading, index)


def ordinal(reading: Reading, index: int) -> Written | None:
    """twelfth -> 12th; first to ninth stay words."""
    found = _ordinal(reading, index)
    text = reading.vocabulary.table.ordinals.written.get(found.value) if found else None
    if found is None or text is None or reading.key(index)[:1].isdigit():
        return None
    return [reading.write(text, index, found.end)], found.end


def _month_first(
    reading: Reading, index: int, month: tuple[int, MonthRule], at: int
) -> Written | None:
    dates = reading.vocabulary.table.dates
    short = reading.key(at - 1) != month[1].writes.lower()
    if short and reading.is_mark(at, ".") and reading.key(at + 1)[:1].isdigit():
        at += 1  # Jan. 12
    start = at + (reading.key(at) in dates.articles)
    day = _day(reading, start)
    if day is not None:
        year = _year(reading, day.end)
        if year is not None:
            return _full(reading, index, month, day.value, year)
    of = at + (reading.key(at) in dates.ofs)
    year = read_year(reading.keys, of, reading.vocabulary)
    if year is not None:
        return _dated(reading, "month_year", index, year.end, month, year=year.text)
    weak_day = day is not None and month[1].weak and _is_count(reading, start)
    if day is not None and not weak_day:
        return _dated(reading, "month_day", index, day.end, month, day.value)
    strong = not month[1].weak or reading.key(index - 1) in dates.before_month
    return ([reading.write(month[1].writes, index, at)], at) if strong else None


def _is_count(reading: Reading, at: int) -> bool:
    """Whether the day is no ordinal: may three."""
    return _ordinal(reading, at) is None


def _day_first(reading: Reading, index: int) -> Written | None:
    dates = reading.vocabulary.table.dates
    start = index + (reading.key(index) in dates.articles)
    ordinal_day = _ordinal(reading, start)
    day = ordinal_day or _day(reading, start)
    if day is None or not 0 < day.value < 32:
        return None
    of = reading.key(day.end) in dates.ofs
    found = reading.vocabulary.months.match(reading.keys, day.end + of)
    if found is None or (of and ordinal_day is None):
        return None
    month, end = found
    year = _year(reading, end)
    if year is not None and (ordinal_day is not None or start == index):
        if reading.key(index)[:1].isdigit() and ordinal_day is None:
            return None
        return _full(reading, index, month, day.value, year)
    if ordinal_day is None or (month[1].weak and not of):
        return None
    return _dated(reading, "month_day", index, end, month, day.value)


def _numeric(reading: Reading, index: int) -> Written | None:
    """am dritten vierten zweitausendzwanzig -> 3.4.2020; from three four twenty six -> 3/4/26."""
    dates = reading.vocabulary.table.dates
    if dates.numeric is None:
        return None
    ordinals = dates.numeric_ordinals
    if not ordinals and reading.key(index - 1) not in dates.before:
        return None
    one = _part_of_date(reading, index, ordinals=ordinals)
    two = _part_of_date(reading, one.end, ordinals=ordinals) if one else None
    year = _short_year(reading, two.end) if two else None
    if one is None or two is None or year is None:
        return None
    day, month = (one, two) if dates.numeric_day_first else (two, one)
    if not (0 < day.value < 32 and 0 < month.value < 13):
        return None
    text = dates.numeric.format(day=day.value, number=month.value, year=year.text)
    return [reading.write(text, index, year.end)], year.end


def _part_of_date(reading: Reading, at: int, *, ordinals: bool) -> Ordinal | None:
    """Day or month: an ordinal, or where dates are said so one plain number."""
    if ordinals:
        return _ordinal(reading, at)
    number = read_number(reading.keys, at, reading.vocabulary)
    if number is None or number.value is None or not number.said:
        return None
    return Ordinal(number.value, number.end)


def _short_year(reading: Reading, at: int) -> Number | None:
    """A year in full, or where plain numbers are dates its last two digits."""
    year = read_year(reading.keys, at, reading.vocabulary)
    if year is None and not reading.vocabulary.table.dates.numeric_ordinals:
        digits = read_two_digits(reading.keys, at, reading.vocabulary)
        year = digits and Number(digits[0], digits[1], int(digits[0]))
    if year is None or reading.vocabulary.unit_at(reading.keys, year.end) is not None:
        return None
    return year


def _full(
    reading: Reading, index: int, month: tuple[int, MonthRule], day: int, year: Number
) -> Written:
    return _dated(reading, "full", index, year.end, month, day, year.text)


def _dated(
    reading: Reading,
    pattern: str,
    start: int,
    end: int,
    month: tuple[int, MonthRule],
    day: int = 0,
    year: str = "",
) -> Written:
    form: str = getattr(reading.vocabulary.table.dates, pattern)
    text = form.format(day=day, month=month[1].writes, number=month[0], year=year)
    return [reading.write(text, start, end)], end


def _year(reading: Reading, at: int) -> Number | None:
    """The year behind a day, after a comma or not."""
    at += reading.is_mark(at, ",")
    return read_year(reading.keys, at, reading.vocabulary)


def _day(reading: Reading, at: int) -> Ordinal | None:
    found = _ordinal(reading, at)
    if found is None:
        number = read_number(reading.keys, at, reading.vocabulary)
        if number is None or number.value is None:
            return None
        if reading.vocabulary.unit_at(reading.keys, number.end) is not None:
            return None
        found = Ordinal(number.value, number.end)
    return found if 0 < found.value < 32 else None


def _ordinal(reading: Reading, at: int) -> Ordinal | None:
    vocabulary = reading.vocabulary
    key = reading.key(at)
    if key in vocabulary.ordinals:
        return Ordinal(vocabulary.ordinals[key], at + 1)
    tens = vocabulary.table.numbers.tens.get(key)
    ones = vocabulary.ordinals.get(reading.key(at + 1), 10) if tens else 10
    if tens and ones < 10:
        return Ordinal(tens + ones, at + 2)
    for suffix in vocabulary.table.ordinals.suffixes:
        if key.endswith(suffix) and key[: -len(suffix)].isdecimal():
            return Ordinal(int(key[: -len(suffix)]), at + 1)
    return None

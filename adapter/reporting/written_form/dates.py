"""Dates, times of day and ordinals."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.mapping.vocabulary_rules import MonthRule
from adapter.mapping.vocabulary_words import NumberWord
from adapter.reporting.spoken_numbers import Number, read_number, read_two_digits, read_year
from adapter.reporting.written_form.reading import Reading, Written

_HOURS, _MINUTES = 24, 60
_HUNDRED = NumberWord("scale", 100)
_CLOCK = re.compile(r"\d{1,2}:\d{2}", re.ASCII)


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


def time(reading: Reading, index: int) -> Written | None:
    """ten thirty a m -> 10:30 AM; zehn uhr dreißig -> 10:30 Uhr."""
    times = reading.vocabulary.table.times
    done = _military(reading, index) or _clock(reading, index)
    if done is not None:
        return done
    hour = read_number(reading.keys, index, reading.vocabulary)
    if hour is None or hour.value is None or hour.value > 24:
        return None
    end = hour.end
    worded = reading.key(end) in times.hour_words
    minute = read_two_digits(reading.keys, end + worded, reading.vocabulary)
    if worded and minute is None:
        minute = _last_digit(reading, end + 1)
    if minute is not None and int(minute[0]) > 59:
        return None
    if worded:
        if minute is None or reading.vocabulary.unit_at(reading.keys, minute[1]):
            return None
        tokens = [reading.write(f"{hour.text}:{minute[0]}", index, minute[1])]
        return [*tokens, reading.write(times.hour_writes, end, end + 1)], minute[1]
    behind = minute[1] if minute else end
    half = reading.vocabulary.half_days.match(reading.keys, behind)
    text = f"{hour.text}:{minute[0]}" if minute else hour.text
    if half is not None:
        written = [reading.write(text, index, behind), reading.write(half[0], behind, half[1])]
        return written, half[1]
    if minute is not None:
        unit = reading.vocabulary.unit_at(reading.keys, behind)
        if unit is not None and unit[0].writes in times.clocks:
            return [reading.write(text, index, behind)], behind
    if minute is None or reading.key(index - 1) not in times.before:
        return None
    after = reading.key(behind)
    return (
        ([reading.write(text, index, behind)], behind)
        if not after or after in times.after
        else None
    )


def _last_digit(reading: Reading, at: int) -> tuple[str, int] | None:
    """The minute below ten that ends a clause: vierzehn Uhr fünf."""
    number = read_number(reading.keys, at, reading.vocabulary)
    if number is None or number.value is None or number.value > 9 or reading.key(number.end):
        return None
    return f"0{number.value}", number.end


def _military(reading: Reading, index: int) -> Written | None:
    """oh five hundred hours -> 0500 hours; fourteen thirty hours -> 1430 hours."""
    keys, vocabulary = reading.keys, reading.vocabulary
    hour = read_two_digits(keys, index, vocabulary)
    if hour is None or int(hour[0]) >= _HOURS:
        return None
    end = hour[1]
    whole = vocabulary.numbers.get(reading.key(end))
    if whole is not None and whole == _HUNDRED:
        minute = ("00", end + 1)
    else:
        minute = read_two_digits(keys, end, vocabulary) or ("", end)
    if not minute[0] or int(minute[0]) >= _MINUTES:
        return None
    if reading.key(minute[1]) not in vocabulary.table.times.military:
        return None
    return [reading.write(hour[0] + minute[0], index, minute[1])], minute[1]


def _clock(reading: Reading, index: int) -> Written | None:
    """10:30 am -> 10:30 AM."""
    if not _CLOCK.fullmatch(reading.key(index)):
        return None
    half = reading.vocabulary.half_days.match(reading.keys, index + 1)
    if half is None or reading.key(index + 1).endswith("."):
        return None
    return [reading.tokens[index], reading.write(half[0], index + 1, half[1])], half[1]


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

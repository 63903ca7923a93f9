"""Times of day."""

from __future__ import annotations

import re

from adapter.mapping.vocabulary_words import NumberWord
from adapter.reporting.spoken_numbers import Number, read_number, read_two_digits
from adapter.reporting.written_form.reading import Reading, Written

_HOURS, _MINUTES = 24, 60
_HUNDRED = NumberWord("scale", 100)
_CLOCK = re.compile(r"\d{1,2}:\d{2}", re.ASCII)


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
    if minute is None:
        return _hours(reading, index, hour)
    unit = reading.vocabulary.unit_at(reading.keys, behind)
    clock = unit is not None and unit[0].writes in times.clocks
    ends = not reading.key(behind) or reading.key(behind) in times.after
    if clock or (reading.key(index - 1) in times.before and ends):
        return [reading.write(text, index, behind)], behind
    return None


def _hours(reading: Reading, index: int, first: Number) -> Written | None:
    """two to three p m -> 2-3 PM."""
    ranges = reading.vocabulary.table.ranges
    if reading.key(first.end) not in ranges.to:
        return None
    last = read_number(reading.keys, first.end + 1, reading.vocabulary)
    half = last and reading.vocabulary.half_days.match(reading.keys, last.end)
    if last is None or half is None:
        return None
    link = reading.tokens[first.end]
    if reading.key(index - 1) not in ranges.no_range_after:
        link = reading.write(ranges.to_writes, first.end, first.end + 1, left=True, right=True)
    return [
        reading.write(first.text, index, first.end),
        link,
        reading.write(last.text, first.end + 1, last.end),
        reading.write(half[0], last.end, half[1]),
    ], half[1]


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

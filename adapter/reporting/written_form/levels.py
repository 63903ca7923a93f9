"""Vertebral levels: L4-L5, T12, L3-S1."""

from __future__ import annotations

import re

from adapter.mapping.vocabulary_words import Level
from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Kind, Token
from adapter.reporting.written_form.reading import Reading, Written

_PAIR = re.compile(r"([a-z]+-?\d+)([-/])([a-z]*)(\d+)")
_TWO = re.compile(r"(\d+)[-/](\d+)", re.ASCII)


def level(reading: Reading, index: int) -> Written | None:
    """l four l five, l four five, l four to l five -> L4-L5; t twelve -> T12."""
    pair = _written_pair(reading, index)
    if pair is not None:
        return pair
    first = _level(reading, index)
    if first is None:
        return None
    upper, end = first
    out = [reading.write(upper.writes, index, end)]
    more = _discs(reading, upper, end) or _linked(reading, index, upper, end)
    if more is None:
        return out, end
    return [*out, *more[0]], more[1]


def _written_pair(reading: Reading, index: int) -> Written | None:
    """Two vertebrae that the recogniser wrote as one word: c7-t1, L4-5, C 5-6."""
    key, levels = reading.key(index), reading.vocabulary.levels
    found = _PAIR.fullmatch(key)
    lower = levels.get(found[3] + found[4]) if found else None
    if found and found[1] in levels and (lower or not found[3]):
        text = levels[found[1]].writes + found[2] + (lower.writes if lower else found[4])
        return [reading.write(text, index, index + 1)], index + 1
    two = (
        _TWO.fullmatch(reading.key(index + 1)) if key in reading.vocabulary.level_letters else None
    )
    if two is None:
        return None
    part = reading.vocabulary.table.levels.parts[reading.vocabulary.level_letters[key]].writes
    upper, lower = (levels.get(f"{part}{number}".lower()) for number in two.groups())
    if upper is None or lower is None or not _below(upper, lower):
        return None
    text = f"{upper.writes}{reading.vocabulary.table.levels.joint}{lower.writes}"
    return [reading.write(text, index, index + 2)], index + 2


def _discs(reading: Reading, upper: Level, end: int) -> Written | None:
    """The vertebrae below, each said right behind the one above it: L4-L5, C4-C5-C6."""
    out: list[Token] = []
    while (found := _following(reading, upper, end)) is not None:
        if out and _following(reading, *found) is not None:
            break  # l two l three, l four l five: the next disc begins here
        text = reading.vocabulary.table.levels.joint + found[0].writes
        out.append(reading.write(text, end, found[1], left=True))
        upper, end = found
    return (out, end) if out else None


def _following(reading: Reading, upper: Level, end: int) -> tuple[Level, int] | None:
    """The next vertebra when it is said right behind this one."""
    found = _level(reading, end) or _short(reading, upper, end)
    if found is None or upper.place is None or found[0].place != upper.place + 1:
        return None
    return found


def _linked(reading: Reading, index: int, upper: Level, end: int) -> Written | None:
    """A lower vertebra behind a word: L4-S1, L4 on L5, L4 and L5."""
    ranges, levels = reading.vocabulary.table.ranges, reading.vocabulary.table.levels
    key = reading.key(end)
    if key not in (*ranges.to, *levels.links, *ranges.also):
        return None
    found = _level(reading, end + 1)
    if found is not None and key in ranges.also and key not in levels.links:
        return None  # a level of its own: l three and l four l five
    if found is None:
        found = _short(reading, upper, end + 1)
        if found is not None and key in ranges.also and not _ends(reading, found[1]):
            return None
    if found is None or not _below(upper, found[0]):
        return None
    ranged = key in ranges.to and reading.key(index - 1) not in ranges.no_range_after
    link = reading.tokens[end]
    if ranged:
        link = reading.write(ranges.to_writes, end, end + 1, left=True, right=True)
    return [link, reading.write(found[0].writes, end + 1, found[1])], found[1]


def _ends(reading: Reading, at: int) -> bool:
    """Whether no noun follows that a bare number could count: L4 and five, L4 and five levels."""
    if at >= len(reading.tokens) or reading.tokens[at].kind is not Kind.WORD:
        return True
    return reading.key(at) in reading.vocabulary.table.levels.nouns


def _below(upper: Level, lower: Level) -> bool:
    return (lower.part, lower.number) > (upper.part, upper.number)


def _level(reading: Reading, at: int) -> tuple[Level, int] | None:
    key = reading.key(at)
    whole = reading.vocabulary.levels.get(key)
    if whole is not None:
        return whole, at + 1
    part = reading.vocabulary.level_letters.get(key)
    return None if part is None else _numbered_level(reading, part, at + 1)


def _short(reading: Reading, upper: Level, at: int) -> tuple[Level, int] | None:
    """The lower vertebra without its letter: l four FIVE."""
    return _numbered_level(reading, upper.part, at)


def _numbered_level(reading: Reading, part: int, at: int) -> tuple[Level, int] | None:
    number = read_number(reading.keys, at, reading.vocabulary)
    if number is None or number.value is None:
        return None
    if reading.vocabulary.unit_at(reading.keys, number.end) is not None:
        return None
    letter = reading.vocabulary.table.levels.parts[part].writes.lower()
    found = reading.vocabulary.levels.get(f"{letter}{number.value}")
    return found and (found, number.end)

"""Terms with a number (BI-RADS 4A, grade II, image 123) and vertebral levels (L4-L5)."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.mapping.vocabulary import Label, Level
from adapter.reporting.spoken_numbers import Number, read_joined, read_number, roman
from adapter.reporting.spoken_tokens import Token
from adapter.reporting.written_form.reading import Reading, Written

_LETTERED = re.compile(r"(\d+)([a-z]+)", re.ASCII)


class Category(NamedTuple):
    """What follows a term, as written, and the index behind it."""

    text: str
    end: int


def label(reading: Reading, index: int) -> Written | None:
    """bi rads four a -> BI-RADS 4A; images four through six -> images 4 through 6."""
    found = reading.vocabulary.labels.match(reading.keys, index)
    if found is None:
        return None
    made, end = found
    at = _behind_links(reading, made, end)
    category = _category(reading, made, at)
    if category is None:
        if made.rule.needs_number or made.rule.writes is None:
            return None
        return _name(reading, made, index, end), end
    out = [*_name(reading, made, index, end), *reading.tokens[end:at]]
    out.append(_numbered(reading, made, at, category, first=True))
    return _more(reading, made, out, category.end)


def _name(reading: Reading, made: Label, start: int, end: int) -> list[Token]:
    if made.rule.writes is None:
        return reading.tokens[start:end]
    return [reading.write(made.rule.writes, start, end)]


def _behind_links(reading: Reading, made: Label, at: int) -> int:
    link = made.links.match(reading.keys, at)
    if link is None:
        return at
    again = made.links.match(reading.keys, link[1])
    return again[1] if again else link[1]


def _numbered(reading: Reading, made: Label, at: int, category: Category, *, first: bool) -> Token:
    glued = first and made.rule.joint != " "
    text = made.rule.joint + category.text if glued else category.text
    return reading.write(text, at, category.end, left=glued)


def _more(reading: Reading, made: Label, out: list[Token], end: int) -> Written:
    """Further numbers: grade two to three, images four, six and eight."""
    ranges = reading.vocabulary.table.ranges
    listed = made.rule.lists or made.rule.roman
    while True:
        key = reading.key(end)
        and_more = listed and (key in ranges.also or reading.is_mark(end, ","))
        if key not in ranges.to and not and_more:
            return out, end
        category = _category(reading, made, end + 1)
        if category is None:
            return out, end
        if key in ranges.to:
            out.append(reading.write(ranges.to_writes, end, end + 1, left=True, right=True))
        else:
            out.append(reading.tokens[end])
        out.append(_numbered(reading, made, end + 1, category, first=False))
        end = category.end


def _category(reading: Reading, made: Label, at: int) -> Category | None:
    rule = made.rule
    named = made.words.match(reading.keys, at)
    if named:
        return Category(*named)
    lettered = _LETTERED.fullmatch(reading.key(at))
    if lettered and lettered[2] in rule.letters:
        return _checked(reading, made, int(lettered[1]), lettered[2], lettered[1], at + 1)
    number = _number(reading, made, at)
    if number is None or number.value is None:
        return None
    letter = reading.key(number.end)
    if len(letter) == 1 and letter in rule.letters and _is_letter(reading, number.end):
        return _checked(reading, made, number.value, letter, number.text, number.end + 1)
    return _checked(reading, made, number.value, "", number.text, number.end)


def _checked(
    reading: Reading, made: Label, value: int, letter: str, text: str, end: int
) -> Category | None:
    rule = made.rule
    if not rule.first <= value <= rule.last:
        return None
    if rule.only_before and reading.key(end) not in rule.only_before:
        return None
    if rule.roman and not 0 < value < 40:
        return None
    return Category((roman(value) if rule.roman else text) + letter.upper(), end)


def _number(reading: Reading, made: Label, at: int) -> Number | None:
    """The number of a term; a number that has a unit belongs to the unit."""
    keys, vocabulary = reading.keys, reading.vocabulary
    if reading.key(at) in vocabulary.table.numbers.points:
        return None
    number = read_number(keys, at, vocabulary)
    if number is not None and made.rule.joined:
        whole = read_joined(keys, at, vocabulary)
        if whole is not None and vocabulary.unit_at(keys, whole.end) is None:
            return whole
        if whole is None or whole.end == number.end:
            return None
        return number
    if number is None or vocabulary.unit_at(keys, number.end) is not None:
        return None
    return number


def _is_letter(reading: Reading, at: int) -> bool:
    """Whether a letter that is also an article ends the category: 4a, but not 4 a mass."""
    table = reading.vocabulary.table
    if reading.key(at) not in table.articles:
        return True
    after = reading.key(at + 1)
    return not after or after in (*table.ranges.also, *table.ranges.to)


def level(reading: Reading, index: int) -> Written | None:
    """l four l five, l four five, l four to l five -> L4-L5; t twelve -> T12."""
    first = _level(reading, index)
    if first is None:
        return None
    upper, end = first
    out = [reading.write(upper.writes, index, end)]
    following = _following(reading, upper, end) or _linked(reading, index, upper, end)
    if following is None:
        return out, end
    return [*out, *following[0]], following[1]


def _following(reading: Reading, upper: Level, end: int) -> Written | None:
    """The vertebra below, said right behind: L4-L5."""
    found = _level(reading, end) or _short(reading, upper, end)
    if found is None or upper.place is None or found[0].place != upper.place + 1:
        return None
    text = reading.vocabulary.table.levels.joint + found[0].writes
    return [reading.write(text, end, found[1], left=True)], found[1]


def _linked(reading: Reading, index: int, upper: Level, end: int) -> Written | None:
    """A lower vertebra behind a word: L4-S1, L4 on L5."""
    ranges, links = reading.vocabulary.table.ranges, reading.vocabulary.table.levels.links
    if reading.key(end) not in (*ranges.to, *links):
        return None
    found = _level(reading, end + 1) or _short(reading, upper, end + 1)
    if found is None or not _below(upper, found[0]):
        return None
    ranged = reading.key(end) in ranges.to and reading.key(index - 1) not in ranges.no_range_after
    link = reading.tokens[end]
    if ranged:
        link = reading.write(ranges.to_writes, end, end + 1, left=True, right=True)
    return [link, reading.write(found[0].writes, end + 1, found[1])], found[1]


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

"""Terms with a number: BI-RADS 4A, grade II, image 123, Omnipaque 350."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapter.mapping.vocabulary import Label
from adapter.reporting.spoken_numbers import (
    ROMAN,
    Number,
    is_counting,
    read_joined,
    read_number,
    read_year,
    roman,
)
from adapter.reporting.spoken_tokens import Kind, Token
from adapter.reporting.written_form.reading import Reading, Written

_LETTERED = re.compile(r"(\d+)([a-z]{1,2})", re.ASCII)
_LONGEST_USUAL = 3  # words
_RANGE = re.compile(r"(\d+)-(\d+)", re.ASCII)


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
    version = _version(reading, end)
    out = [*_name(reading, made, index, end), *(version[0] if version else ())]
    end = version[1] if version else end
    at = _behind_links(reading, made, end)
    category = _category(reading, made, at, before=reading.key(index - 1))
    if category is None:
        bare = made.rule.needs_number or made.rule.writes is None
        return None if bare and version is None else (out, end)
    if reading.is_mark(end, made.rule.joint):
        text = made.rule.joint + category.text
        out.append(reading.write(text, end, category.end, left=True))
    else:
        out.extend(reading.tokens[end:at])
        out.append(_numbered(reading, made, at, category, first=True))
    return _out_of(reading, made, *_more(reading, made, out, category.end))


def _version(reading: Reading, at: int) -> Written | None:
    """version two point one, between a term and its number."""
    if reading.key(at) not in reading.vocabulary.table.version_words:
        return None
    number = read_year(reading.keys, at + 1, reading.vocabulary) or read_number(
        reading.keys, at + 1, reading.vocabulary
    )
    if number is None:
        return None
    text = number.text.replace(reading.vocabulary.table.numbers.decimal_mark, ".")
    return [reading.tokens[at], reading.write(text, at + 1, number.end)], number.end


def _name(reading: Reading, made: Label, start: int, end: int) -> list[Token]:
    if made.rule.writes is None:
        return reading.tokens[start:end]
    return [reading.write(made.rule.writes, start, end)]


def _behind_links(reading: Reading, made: Label, at: int) -> int:
    if reading.is_mark(at, made.rule.joint):
        return at + 1
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
    """Further numbers: grade two to three, grade two slash three, images four, six and eight."""
    ranges = reading.vocabulary.table.ranges
    listed = made.rule.lists or made.rule.roman
    while True:
        key = reading.key(end)
        linked = listed and (key in ranges.also or reading.is_mark(end, ","))
        tied = listed and _is_tie(reading, end)
        counted = made.rule.lists and _counts_on(out[-1].text, reading, end)
        if not (key in ranges.to or linked or tied or counted):
            return out, end
        at = end if counted else end + 1
        category = _category(reading, made, at)
        if category is None:
            return out, end
        if key in ranges.to:
            out.append(reading.write(ranges.to_writes, end, at, left=True, right=True))
        elif tied:
            out.append(reading.tokens[end]._replace(left=True, right=True))
        elif linked:
            out.append(reading.tokens[end])
        if counted and made.rule.pair:
            text = made.rule.pair + category.text
            out.append(reading.write(text, at, category.end, left=True))
        else:
            out.append(_numbered(reading, made, at, category, first=False))
        end = category.end


def _is_tie(reading: Reading, at: int) -> bool:
    """Whether a dash, hyphen or slash stands here."""
    return at < len(reading.tokens) and (
        reading.tokens[at].kind is Kind.MARK and reading.tokens[at].tight
    )


def _counts_on(last: str, reading: Reading, at: int) -> bool:
    """Whether the number that comes next is one more: images two THREE."""
    number = read_number(reading.keys, at, reading.vocabulary)
    return number is not None and last.isdecimal() and number.value == int(last) + 1


def _out_of(reading: Reading, made: Label, out: list[Token], end: int) -> Written:
    """score of three out of five -> score of 3 out of 5."""
    found = None if made.rule.roman else reading.vocabulary.out_of.match(reading.keys, end)
    whole = _number(reading, made, found[1]) if found else None
    if found is None or whole is None or whole.value is None:
        return out, end
    number = reading.write(whole.text, found[1], whole.end)
    return [*out, *reading.tokens[end : found[1]], number], whole.end


def _category(reading: Reading, made: Label, at: int, before: str = "") -> Category | None:
    rule = made.rule
    named = made.words.match(reading.keys, at)
    if named:
        return Category(*named)
    key = reading.key(at)
    lettered = _LETTERED.fullmatch(key)
    if lettered and lettered[2][0] in rule.letters and lettered[2][1:] in ("", *rule.modifiers):
        return _checked(reading, made, int(lettered[1]), lettered[2], lettered[1], at + 1)
    ends = _RANGE.fullmatch(key) if rule.roman else None
    if ends and all(0 < int(end) <= rule.last for end in ends.groups()):
        return Category("-".join(roman(int(end)) for end in ends.groups()), at + 1)
    number = _number(reading, made, at)
    if number is None or number.value is None:
        return None
    letters, end = _letters(reading, made, number)
    arabic = before in rule.arabic_near or reading.key(end) in rule.arabic_near
    return _checked(reading, made, number.value, letters, number.text, end, arabic=arabic)


def _letters(reading: Reading, made: Label, number: Number) -> tuple[str, int]:
    """The letter behind a number with its modifier, and the index behind them."""
    rule, at = made.rule, number.end
    key = reading.key(at)
    if len(key) != 1 or key not in rule.letters or not _is_letter(reading, made, number):
        return "", at
    after = reading.key(at + 1)
    if len(after) == 1 and after in rule.modifiers:
        return key + after, at + 2
    return key, at + 1


def _checked(
    reading: Reading,
    made: Label,
    value: int,
    letters: str,
    text: str,
    end: int,
    *,
    arabic: bool = False,
) -> Category | None:
    rule = made.rule
    if not rule.first <= value <= rule.last:
        return None
    if rule.only_before and reading.key(end) not in rule.only_before:
        return None
    if rule.roman and not arabic:
        if not 0 < value < 40:
            return None
        text = roman(value)
    return Category(text + letters.upper(), end)


def _number(reading: Reading, made: Label, at: int) -> Number | None:
    """The number of a term; a number that has a unit belongs to the unit."""
    keys, vocabulary = reading.keys, reading.vocabulary
    key = reading.key(at)
    if key in vocabulary.table.numbers.points:
        return None
    if key in ROMAN and (made.rule.roman or (made.words and len(key) > 1)):
        return Number(roman(ROMAN[key]), at + 1, ROMAN[key], said=False)
    number = read_number(keys, at, vocabulary)
    usual = _usual(reading, made, at)
    if usual is not None:
        return usual
    if number is not None and made.rule.joined:
        whole = read_joined(keys, at, vocabulary)
        if whole is not None and made.rule.lists and _is_count(whole, at):
            whole = number
        if whole is not None and vocabulary.unit_at(keys, whole.end) is None:
            return whole
        if whole is None or whole.end == number.end:
            return None
        return number
    if number is None or vocabulary.unit_at(keys, number.end) is not None:
        return None
    return number


def _usual(reading: Reading, made: Label, at: int) -> Number | None:
    """The usual number of a term before a measure: Omnipaque three hundred, seventy five mL."""
    for length in range(1, _LONGEST_USUAL + 1 if made.rule.usual else 1):
        number = read_joined(reading.keys[at : at + length], 0, reading.vocabulary)
        if number is None or number.end != length or number.value not in made.rule.usual:
            continue
        rest = read_joined(reading.keys, at + length, reading.vocabulary)
        if rest is not None and reading.vocabulary.unit_at(reading.keys, rest.end) is not None:
            return number._replace(end=at + length)
    return None


def _is_count(number: Number, at: int) -> bool:
    """Whether the digits are numbers of their own: images two three and four."""
    return number.said and len(number.text) == number.end - at > 1 and is_counting(number.text)


def _is_letter(reading: Reading, made: Label, number: Number) -> bool:
    """Whether a letter belongs to the category: 4a, but not 4 a mass, nor 3 a c joint."""
    at, table = number.end, reading.vocabulary.table
    found = reading.vocabulary.terms.match(reading.keys, at)
    if found is not None and found[1] > at + 1:
        return False
    if reading.key(at) not in table.articles or number.value in made.rule.lettered:
        return True
    after = reading.key(at + 1)
    return not after or after in (*table.ranges.also, *table.ranges.to, *made.rule.nouns)

"""Spoken numbers: one hundred and five, four point oh, one twenty three, 3.2."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_words import NumberWord

_FIGURE = r"(?:\d+(?:[.,]\d+)*|[.,]\d+)"
_DIGITS = re.compile(rf"[-±]?{_FIGURE}(?:-{_FIGURE})?", re.ASCII)  # 5-6 is read as one number
_BARE_POINT = re.compile(r"(?<![\d.,])(?=[.,]\d)", re.ASCII)
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_MOST_DIGITS = 12
_FEWEST_DIGITS = 4  # digits one by one that are a number without a word before them
_MOST_HUNDREDS = 20  # nineteen hundred, but fifty, one hundred


class Number(NamedTuple):
    """A number that ends before `end`: its text, its value when whole, if it was said in words."""

    text: str
    end: int
    value: int | None
    said: bool = True


Keys = Sequence[str]


def read_number(keys: Keys, at: int, vocabulary: Vocabulary) -> Number | None:
    """The number that begins at `at`: digits, a whole number or a decimal in words."""
    numbers = vocabulary.table.numbers
    if at >= len(keys):
        return None
    if _DIGITS.fullmatch(keys[at]):
        return _written(keys, at, vocabulary)
    if keys[at] in numbers.decimals:
        return Number(numbers.decimals[keys[at]], at + 1, None)
    if keys[at] in numbers.points:
        fraction = _fraction(keys, at + 1, vocabulary)
        return fraction and Number(f"0{numbers.decimal_mark}{fraction[0]}", fraction[1], None)
    whole = _whole(keys, at, vocabulary)
    return whole and _with_fraction(keys, whole, vocabulary)


def read_joined(keys: Keys, at: int, vocabulary: Vocabulary) -> Number | None:
    """A number that may be said in parts: one twenty three, one two three, three fifty."""
    first = read_number(keys, at, vocabulary)
    if first is None or not first.said or first.value is None:
        return first
    text, end, singly = first.text, first.end, first.value < 10
    while len(text) < _MOST_DIGITS and first.value < 100:
        part = _part(keys, end, vocabulary)
        if part is None or _has_point(keys, part[1], vocabulary):
            break
        if len(part[0]) == 1 and not singly:  # after a full ten its ones would have joined
            break
        singly = len(part[0]) == 1
        text, end = text + part[0], part[1]
    return Number(text, end, int(text))


def read_digits(keys: Keys, at: int, vocabulary: Vocabulary) -> Number | None:
    """Digits said one by one, four or more: a telephone number, but not five six seven eight."""
    digits = ""
    while len(digits) < _MOST_DIGITS and _is(keys, at, vocabulary, "one", "zero", "inner"):
        digits, at = digits + str(vocabulary.numbers[keys[at]].value), at + 1
    if len(digits) < _FEWEST_DIGITS or is_counting(digits) or _has_point(keys, at, vocabulary):
        return None
    return Number(digits, at, int(digits))


def is_counting(digits: str) -> bool:
    """Whether each digit is one more than the one before it."""
    return all(int(two) == int(one) + 1 for one, two in itertools.pairwise(digits))


def read_year(keys: Keys, at: int, vocabulary: Vocabulary) -> Number | None:
    """A year: twenty twenty four, nineteen oh five, two thousand ten, 2024."""
    whole = _cardinal(keys, at, vocabulary)
    if whole is not None and whole[0] in vocabulary.table.dates.centuries:
        rest = _part(keys, whole[1], vocabulary)
        if rest is not None and len(rest[0]) == 2:
            return Number(f"{whole[0]}{rest[0]}", rest[1], int(f"{whole[0]}{rest[0]}"))
    if whole is None and at < len(keys) and re.fullmatch(r"\d{4}", keys[at], re.ASCII):
        return Number(keys[at], at + 1, int(keys[at]), False)
    if whole is not None and 1900 <= whole[0] < 2100:
        return Number(str(whole[0]), whole[1], whole[0])
    return None


def read_two_digits(keys: Keys, at: int, vocabulary: Vocabulary) -> tuple[str, int] | None:
    """Two digits in words, as minutes are said: thirty, oh five."""
    part = _part(keys, at, vocabulary)
    return part if part is not None and len(part[0]) == 2 else None


def roman(value: int) -> str:
    """1 to 39 in Roman numerals."""
    text = ""
    for worth, letters in _ROMAN:
        text += letters * (value // worth)
        value %= worth
    return text


ROMAN = {roman(value).lower(): value for value in range(1, 13)}
"""Roman numerals as a recogniser may write them."""


MOST_DIGITS = 18  # a longer row of digits is no number that anybody means


def _written(keys: Keys, at: int, vocabulary: Vocabulary) -> Number:
    """Digits as the recogniser wrote them; `3 point 2` too."""
    split = at > 0 and keys[at - 1].isdigit()  # 3 .2
    text = keys[at] if split else _BARE_POINT.sub("0", keys[at])
    value = int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
    number = Number(text, at + 1, value, False)
    return _with_fraction(keys, number, vocabulary) if number.value is not None else number


def _with_fraction(keys: Keys, whole: Number, vocabulary: Vocabulary) -> Number:
    numbers = vocabulary.table.numbers
    if _has_point(keys, whole.end, vocabulary):
        digits = _fraction(keys, whole.end + 1, vocabulary)
        if digits:
            return Number(f"{whole.text}{numbers.decimal_mark}{digits[0]}", digits[1], None)
    fraction = vocabulary.fractions.match(keys, whole.end)
    if fraction:
        return Number(f"{whole.text}{numbers.decimal_mark}{fraction[0]}", fraction[1], None)
    return whole


def _whole(keys: Keys, at: int, vocabulary: Vocabulary) -> Number | None:
    found = _cardinal(keys, at, vocabulary)
    if found is not None:
        return Number(str(found[0]), found[1], found[0])
    articles = vocabulary.table.numbers.scale_articles
    if keys[at] in articles and _is(keys, at + 1, vocabulary, "scale"):
        value = vocabulary.numbers[keys[at + 1]].value
        return Number(str(value), at + 2, value)
    if _is(keys, at, vocabulary, "inner") and _has_point(keys, at + 1, vocabulary):
        return Number("0", at + 1, 0)
    return None


def _cardinal(keys: Keys, at: int, vocabulary: Vocabulary) -> tuple[int, int] | None:
    """Value and end of a whole number in words."""
    total, current, last, index = 0, 0, "", at
    joiners = vocabulary.table.numbers.joiners
    while index < len(keys):
        atom = vocabulary.numbers.get(keys[index])
        if atom is None:
            if last != "scale" or keys[index] not in joiners:
                break
            if not _joiner_counts(keys, at, index, vocabulary):
                break
            index += 1
            continue
        if not _fits(atom, last, current, keys, index, vocabulary):
            break
        if atom.kind != "scale":
            current += atom.value
        elif atom.value == 100:
            current = current * 100
        else:
            total, current = total + current * atom.value, 0
        last, index = atom.kind, index + 1
    return (total + current, index) if last else None


def _fits(
    atom: NumberWord, last: str, current: int, keys: Keys, at: int, vocabulary: Vocabulary
) -> bool:
    if atom.kind == "scale":
        return 0 < current < (_MOST_HUNDREDS if atom.value == 100 else atom.value)
    if atom.kind == "inner":
        return False
    if last == "":
        return True
    if last == "ten":
        return atom.kind == "one" and not _is_hundred(keys, at + 1, vocabulary)
    begins_next = _hundred_follows(keys, at, vocabulary) and current >= 100
    return last == "scale" and atom.kind != "zero" and not begins_next


def _hundred_follows(keys: Keys, at: int, vocabulary: Vocabulary) -> bool:
    """Whether the number at `at` counts hundreds of its own."""
    return _is_hundred(keys, at + 1, vocabulary) or _is_hundred(keys, at + 2, vocabulary)


def _is_hundred(keys: Keys, at: int, vocabulary: Vocabulary) -> bool:
    return at < len(keys) and vocabulary.numbers.get(keys[at]) == NumberWord("scale", 100)


def _joiner_counts(keys: Keys, start: int, at: int, vocabulary: Vocabulary) -> bool:
    """Whether AND stands inside a number: one hundred and five, not one hundred and two hundred."""
    if start and keys[start - 1] in vocabulary.table.numbers.no_joiner_after:
        return False
    atom = vocabulary.numbers.get(keys[at + 1]) if at + 1 < len(keys) else None
    if atom is None or atom.kind in ("scale", "zero", "inner"):
        return False
    return not _hundred_follows(keys, at + 1, vocabulary)


def _fraction(keys: Keys, at: int, vocabulary: Vocabulary) -> tuple[str, int] | None:
    """Digits after the point, said one by one or as a number below 100."""
    if at < len(keys) and keys[at].isdigit():
        return keys[at], at + 1
    text, index = "", at
    while len(text) < 4 and index < len(keys):
        atom = vocabulary.numbers.get(keys[index])
        if atom is None or atom.kind == "scale":
            break
        if atom.kind in ("teen", "ten", "full"):
            if text:
                break
            found = _cardinal(keys, index, vocabulary)
            return (str(found[0]), found[1]) if found and found[0] < 100 else None
        if text and _has_point(keys, index + 1, vocabulary):
            break
        text, index = text + str(atom.value), index + 1
    return (text, index) if text else None


def _part(keys: Keys, at: int, vocabulary: Vocabulary) -> tuple[str, int] | None:
    """A later part of a number said in parts: fifty, twenty three, oh five, three."""
    if _is(keys, at, vocabulary, "inner", "zero"):
        if _is(keys, at + 1, vocabulary, "one"):
            return f"0{vocabulary.numbers[keys[at + 1]].value}", at + 2
        return "0", at + 1
    found = _cardinal(keys, at, vocabulary)
    return (str(found[0]), found[1]) if found is not None and found[0] < 100 else None


def _has_point(keys: Keys, at: int, vocabulary: Vocabulary) -> bool:
    """Whether a decimal point with a digit behind it stands at `at`."""
    if at + 1 >= len(keys) or keys[at] not in vocabulary.table.numbers.points:
        return False
    return keys[at + 1].isdigit() or (
        keys[at + 1] in vocabulary.numbers and vocabulary.numbers[keys[at + 1]].kind != "scale"
    )


def _is(keys: Keys, at: int, vocabulary: Vocabulary, *kinds: str) -> bool:
    atom = vocabulary.numbers.get(keys[at]) if at < len(keys) else None
    return atom is not None and atom.kind in kinds

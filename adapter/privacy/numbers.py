"""Finds numbers that identify: known ones however cut or spoken, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from adapter.privacy.spoken import Said
from adapter.privacy.tokens import Span, Token, letters_and_digits, runs
from adapter.privacy.words import PrivacyWords

NUMBER = "NUMBER"

_SHORTEST = 4  # signs of a number that is looked for without a word such as MRN before it
_SHORTEST_CORE = 5
_LEAD = 4  # tokens before a number in which such a word may stand
_LEAST_LABELLED = 4  # digits
_LEAST_SPOKEN = 6  # digits said one by one
_GAP = re.compile(r"[\s.\-/]{0,3}")


def needles(numbers: Iterable[str]) -> dict[str, str]:
    """The forms of a number that are looked for -> the number."""
    found: dict[str, str] = {}
    for number in numbers:
        whole = _plain(letters_and_digits(number))
        core = re.sub(r"\D+", "", letters_and_digits(number))
        forms = {whole, *(f for f in (core, core.lstrip("0")) if len(f) >= _SHORTEST_CORE)}
        found |= dict.fromkeys(filter(None, forms), whole)
    return found


def find_numbers(
    text: str,
    found: Sequence[Token],
    spoken: Sequence[Said],
    wanted: dict[str, str],
    words: PrivacyWords,
) -> Iterator[Span]:
    """Known numbers, numbers behind a word such as MRN, and long rows of spoken digits."""
    said = [_plain(each.text) for each in spoken]
    for first, end, form in runs(said, wanted, max(map(len, wanted), default=0)):
        if len(form) >= _SHORTEST or _labelled(found, spoken[first].first, words):
            yield _span(found, spoken, first, end, wanted[form])
    yield from _after_words(text, found, spoken, words)
    yield from _rows(text, found, spoken)


def _plain(text: str) -> str:
    """O and zero are one sign: nobody hears which it was."""
    return text.replace("o", "0")


def _labelled(found: Sequence[Token], at: int, words: PrivacyWords) -> bool:
    before = {each.key for each in found[max(0, at - _LEAD) : at]}
    return not before.isdisjoint(words.number_words)


def _after_words(
    text: str, found: Sequence[Token], spoken: Sequence[Said], words: PrivacyWords
) -> Iterator[Span]:
    """MRN 12 34 56, accession number AB-1234: the signs behind the word, where they have digits.

    A word that stands apart between them, as in "MRN of Otto is 1234", begins or ends the number.
    """
    for at, each in enumerate(spoken):
        if not _labelled(found, each.first, words) or not _may_be_part(each, found):
            continue
        first, end, digits = at, at, 0
        while (
            end < len(spoken)
            and _may_be_part(spoken[end], found)
            and (end == at or _GAP.fullmatch(_between(text, found, spoken, end)))
        ):
            if _is_word(spoken[end], text, found, words):
                if digits >= _LEAST_LABELLED:
                    break
                first = first if digits else end + 1
            digits += sum(sign.isdigit() for sign in spoken[end].text)
            end += 1
        if digits >= _LEAST_LABELLED:
            key = "".join(one.text for one in spoken[first:end])
            yield _span(found, spoken, first, end, key)


def _is_word(each: Said, text: str, found: Sequence[Token], words: PrivacyWords) -> bool:
    """Whether it is "of" or "is" with a blank behind it, and no part of a number such as IS-12."""
    token = found[each.end - 1]
    apart = text[token.end : token.end + 1].isspace()
    return apart and len(each.text) > 1 and each.text in words.function_words


def _may_be_part(each: Said, found: Sequence[Token]) -> bool:
    return each.spelled or (found[each.first].key.isalpha() and len(each.text) <= 2)


def _rows(text: str, found: Sequence[Token], spoken: Sequence[Said]) -> Iterator[Span]:
    """Digits said one by one: "five five five oh one two"."""
    at = 0
    while at < len(spoken):
        end = at
        while (
            end < len(spoken)
            and _is_digit_word(spoken[end], found)
            and (end == at or _GAP.fullmatch(_between(text, found, spoken, end)))
        ):
            end += 1
        row = "".join(each.text for each in spoken[at:end])
        if len(row) >= _LEAST_SPOKEN and end - at >= _LEAST_SPOKEN - 2:
            yield _span(found, spoken, at, end, row)
        at = max(end, at + 1)


def _is_digit_word(each: Said, found: Sequence[Token]) -> bool:
    spelled = each.spelled and each.text.isdigit() and len(each.text) <= 3
    return spelled and (found[each.first].key.isalpha() or len(each.text) == 1)


def _between(text: str, found: Sequence[Token], spoken: Sequence[Said], at: int) -> str:
    return text[found[spoken[at - 1].end - 1].end : found[spoken[at].first].start]


def _span(found: Sequence[Token], spoken: Sequence[Said], first: int, end: int, key: str) -> Span:
    return Span(found[spoken[first].first].start, found[spoken[end - 1].end - 1].end, NUMBER, key)

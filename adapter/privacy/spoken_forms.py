"""What the second look knows of speech: words for signs, dates and titles, by pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from adapter.privacy.words import PrivacyWords

_CUT = r"\s?[-./]\s?"
_LABELLED = 4  # digits behind a word such as MRN


class SpokenForms:
    """The patterns of one site's words."""

    def __init__(self, words: PrivacyWords) -> None:
        self._words = words
        small = {**words.digits, **{w: str(n) for w, n in words.ordinals.items() if n < 10}}
        self._small = small
        self._said = re.compile(
            rf"\b(?:(?P<tens>{_any(words.tens)})(?:[ -](?P<ones>{_any(small)}))?"
            rf"|(?P<times>{_any(words.table.repeats)})[ -](?P<sign>[a-z]+|\d)"
            rf"|(?P<letter>[a-z]),? (?:{_any(words.table.letter_links)}) (?P=letter)[a-z]*"
            r"|(?P<word>[a-z]+))\b"
        )
        months = _any(words.months)
        numbers = _any(words.table.number_words)
        self.forms = (
            ("a date", re.compile(r"(?<![\d.])(?:19|20)\d\d[01]\d[0-3]\d(?:\d{4,6})?(?!\d)")),
            (
                "a date",
                re.compile(rf"(?<![\d.])\d{{1,4}}({_CUT})\d{{1,2}}\1(?:\d{{4}}|\d{{2}})(?!\d)"),
            ),
            ("a date", re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)? ?(?:of )?-?(?:{months})[ -.]")),
            (
                "a date",
                re.compile(rf"\b(?:{months})[. -]{{1,2}}(?:the )?\d{{1,4}}(?:st|nd|rd|th)?\b"),
            ),
            (
                "a number of a record",
                re.compile(rf"\b(?:{numbers})\b[^a-z0-9]{{0,3}}\w{{0,4}}\d{{{_LABELLED},}}"),
            ),
        )
        """(what it is, pattern) on folded text."""
        self.titled = re.compile(rf"\b(?:{_any(words.titles)})\b\.? ([a-z]{{3,}})")
        """A title with the word behind it."""

    def forms_of(self, text: str) -> Iterable[str]:
        """Folded text; with the digits that its words say; with letters, too: whiskey -> w."""
        numbers = self._said.sub(lambda match: self._sign(match, {}), text)
        letters = self._said.sub(lambda match: self._sign(match, self._words.letters), text)
        return dict.fromkeys((text, numbers, letters))

    def _sign(self, match: re.Match[str], letters: Mapping[str, str]) -> str:
        words = self._words
        if match["tens"]:
            return str(words.tens[match["tens"]] + int(self._small.get(match["ones"] or "", "0")))
        if match["times"]:
            return self._one(match["sign"], letters) * words.table.repeats[match["times"]]
        return match["letter"] or self._one(match["word"], letters)

    def _one(self, word: str, letters: Mapping[str, str]) -> str:
        words = self._words
        if len(word) == 1:
            return word
        number = words.teens.get(word) or words.ordinals.get(word)
        return str(number) if number else words.digits.get(word) or letters.get(word, word)


@lru_cache(maxsize=4)
def spoken_forms(words: PrivacyWords) -> SpokenForms:
    """Those of the words, compiled once."""
    return SpokenForms(words)


def _any(words: Iterable[str]) -> str:
    """Alternatives, the longest first; what never matches where there are none."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)"

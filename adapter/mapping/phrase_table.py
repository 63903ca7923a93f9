"""Words of a text, and the longest phrases of a table among them, in linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

_TOKEN = re.compile(
    r"[CTLScstl]\d{1,2}(?:\s?[-/–]\s?[CTLScstl]?\d{1,2})?(?![\w])"  # C5, L4-L5, L4/5
    r"|(?:w/o|[srhbSRHB]/[polPOL]|v/s)(?!\w)"
    r"|\d+(?:\.\d+)?"
    r"|[^\W_]+(?:['’][^\W_]+)*"
    r"|[,;:()?]"
)
_POSSESSIVE = ("'s", "’s")

Value = TypeVar("Value")


class Token(NamedTuple):
    """A word or mark in normal form, and where it stands in the text."""

    word: str
    start: int
    end: int


class Hit(NamedTuple, Generic[Value]):
    """A phrase found: tokens [start, end) and what the table says of it."""

    start: int
    end: int
    value: Value


class WordForms:
    """Normal form of a word: lower case, American spelling, singular."""

    def __init__(self, spellings: dict[str, str]) -> None:
        self._spellings = spellings
        pattern = "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
        self._british = re.compile(pattern) if spellings else None
        self.of: Callable[[str], str] = lru_cache(maxsize=65_536)(self._normal)

    def _normal(self, word: str) -> str:
        word = word.lower()
        if word.endswith(_POSSESSIVE):
            word = word[:-2]
        if self._british:
            word = self._british.sub(lambda found: self._spellings[found.group()], word)
        return singular(word)

    def tokens(self, text: str) -> list[Token]:
        """The words and marks of a text in normal form."""
        of = self.of
        return [Token(of(each.group()), each.start(), each.end()) for each in _TOKEN.finditer(text)]


def singular(word: str) -> str:
    """Plural endings taken off; alike in text and tables, so it need not be right English."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1]


class PhraseTable(Generic[Value]):
    """Phrases by their first word; of phrases that begin together the longest wins."""

    def __init__(self, rows: Iterable[tuple[str, Value]], forms: WordForms) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Value]]] = {}
        for phrase, value in rows:
            words = tuple(token.word for token in forms.tokens(phrase))
            if words:
                self._by_first.setdefault(words[0], []).append((words, value))
        for group in self._by_first.values():
            group.sort(key=lambda row: len(row[0]), reverse=True)

    def find(self, words: list[str]) -> list[Hit[Value]]:
        """Phrases from left to right, none overlapping another."""
        found: list[Hit[Value]] = []
        at, count = 0, len(words)
        while at < count:
            group = self._by_first.get(words[at])
            hit = self._longest(words, at, group) if group else None
            if hit is None:
                at += 1
            else:
                found.append(hit)
                at = hit.end
        return found

    @staticmethod
    def _longest(
        words: list[str], at: int, group: list[tuple[tuple[str, ...], Value]]
    ) -> Hit[Value] | None:
        for phrase, value in group:
            size = len(phrase)
            if size == 1 or tuple(words[at : at + size]) == phrase:
                return Hit(at, at + size, value)
        return None

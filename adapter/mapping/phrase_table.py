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
_POSSESSIVE = "'s"

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
        word = word.lower().replace("’", "'")
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
    """Phrases as a tree of words; the longest wins, of equal phrases the first one given.

    Words of `between` may stand inside a phrase of the text, and do not count inside one here.
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, Value]],
        forms: WordForms,
        between: frozenset[str] = frozenset(),
    ) -> None:
        self._root: _Node[Value] = _Node()
        self._between = between
        for phrase, value in rows:
            node = self._root
            for place, token in enumerate(forms.tokens(phrase)):
                if place and token.word in between:
                    continue
                node = node.following.setdefault(token.word, _Node())
            if node.value is None:
                node.value = value

    def find(self, words: list[str]) -> list[Hit[Value]]:
        """Phrases from left to right, none overlapping another."""
        found: list[Hit[Value]] = []
        at, count, root, between = 0, len(words), self._root.following, self._between
        while at < count:
            node = root.get(words[at])
            at += 1
            if node is None:
                continue
            start, end, value = at - 1, at, node.value
            place = at
            while place < count and (following := node.following):
                if further := following.get(words[place]):
                    node = further
                    if node.value is not None:
                        end, value = place + 1, node.value
                elif words[place] not in between:
                    break
                place += 1
            if value is not None:
                found.append(Hit(start, end, value))
                at = end
        return found


class _Node(Generic[Value]):
    """A word of a phrase; `value` when a phrase ends with it."""

    __slots__ = ("following", "value")

    def __init__(self) -> None:
        self.following: dict[str, _Node[Value]] = {}
        self.value: Value | None = None

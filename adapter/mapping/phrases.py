"""A table of spoken phrases, asked word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Phrases(Generic[Value]):
    """Phrases to values; the longest phrase wins, of equal phrases the first one given."""

    def __init__(self, entries: Iterable[tuple[str, Value]] = ()) -> None:
        table: dict[str, dict[tuple[str, ...], Value]] = {}
        for phrase, value in entries:
            for words in spellings(phrase):
                table.setdefault(words[0], {}).setdefault(words, value)
        self._by_first = {
            first: tuple(sorted(found.items(), key=lambda entry: -len(entry[0])))
            for first, found in table.items()
        }

    @property
    def firsts(self) -> Iterable[str]:
        """The first words of all phrases."""
        return self._by_first.keys()

    def match(self, keys: Sequence[str], at: int) -> tuple[Value, int] | None:
        """Value of the longest phrase that begins at `at`, and the index behind it."""
        if at >= len(keys):
            return None
        for words, value in self._by_first.get(keys[at], ()):
            end = at + len(words)
            if len(words) == 1 or tuple(keys[at:end]) == words:
                return value, end
        return None

    def longer(self, keys: Sequence[str], at: int) -> list[Value]:
        """Values of the phrases of which only the beginning stands at `at`, to the last key."""
        rest = tuple(keys[at:])
        found = self._by_first.get(rest[0], ()) if rest else ()
        return [
            value for words, value in found if len(words) > len(rest) and words[: len(rest)] == rest
        ]


def spellings(phrase: str) -> list[tuple[str, ...]]:
    """A phrase as words, and as the one hyphened word that a recogniser may write for it."""
    words = tuple(phrase.lower().split())
    if not words:
        return []
    return [words] if len(words) == 1 else [words, ("-".join(words),)]

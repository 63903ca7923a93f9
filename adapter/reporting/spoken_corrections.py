"""What a spoken correction takes the place of: a side, a measure, a level, a negation ..."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from adapter.mapping.vocabulary import Vocabulary
from adapter.mapping.vocabulary_rules import UnitRule
from adapter.reporting.spoken_numbers import read_number
from adapter.reporting.spoken_tokens import Token, keys_of

REACH = 80  # tokens looked back over for the word to correct
LONGEST_SAID = 3  # words before the one that is said again: THERE IS A effusion
LONGEST_PHRASE = 4  # words between an article and its noun

KindAt = Callable[[list[Token], list[str], int], tuple[str, int] | None]
"""What is said at an index, by name (a level, a date, a grade), and the index behind it."""


class Repair(NamedTuple):
    """The tokens [place, stop) that give way; the correction's own words end before `behind`.

    `again`: nothing is put there, the words of the correction go on as dictation.
    """

    place: int
    stop: int
    behind: int
    again: bool = False


@dataclass(frozen=True)
class Corrector:
    """Looks for what the words of a correction stand for in the last sentence of `out`."""

    tokens: list[Token]
    keys: list[str]
    out: list[Token]
    vocabulary: Vocabulary
    kind_at: KindAt

    def find(self, at: int) -> Repair | None:
        """What the words from `at` on correct; None when nothing of their kind was said."""
        if at >= len(self.keys) or not self.keys[at]:
            return None
        first = self._sentence_start()
        return (
            self._measure(at, first)
            or self._kind(at, first)
            or self._restart(at, first)
            or self._negation(at, first)
            or self._word(at, first)
            or self._number(at, first)
            or self._whole(at, first)
        )

    def _sentence_start(self) -> int:
        """Index in `out` at which the last sentence begins, finished or not."""
        words = False
        least = max(-1, len(self.out) - REACH)
        for place in range(len(self.out) - 1, least, -1):
            if self.out[place].ends and words:
                return place + 1
            words = words or bool(self.out[place].key)
        return max(0, len(self.out) - REACH)

    def _word(self, at: int, first: int) -> Repair | None:
        """The last word of this word's group."""
        groups = self.vocabulary.corrections
        group = groups.get(self.keys[at])
        if group is None:
            return None
        for place in range(len(self.out) - 1, first - 1, -1):
            if groups.get(self.out[place].key) == group:
                alike = self._alike(place, at)
                return Repair(place, place + alike, at + alike)
        return None

    def _alike(self, place: int, at: int) -> int:
        """How many words are of one kind in a row: right upper lobe, left lower lobe."""
        length = 0
        while place + length < len(self.out) and at + length < len(self.keys):
            old, said = self.out[place + length].key, self.keys[at + length]
            if not said or (old != said and not self._one_group(old, said)):
                break
            length += 1
        return length

    def _one_group(self, one: str, other: str) -> bool:
        groups = self.vocabulary.corrections
        return one in groups and groups[one] == groups.get(other)

    def _measure(self, at: int, first: int) -> Repair | None:
        """The last number with this number's unit."""
        said = self._measured(self.keys, at)
        if said is None:
            return None
        keys = keys_of(self.out[first:])
        places = _last_with_one_end(keys, lambda place: self._measured(keys, place), said[0])
        return places and Repair(first + places[0], first + places[1], said[1])

    def _measured(self, keys: list[str], at: int) -> tuple[UnitRule, int] | None:
        number = read_number(keys, at, self.vocabulary)
        return number and self.vocabulary.unit_at(keys, number.end)

    def _kind(self, at: int, first: int) -> Repair | None:
        """The last level, date or term with a number like the one said."""
        said = self.kind_at(self.tokens, self.keys, at)
        if said is None:
            return None
        tail = self.out[first:]
        keys = keys_of(tail)
        places = _last_with_one_end(keys, lambda place: self.kind_at(tail, keys, place), said[0])
        return places and Repair(first + places[0], first + places[1], said[1])

    def _number(self, at: int, first: int) -> Repair | None:
        """The last number, whose unit stays, when nothing but a number was said."""
        said = read_number(self.keys, at, self.vocabulary)
        if said is None or (said.end < len(self.keys) and self.keys[said.end]):
            return None
        keys = keys_of(self.out[first:])

        def number(place: int) -> tuple[str, int] | None:
            found = read_number(keys, place, self.vocabulary)
            return found and ("", found.end)

        places = _last_with_one_end(keys, number, "")
        return places and Repair(first + places[0], first + places[1], said.end)

    def _negation(self, at: int, first: int) -> Repair | None:
        """no effusion, correction, small effusion; small effusion, correction, no effusion."""
        negations = self.vocabulary.negations
        for again, place in self._said_again(at, first):
            if self.out[place - 1].key in negations:
                return Repair(place - 1, place, again)
            if self.keys[at] in negations and again == at + 1:
                return Repair(self._phrase_start(place, first), place, again)
        return None

    def _said_again(self, at: int, first: int) -> Iterator[tuple[int, int]]:
        """Words of the correction that the sentence has too, with their place there."""
        for again in range(at + 1, min(len(self.keys), at + 1 + LONGEST_SAID)):
            if not self.keys[again]:
                return
            for place in range(len(self.out) - 1, first, -1):
                if self.out[place].key == self.keys[again]:
                    yield again, place
                    break

    def _phrase_start(self, place: int, first: int) -> int:
        """Where the noun's phrase begins: at its article, or the words of a group before it."""
        articles, groups = self.vocabulary.table.articles, self.vocabulary.corrections
        for start in range(place - 1, max(first, place - LONGEST_PHRASE) - 1, -1):
            if self.out[start].key in articles:
                return start
        while place > first and self.out[place - 1].key in groups:
            place -= 1
        return place

    def _restart(self, at: int, first: int) -> Repair | None:
        """The sentence from the two words with which the correction begins to say it again."""
        said = self.keys[at : at + 2]
        keys = keys_of(self.out[first:])
        for place in range(len(keys) - 2, -1, -1):
            if keys[place : place + 2] == said and "" not in said:
                return Repair(first + place, len(self.out), at, again=True)
        return None

    def _whole(self, at: int, first: int) -> Repair | None:
        """The whole sentence, when the correction begins with its first word."""
        opens = self.out[first].key if first < len(self.out) else ""
        if opens != self.keys[at] or at + 1 >= len(self.keys):
            return None
        return Repair(first, len(self.out), at, again=True)


def _last_with_one_end(
    keys: list[str], reads: Callable[[int], tuple[object, int] | None], kind: object
) -> tuple[int, int] | None:
    """The longest of the last things of a kind: all that end at one place."""
    best: tuple[int, int] | None = None
    for place in range(len(keys) - 1, -1, -1):
        found = reads(place) if keys[place] else None
        if best is not None and found is not None and found[1] != best[1]:
            break
        if found is not None and found[0] == kind:
            best = (place, found[1])
    return best

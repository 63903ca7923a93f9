"""The words that a vocabulary's tables stand for: numbers, ordinals, levels, terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from adapter.mapping.vocabulary_rules import LevelRule, Numbers
from adapter.mapping.vocabulary_table import VocabularyTable

OLDEST = 130  # years


class NumberWord(NamedTuple):
    """kind: "one", "teen", "ten", "zero", "inner" (zero), "scale", "full" (a compound)."""

    kind: str
    value: int


class Level(NamedTuple):
    """A vertebra; `place` counts from the head down, variants have none."""

    writes: str
    part: int
    number: int
    place: int | None


def number_words(numbers: Numbers) -> Iterator[tuple[str, NumberWord]]:
    """Every word for a number."""
    for kind, words in (
        ("one", numbers.ones),
        ("teen", numbers.teens),
        ("ten", numbers.tens),
        ("scale", numbers.scales),
    ):
        for word, value in words.items():
            yield word.lower(), NumberWord(kind, value)
    yield from ((word, NumberWord("zero", 0)) for word in numbers.zeros)
    yield from ((word, NumberWord("inner", 0)) for word in numbers.inner_zeros)
    for ten, tens in numbers.tens.items():
        for one, ones in numbers.ones.items():
            yield f"{ten}-{one}", NumberWord("full", tens + ones)
    if numbers.compound is not None:
        yield from _compounds(numbers)


def _compounds(numbers: Numbers) -> Iterator[tuple[str, NumberWord]]:
    """Every number word of 21 to 1999 and of 2000 to 9099 that is one word."""
    spec = numbers.compound
    if spec is None:
        return
    small = {value: [word] for word, value in {**numbers.ones, **numbers.teens}.items()}
    for word, value in numbers.tens.items():
        small[value] = [word]
        for one, ones in spec.ones.items():
            small[value + ones] = [f"{one}{spec.join}{word}"]
            yield small[value + ones][0], NumberWord("full", value + ones)
    before = {**spec.ones, **numbers.teens}
    heads = [(value * 100, f"{word}{spec.hundred}") for word, value in before.items()]
    heads += [(v * 1000, f"{word}{spec.thousand}") for word, v in spec.ones.items()]
    heads += [(100, spec.hundred), (1000, spec.thousand)]
    thousands = [
        (1000, spec.thousand),
        *((v * 1000, f"{w}{spec.thousand}") for w, v in spec.ones.items()),
    ]
    heads += [
        (thousand + value * 100, f"{first}{word}{spec.hundred}")
        for thousand, first in thousands
        for word, value in spec.ones.items()
    ]
    for base, head in heads:
        if head not in numbers.scales:
            yield head, NumberWord("full", base)
        for value, words in small.items():
            for word in words:
                yield f"{head}{word}", NumberWord("full", base + value)
                yield f"{head}{spec.join}{word}", NumberWord("full", base + value)


def ordinals(table: VocabularyTable) -> Iterator[tuple[str, int]]:
    """Every word for an ordinal, with its value."""
    for word, value in table.ordinals.words.items():
        yield word.lower(), value
        if value < 10:
            yield from ((f"{ten}-{word}", tens + value) for ten, tens in table.numbers.tens.items())


def levels(parts: tuple[LevelRule, ...]) -> Iterator[Level]:
    """Every vertebra, from the head down."""
    place = 0
    for index, part in enumerate(parts):
        for number in range(1, part.last + 1):
            place += 1
            yield Level(f"{part.writes}{number}", index, number, place)
        yield from (Level(f"{part.writes}{number}", index, number, None) for number in part.more)


def ages(table: VocabularyTable) -> Iterator[tuple[str, str]]:
    """Ages that are one word with their number."""
    if not table.ages.suffixes:
        return
    for word, number in number_words(table.numbers):
        if 0 < number.value < OLDEST:
            yield from (
                (word + end, f"{number.value}-{end.lstrip('-')}") for end in table.ages.suffixes
            )


def level_keys(level: Level) -> tuple[str, str]:
    """How a recogniser writes a vertebra: l4, l-4."""
    key = level.writes.lower()
    digits = str(level.number)
    return key, f"{key.removesuffix(digits)}-{digits}"


def terms(table: VocabularyTable) -> Iterator[tuple[str, str]]:
    """Spoken form and written form of every term."""
    for written, says in table.terms.items():
        yield from ((said, written) for said in (written, *says))
    for name in table.eponyms:
        yield from _eponym(name)
    for term in table.capitalised:
        yield from ((term, term), (term.replace("-", " "), term))
    for abbreviation in table.abbreviations:
        yield abbreviation, abbreviation
        if abbreviation.isalpha():
            yield " ".join(abbreviation), abbreviation
            dotted = ".".join(abbreviation)
            yield from ((dotted, abbreviation), (f"{dotted}.", abbreviation))


def _eponym(name: str) -> Iterator[tuple[str, str]]:
    """A person's name and its genitive, said with or without the apostrophe's blank."""
    owner = f"{name}'s"
    for said, written in ((name, name), (owner, owner), (f"{name}s", owner)):
        yield from ((said, written), (said.replace("-", " "), written))

"""A vocabulary as the written form asks it: frozen tables made from one language's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.phrases import Phrases
from adapter.mapping.vocabulary_rules import (
    LabelRule,
    LevelRule,
    MarkRule,
    MonthRule,
    Numbers,
    Sign,
    TitleRule,
    UnitRule,
)
from adapter.mapping.vocabulary_table import CommandRule, VocabularyOverlay, VocabularyTable

OLDEST = 130  # years
LONGEST_BEFORE = 3  # words looked back at before the name of a mark
SITE = ".site.yaml"  # end of the name of a site's additions
Rule = TypeVar("Rule", UnitRule, TitleRule, CommandRule, Sign)


class NumberWord(NamedTuple):
    """kind: "one", "teen", "ten", "zero", "inner" (zero), "scale", "full" (a compound)."""

    kind: str
    value: int


@dataclass(frozen=True)
class SpokenMark:
    """A mark with the words around its name that make the name a plain word."""

    rule: MarkRule
    words_before: frozenset[tuple[str, ...]]
    stays_before: Phrases[bool]
    mark_before: Phrases[bool]

    def stays_after(self, keys: Sequence[str], at: int) -> bool:
        """Whether the words right before `at` make the name a plain word."""
        return any(
            tuple(keys[max(0, at - length) : at]) in self.words_before
            for length in range(1, LONGEST_BEFORE + 1)
        )


@dataclass(frozen=True)
class Label:
    """A term with what may follow it."""

    rule: LabelRule
    links: Phrases[bool]
    words: Phrases[str]


class Level(NamedTuple):
    """A vertebra; `place` counts from the head down, variants have none."""

    writes: str
    part: int
    number: int
    place: int | None


@dataclass(frozen=True)
class Vocabulary:
    """One language, ready to be asked; keys are lower-case words."""

    table: VocabularyTable
    numbers: Mapping[str, NumberWord]
    ordinals: Mapping[str, int]
    signs: Phrases[Sign]
    fractions: Phrases[str]
    marks: Phrases[SpokenMark]
    mark_of: Mapping[str, MarkRule]
    edges: frozenset[str]
    headings: Phrases[bool]
    no_heading_after: frozenset[str]
    introducers: Phrases[bool]
    units: Phrases[UnitRule]
    glued_units: frozenset[str]
    links: frozenset[str]
    out_of: Phrases[bool]
    labels: Phrases[Label]
    levels: Mapping[str, Level]
    level_letters: Mapping[str, int]
    months: Phrases[tuple[int, MonthRule]]
    half_days: Phrases[str]
    titles: Phrases[TitleRule]
    terms: Phrases[str]
    commands: Phrases[CommandRule]
    sections: Phrases[bool]
    organs: Phrases[bool]
    corrections: Mapping[str, int]
    alphabet: Mapping[str, str]
    dotted: frozenset[str]

    @property
    def language(self) -> str:
        """Code of ISO 639."""
        return self.table.language

    def unit_at(self, keys: Sequence[str], at: int) -> tuple[UnitRule, int] | None:
        """The unit that begins at `at`, and the index behind it."""
        found = self.units.match(keys, at)
        if found is None:
            return None
        rule, end = found
        after = keys[end] if end < len(keys) else ""
        if after in rule.not_before or (rule.only_before and after not in rule.only_before):
            return None
        below = self.units.match(keys, end + 1) if after in self.table.ranges.per else None
        if below is None or below[0].below is None or rule.writes is None:
            return found
        written = f"{rule.writes}/{below[0].below}"
        return rule.model_copy(update={"writes": written}), below[1]

    @cached_property
    def starters(self) -> Mapping[str, tuple[str, ...]]:
        """First words of what is rewritten, to the names of the rules to try, in their order."""
        found: dict[str, list[str]] = {}
        for rule, firsts in self._firsts():
            for first in firsts:
                rules = found.setdefault(first, [])
                if rule not in rules:
                    rules.append(rule)
        return {first: tuple(rules) for first, rules in found.items()}

    def _firsts(self) -> Iterator[tuple[str, Iterable[str]]]:
        table = self.table
        yield "title", self.titles.firsts
        yield "list_item", table.list_words
        yield "list_number", self.numbers
        yield "spelled", self.table.alphabet.values()
        yield "term", self.terms.firsts
        yield "date", (*self.months.firsts, *self.ordinals, *table.dates.articles)
        yield "date", self.numbers
        yield "label", self.labels.firsts
        yield "level", (*self.levels, *self.level_letters)
        yield "time", self.numbers
        yield "quantity", (*self.numbers, *table.numbers.points, *self.signs.firsts)
        yield "quantity", (*table.numbers.scale_articles, *table.numbers.decimals)
        yield "ordinal", (*self.ordinals, *table.numbers.tens)


def load_vocabulary(files: MappingFiles, language: str) -> Vocabulary:
    """The vocabulary of a language with the site's additions.

    Raises ConfigurationError when there is no file for the language or a file is wrong.
    """
    found = {file.name: file for file in files.folder("vocabulary")}
    name = f"vocabulary/{language}.yaml"
    if name not in found:
        known = ", ".join(languages(files))
        raise ConfigurationError(f"no vocabulary for language {language!r}; there is: {known}")
    table = found[name].read(VocabularyTable)
    site = found.get(f"vocabulary/{language}{SITE}")
    if site is not None:
        table = _overlaid(table, site.read(VocabularyOverlay))
    return compile_vocabulary(table)


def languages(files: MappingFiles) -> tuple[str, ...]:
    """The languages that have a vocabulary, sorted."""
    names = (file.name for file in files.folder("vocabulary") if not file.name.endswith(SITE))
    return tuple(sorted(name.removeprefix("vocabulary/").removesuffix(".yaml") for name in names))


def _overlaid(table: VocabularyTable, site: VocabularyOverlay) -> VocabularyTable:
    return table.model_copy(
        update={
            "labels": site.labels + table.labels,
            "units": site.units + table.units,
            "abbreviations": site.abbreviations + table.abbreviations,
            "capitalised": site.capitalised + table.capitalised,
            "terms": {**site.terms, **_without(table.terms, site.terms)},
            "headings": table.headings.model_copy(
                update={"names": site.headings + table.headings.names}
            ),
            "sections": site.sections + table.sections,
            "organs": site.organs + table.organs,
            "commands": site.commands + table.commands,
        }
    )


def _without(
    terms: Mapping[str, tuple[str, ...]], taken: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The packaged terms; a phrase that the site writes otherwise is found there first."""
    return {writes: says for writes, says in terms.items() if writes not in taken}


def compile_vocabulary(table: VocabularyTable) -> Vocabulary:
    """The tables of one language."""
    months = tuple(enumerate(table.dates.months, 1))
    return Vocabulary(
        table=table,
        numbers=dict(_number_words(table.numbers)),
        ordinals=dict(_ordinals(table)),
        signs=_by_phrase(table.numbers.signs),
        fractions=Phrases(table.numbers.fractions.items()),
        marks=Phrases((said, made) for made in map(_mark, table.marks) for said in made.rule.says),
        mark_of={rule.writes: rule for rule in table.marks},
        edges=frozenset(r.writes for r in table.marks if r.writes.strip() and _at_edge(r)),
        headings=flags(table.headings.names),
        no_heading_after=frozenset(table.headings.never_after),
        introducers=flags(table.headings.introducers),
        units=_by_phrase(table.units),
        glued_units=frozenset(_glued_units(table.units)),
        links=frozenset((*table.ranges.by, *table.ranges.to, *table.ranges.also)),
        out_of=flags(table.ranges.out_of),
        labels=Phrases(
            (said, made) for made in map(_label, table.labels) for said in made.rule.says
        ),
        levels={key: level for level in _levels(table.levels.parts) for key in _level_keys(level)},
        level_letters={
            said.lower(): part for part, rule in enumerate(table.levels.parts) for said in rule.says
        },
        months=Phrases((said, month) for month in months for said in month[1].says),
        half_days=Phrases((said, half.writes) for half in table.times.halves for said in half.says),
        titles=_by_phrase(table.titles),
        terms=Phrases((*_terms(table), *_ages(table))),
        commands=_by_phrase(table.commands),
        sections=flags((*table.headings.names, *table.sections)),
        organs=flags(table.organs),
        corrections={
            word.lower(): group for group, words in enumerate(table.corrections) for word in words
        },
        alphabet={word.lower(): letter for word, letter in table.alphabet.items()},
        dotted=frozenset(word.lower() for word in table.dotted),
    )


def _by_phrase(rules: Iterable[Rule]) -> Phrases[Rule]:
    return Phrases((said, rule) for rule in rules for said in rule.says)


def flags(phrases: Iterable[str]) -> Phrases[bool]:
    """Phrases that are only asked whether they are there."""
    return Phrases((phrase, True) for phrase in phrases)


def _mark(rule: MarkRule) -> SpokenMark:
    return SpokenMark(
        rule,
        frozenset(tuple(phrase.split()) for phrase in rule.stays_word_after),
        flags(rule.stays_word_before),
        flags(rule.mark_before),
    )


def _at_edge(rule: MarkRule) -> bool:
    """Whether this sign at the edge of a written word is a mark and not part of the word."""
    return rule.rank > 0 or rule.glue in ("after", "before", "quote")


def _glued_units(units: Iterable[UnitRule]) -> Iterator[str]:
    """What may stand right behind digits: 5mm, 100ML."""
    for unit in units:
        if unit.writes and unit.writes.isalpha():
            yield unit.writes
            yield unit.writes.lower() if len(unit.writes) > 1 else unit.writes
            yield from (said for said in unit.says if said.isalpha() and len(said) > 1)


def _label(rule: LabelRule) -> Label:
    return Label(rule, flags(rule.links), Phrases(rule.words.items()))


def _number_words(numbers: Numbers) -> Iterator[tuple[str, NumberWord]]:
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
    for base, head in heads:
        if head not in numbers.scales:
            yield head, NumberWord("full", base)
        for value, words in small.items():
            for word in words:
                yield f"{head}{word}", NumberWord("full", base + value)
                yield f"{head}{spec.join}{word}", NumberWord("full", base + value)


def _ordinals(table: VocabularyTable) -> Iterator[tuple[str, int]]:
    for word, value in table.ordinals.words.items():
        yield word.lower(), value
        if value < 10:
            yield from ((f"{ten}-{word}", tens + value) for ten, tens in table.numbers.tens.items())


def _levels(parts: tuple[LevelRule, ...]) -> Iterator[Level]:
    place = 0
    for index, part in enumerate(parts):
        for number in range(1, part.last + 1):
            place += 1
            yield Level(f"{part.writes}{number}", index, number, place)
        yield from (Level(f"{part.writes}{number}", index, number, None) for number in part.more)


def _ages(table: VocabularyTable) -> Iterator[tuple[str, str]]:
    if not table.ages.suffixes:
        return
    for word, number in _number_words(table.numbers):
        if 0 < number.value < OLDEST:
            yield from (
                (word + end, f"{number.value}-{end.lstrip('-')}") for end in table.ages.suffixes
            )


def _level_keys(level: Level) -> tuple[str, str]:
    key = level.writes.lower()
    digits = str(level.number)
    return key, f"{key.removesuffix(digits)}-{digits}"


def _terms(table: VocabularyTable) -> Iterator[tuple[str, str]]:
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

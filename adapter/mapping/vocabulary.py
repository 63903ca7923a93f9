"""A vocabulary as the written form asks it: frozen tables made from one language's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from adapter.errors import ConfigurationError
from adapter.mapping.files import MappingFiles
from adapter.mapping.phrases import Phrases
from adapter.mapping.vocabulary_rules import (
    LabelRule,
    MarkRule,
    MonthRule,
    Sign,
    TitleRule,
    UnitRule,
)
from adapter.mapping.vocabulary_table import CommandRule, VocabularyOverlay, VocabularyTable
from adapter.mapping.vocabulary_words import (
    Level,
    NumberWord,
    ages,
    level_keys,
    levels,
    number_words,
    ordinals,
    terms,
)

LONGEST_BEFORE = 3  # words looked back at before the name of a mark
SITE = ".site.yaml"  # end of the name of a site's additions
Rule = TypeVar("Rule", UnitRule, TitleRule, CommandRule, Sign)


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
    names: Phrases[bool]
    negations: frozenset[str]
    safety: Mapping[str, str]
    opposites: frozenset[frozenset[str]]
    organs: Phrases[bool]
    corrections: Mapping[str, int]
    alphabet: Mapping[str, str]
    dotted: frozenset[str]

    @property
    def language(self) -> str:
        """Code of ISO 639."""
        return self.table.language

    def with_templates(
        self, places: Iterable[str], names: Iterable[str], labels: Iterable[str] = ()
    ) -> Vocabulary:
        """With the sections and fields that "go to" takes, the macros and templates by name.

        `labels`: names of fields, which a spoken colon may follow.
        """
        table = self.table
        sections = flags((*table.headings.names, *table.sections, *places))
        headings = flags((*table.headings.names, *labels))
        return replace(self, sections=sections, names=flags(names), headings=headings)

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


def neutral_vocabulary() -> Vocabulary:
    """Of no language: words stay as they were heard."""
    nothing: dict[str, object] = {
        "language": "und",  # ISO 639: undetermined
        "numbers": {"ones": {}, "teens": {}, "tens": {}, "zeros": (), "scales": {}, "points": ()},
        "ordinals": {"words": {}},
        "marks": (),
        "headings": {"names": ()},
        "units": (),
        "ranges": {"by": (), "to": ()},
        "labels": (),
        "levels": {"parts": ()},
        "dates": {"months": (), "full": "{year}", "month_day": "{day}", "month_year": "{year}"},
    }
    return compile_vocabulary(VocabularyTable.model_validate(nothing))


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
        numbers=dict(number_words(table.numbers)),
        ordinals=dict(ordinals(table)),
        signs=_by_phrase(table.numbers.signs),
        fractions=Phrases(table.numbers.fractions.items()),
        marks=Phrases((said, made) for made in map(_mark, table.marks) for said in made.rule.says),
        mark_of={rule.writes: rule for rule in table.marks},
        edges=frozenset(r.writes for r in table.marks if r.writes.strip() and _at_edge(r)),
        headings=flags(table.headings.names),
        no_heading_after=frozenset(table.headings.never_after),
        introducers=flags(table.headings.introducers),
        units=Phrases((said, rule) for rule in table.units for said in _unit_names(rule)),
        glued_units=frozenset(_glued_units(table.units)),
        links=frozenset((*table.ranges.by, *table.ranges.to, *table.ranges.also)),
        out_of=flags(table.ranges.out_of),
        labels=Phrases(
            (said, made) for made in map(_label, table.labels) for said in made.rule.says
        ),
        levels={key: level for level in levels(table.levels.parts) for key in level_keys(level)},
        level_letters={
            said.lower(): part for part, rule in enumerate(table.levels.parts) for said in rule.says
        },
        months=Phrases((said, month) for month in months for said in month[1].says),
        half_days=Phrases((said, half.writes) for half in table.times.halves for said in half.says),
        titles=_by_phrase(table.titles),
        terms=Phrases((*terms(table), *ages(table))),
        commands=_by_phrase(table.commands),
        sections=flags((*table.headings.names, *table.sections)),
        names=Phrases(),
        negations=frozenset(word.lower() for word in table.negations),
        safety={
            word.lower(): kind
            for kind, words in (
                ("change", table.changes),
                ("side", table.sides),
                ("negation", table.negations),
            )
            for word in words
        },
        opposites=frozenset(
            frozenset((one.lower(), other.lower()))
            for ones, others in table.opposites
            for one in ones
            for other in others
        ),
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


def _unit_names(unit: UnitRule) -> Iterator[str]:
    """How a unit is said, and how it is written when that is no single letter."""
    yield from unit.says
    if unit.writes and len(unit.writes) > 1:
        yield unit.writes


def _glued_units(units: Iterable[UnitRule]) -> Iterator[str]:
    """What may stand right behind digits: 5mm, 100ML."""
    for unit in units:
        if unit.writes and unit.writes.isalpha():
            yield unit.writes
            yield unit.writes.lower() if len(unit.writes) > 1 else unit.writes
            yield from (said for said in unit.says if said.isalpha() and len(said) > 1)


def _label(rule: LabelRule) -> Label:
    return Label(rule, flags(rule.links), Phrases(rule.words.items()))

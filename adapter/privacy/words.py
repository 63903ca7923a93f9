"""Word tables of de-identification: its mapping, the vocabularies, the site's clinical words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from adapter.mapping.privacy import PrivacyTable
from adapter.mapping.reporting import ReportingTables
from adapter.mapping.vocabulary import SITE
from adapter.mapping.vocabulary_table import VocabularyTable
from adapter.privacy.tokens import fold, tokens

_JOINED = re.compile(r"[ \t]|-")


@dataclass(frozen=True, eq=False)  # hashed as itself: patterns are compiled once for each
class PrivacyWords:
    """Folded words, ready to look up."""

    table: PrivacyTable
    titles: frozenset[str]
    person_words: frozenset[str]
    particles: frozenset[str]
    function_words: frozenset[str]
    ordinary: frozenset[str]
    clinical: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    determiners: frozenset[str]
    sides: frozenset[str]
    letters: Mapping[str, str]
    digits: Mapping[str, str]
    teens: Mapping[str, int]
    tens: Mapping[str, int]
    ordinals: Mapping[str, int]
    months: Mapping[str, int]
    weak_months: frozenset[str]
    hundreds: Mapping[str, int]
    joiners: frozenset[str]
    ofs: frozenset[str]
    articles: frozenset[str]
    suffixes: frozenset[str]
    number_words: frozenset[str]
    birth_words: frozenset[str]
    date_words: frozenset[str]
    year_words: frozenset[str]

    def is_clinical(self, before: str, word: str, after: str) -> bool:
        """Whether word and neighbour are a phrase of the site's own clinical language."""
        return (before, word) in self.pairs or (word, after) in self.pairs


def privacy_words(table: PrivacyTable, tables: ReportingTables) -> PrivacyWords:
    """The tables of this site."""
    spoken = [each.table for each in tables.vocabularies.values()]
    letters = _letters(table, spoken)
    bodies = [f.body.decode("utf-8", "replace") for f in tables.sources if SITE not in f.name]
    ordinary = {each.key for body in bodies for each in tokens(body) if each.key.isalpha()}
    ordinary -= {word for word in letters if len(word) > 1}
    own = (*table.words, *table.clinical_phrases, *table.function_words, *table.person_words)
    ordinary |= {each.key for phrase in own for each in tokens(phrase)}
    numbers = [each.numbers for each in spoken]
    functions = _folded(table.function_words)
    months = {fold(w): n for t in spoken for n, m in enumerate(t.dates.months, 1) for w in m.says}
    return PrivacyWords(
        table=table,
        titles=_folded(table.titles),
        person_words=_folded(table.person_words),
        particles=_folded(table.particles),
        function_words=_folded(table.function_words),
        ordinary=frozenset(ordinary),
        clinical=_clinical(tables, spoken),
        pairs=frozenset(
            pair
            for text in (*bodies, *table.clinical_phrases)
            for pair in _pairs(text)
            if functions.isdisjoint(pair)  # "of small" is no phrase
        ),
        determiners=_folded(table.determiners),
        sides=_folded(word for t in spoken for word in t.sides),
        letters=letters,
        digits={fold(word): str(n) for each in numbers for word, n in each.ones.items()}
        | {fold(w): "0" for each in numbers for w in (*each.zeros, *each.inner_zeros)},
        teens={fold(word): n for each in numbers for word, n in each.teens.items()},
        tens={fold(word): n for each in numbers for word, n in each.tens.items()},
        ordinals={fold(w): n for t in spoken for w, n in t.ordinals.words.items()},
        months=months
        | {fold(m.writes): n for t in spoken for n, m in enumerate(t.dates.months, 1)}
        | {fold(m.writes)[:3]: n for t in spoken for n, m in enumerate(t.dates.months, 1)},
        weak_months=frozenset(
            fold(w) for t in spoken for m in t.dates.months if m.weak for w in m.says
        ),
        hundreds={fold(word): n for each in numbers for word, n in each.scales.items()},
        joiners=_folded(word for each in numbers for word in each.joiners),
        ofs=_folded(word for t in spoken for word in t.dates.ofs),
        articles=_folded(word for t in spoken for word in t.dates.articles),
        suffixes=_folded(word for t in spoken for word in t.ordinals.suffixes),
        number_words=_folded(table.number_words),
        birth_words=_folded(table.birth_words),
        date_words=_folded((*table.date_words, *(w for t in spoken for w in t.dates.before))),
        year_words=_folded((*table.year_words, *(w for t in spoken for w in t.ages.nouns[:1]))),
    )


def _clinical(tables: ReportingTables, spoken: Iterable[VocabularyTable]) -> frozenset[str]:
    """Words of findings, organs and sides."""
    lexicon = tables.lexicon
    said = [phrase for each in lexicon.findings.values() for phrase in each.synonyms]
    said += [phrase for each in lexicon.organs.values() for phrase in each.words]
    said += [word for table in spoken for word in table.sides]
    return frozenset(each.key for phrase in said for each in tokens(phrase))


def _letters(table: PrivacyTable, spoken: Iterable[VocabularyTable]) -> dict[str, str]:
    """Word -> its letter; each single letter is itself."""
    told = {fold(word): fold(letter) for t in spoken for word, letter in t.alphabet.items()}
    told |= {fold(word): fold(letter) for word, letter in table.letters.items()}
    return told


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Words that stand beside each other, with a blank or a hyphen between them."""
    found = tokens(text)
    for one, other in pairwise(found):
        if _JOINED.fullmatch(text[one.end : other.start]):
            yield one.key, other.key

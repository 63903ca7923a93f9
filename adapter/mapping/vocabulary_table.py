"""The keys of a vocabulary file: how one language is spoken, and how its reports are written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.mapping.files import MappingTable
from adapter.mapping.vocabulary_rules import (
    Ages,
    Dates,
    Headings,
    LabelRule,
    Levels,
    MarkRule,
    Numbers,
    Ordinals,
    Phrase,
    RangeWords,
    Times,
    TitleRule,
    UnitRule,
)


class CommandRule(MappingTable):
    """A voice command. It acts on the text (`action`) or is only passed on."""

    name: str = Field(pattern=r"^[a-z_]+$")
    """The name that the transcript keeps."""
    says: tuple[Phrase, ...]
    """Spoken forms."""
    action: Literal["note", "move", "delete", "correct", "spell", "literal"] = "note"
    """note: passed on; move: also starts a new sentence; the others change the text."""
    where: Literal["anywhere", "clause", "alone", "bare"] = "anywhere"
    """clause: opens a sentence; alone: is one; bare: is one, with no full stop behind it."""
    argument: Literal["none", "heading", "organ", "number", "name"] = "none"
    """What follows; without it the words stay text."""
    not_after: tuple[str, ...] = ()
    """Words after which the words stay text: would like to GO TO."""
    not_before: tuple[str, ...] = ()
    """Words before which the words stay text: UNDO the damage."""


class VocabularyTable(MappingTable):
    """How one language is spoken in dictation and written in reports."""

    language: str = Field(pattern=r"^[a-z]{2,3}$")
    """Code of ISO 639."""
    numbers: Numbers
    """Number words."""
    ordinals: Ordinals
    """Ordinal words."""
    marks: tuple[MarkRule, ...]
    """Spoken punctuation and layout."""
    dotted: tuple[str, ...] = ()
    """Abbreviations that keep their full stop: e.g., Dr."""
    headings: Headings
    """What a spoken colon may follow."""
    units: tuple[UnitRule, ...]
    """Units of measurement."""
    ranges: RangeWords
    """Dimensions and ranges."""
    labels: tuple[LabelRule, ...]
    """Terms with a number."""
    levels: Levels
    """Vertebral levels."""
    dates: Dates
    """Dates."""
    times: Times = Times()
    """Times of day."""
    titles: tuple[TitleRule, ...] = ()
    """Titles before names."""
    ages: Ages = Ages()
    """Ages."""
    list_words: tuple[str, ...] = ()
    """Before the number of a list item at the start of a sentence: NUMBER one."""
    abbreviations: tuple[str, ...] = ()
    """Written in capitals, said as a word or letter by letter: CT."""
    capitalised: tuple[str, ...] = ()
    """Terms written as they stand here: Doppler, Swan-Ganz."""
    eponyms: tuple[str, ...] = ()
    """Names of persons, with their genitive: Crohn, Crohn's."""
    terms: dict[str, tuple[Phrase, ...]] = Field(default_factory=dict)
    """Written form to its spoken forms."""
    sections: tuple[Phrase, ...] = ()
    """Names beside the headings that "go to" takes."""
    organs: tuple[Phrase, ...] = ()
    """Names that "normal ..." takes."""
    commands: tuple[CommandRule, ...] = ()
    """Voice commands."""
    place_words: tuple[str, ...] = ()
    """Before or behind the name of a place to go to: the impression SECTION."""
    negations: tuple[str, ...] = ()
    """Words that deny what follows; a correction may put one in or take one out."""
    sides: tuple[str, ...] = ()
    """Words that tell a side; like negations and changes they are safety tokens."""
    changes: tuple[str, ...] = ()
    """Words that tell what has become of a finding."""
    opposites: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Words and those that never stand right beside them: left and right."""
    version_words: tuple[str, ...] = ()
    """Between a term and the number of its edition: PI-RADS VERSION 2.1."""
    articles: tuple[str, ...] = ()
    """May stand before the argument of a command: go to THE impression."""
    corrections: tuple[tuple[str, ...], ...] = ()
    """Words that a correction may put in each other's place: left, right."""
    alphabet: dict[str, str] = Field(default_factory=dict)
    """Words for letters: alpha; the letters themselves always count."""
    capital_words: tuple[str, ...] = ()
    """Before a spelled letter that is a capital."""


class VocabularyOverlay(MappingTable):
    """What a site adds to a language, in vocabulary/<language>.site.yaml; on a clash it wins."""

    labels: tuple[LabelRule, ...] = ()
    """More terms with a number, such as contrast agents."""
    units: tuple[UnitRule, ...] = ()
    """More units."""
    abbreviations: tuple[str, ...] = ()
    """More abbreviations."""
    capitalised: tuple[str, ...] = ()
    """More terms written as they stand, such as names of physicians."""
    terms: dict[str, tuple[Phrase, ...]] = Field(default_factory=dict)
    """More terms."""
    headings: tuple[Phrase, ...] = ()
    """More headings."""
    sections: tuple[Phrase, ...] = ()
    """More names that "go to" takes."""
    organs: tuple[Phrase, ...] = ()
    """More names that "normal ..." takes."""
    commands: tuple[CommandRule, ...] = ()
    """More voice commands."""

"""Summaries for patients: mappings/patient_summary.yaml, and the words in plain_words/*.yaml."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from adapter.domain.finding import Course
from adapter.domain.order import Side
from adapter.mapping.field_table import checked_pattern
from adapter.mapping.files import MappingFiles, MappingTable

FILE = "patient_summary.yaml"
Formula = Literal["flesch_kincaid", "wiener_sachtext"]
Words = Annotated[str, Field(min_length=1, max_length=500)]
What = Annotated[str, Field(pattern=r"^[^{}]*\{what\}[^{}]*$", max_length=200)]
_Pattern = Annotated[str, AfterValidator(checked_pattern)]


class PatientSummary(MappingTable):
    """Whether summaries for patients are made, and how."""

    offered: bool = False
    """Whether there are summaries at all. Each needs the release of a person besides."""
    words: str = Field(default="en", pattern=r"^[a-z][a-z0-9_-]{0,20}$")
    """The file of plain words: `en` is plain_words/en.yaml."""
    page: Literal["a4", "letter"] = "letter"
    """Size of the printed page."""


class PlainFinding(MappingTable):
    """A finding as a patient understands it."""

    name: Words
    """Its plain name; it stands after a colon."""
    is_: str = Field(default="", alias="is", max_length=300)
    """What that is, in one short sentence; it says nothing about this patient."""


class Forms(MappingTable):
    """The sentences; `{what}` is the plain name with side, level, size and change."""

    present: What
    """The report affirms it."""
    absent: What
    """The report says that it is not there."""
    uncertain: What
    """The report says that it may be there."""
    uncertain_absent: What
    """The report says that it is most likely not there."""
    gone: What
    """It was there, and the report says that it no longer is."""
    past: What
    """The report tells it of the past."""
    family: What
    """The report tells it of the family."""


class Details(MappingTable):
    """What follows the name of a finding, after a comma."""

    side: dict[Side, Words]
    """Words for each side."""
    course: dict[Course, Words]
    """Words for each change since the earlier study."""
    level: str = Field(pattern=r"^[^{}]*\{level\}[^{}]*$")
    """Level of the spine."""
    size: str = Field(pattern=r"^[^{}]*\{size\}[^{}]*$")
    """Its size."""
    prior_size: str = Field(pattern=r"^[^{}]*\{size\}[^{}]*$")
    """Its size in the earlier study."""
    by: Words = "x"
    """Between the sides of a size."""
    count: str = Field(pattern=r"^[^{}]*\{count\}[^{}]*$")
    """How many."""

    @model_validator(mode="after")
    def _complete(self) -> Details:
        sides, courses = set(Side) - set(self.side), {"new", "increased", "decreased", "stable"}
        missing = [*sides, *sorted(courses - set(self.course))]
        if missing:
            raise ValueError(f"words are missing for {', '.join(missing)}")
        return self


class SummaryLabels(MappingTable):
    """Names of what stands above a printed summary."""

    patient: Words
    """Name of the patient."""
    exam: Words
    """Procedure."""
    date: Words
    """Start of the examination."""
    number: Words
    """Accession number."""
    page: Words
    """Before the number of the page."""


class PlainWords(MappingTable):
    """The words of summaries in one language."""

    title: Words
    """Headline."""
    intro: Words
    """First paragraph."""
    words_title: Words
    """Above the explanations."""
    ask: Words
    """Above sentences that are left as the report has them."""
    closing: Words
    """Last paragraph."""
    quoted: str = Field(pattern=r"^[^{}]*\{text\}[^{}]*$")
    """A finding without plain words, as the report names it."""
    labels: SummaryLabels
    """Names of what stands above a printed summary."""
    forms: Forms
    """The sentences."""
    details: Details
    """What follows the name."""
    formula: Formula = "flesch_kincaid"
    """How the reading level is counted: for English, or for German."""
    syllable: _Pattern
    """Matches each syllable of a word once, for the reading level."""
    leave: tuple[_Pattern, ...] = ()
    """A sentence with such words (no case) is left as it is: advice, alternatives, conditions."""
    limits: tuple[_Pattern, ...] = ()
    """A denial with such words (no case) is left as it is: it speaks of a part alone."""
    leave_sections: tuple[str, ...] = ()
    """Sections of which every sentence is left as it is."""
    skip_sections: tuple[str, ...] = ()
    """Sections that tell no result."""
    findings: dict[str, PlainFinding]
    """Lexicon id -> its plain words; a finding that is not here is quoted from the report."""

    @cached_property
    def leaving(self) -> re.Pattern[str]:
        """Any of `leave`."""
        return _any_of(self.leave)

    @cached_property
    def limiting(self) -> re.Pattern[str]:
        """Any of `limits`."""
        return _any_of(self.limits)

    @cached_property
    def syllables(self) -> re.Pattern[str]:
        """`syllable`, compiled."""
        return re.compile(self.syllable, re.IGNORECASE)


def load_patient_summary(files: MappingFiles) -> tuple[PatientSummary, PlainWords]:
    """The site's files, or the packaged ones; raises ConfigurationError."""
    rules = files.get(FILE).read(PatientSummary)
    return rules, files.get(f"plain_words/{rules.words}.yaml").read(PlainWords)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns) or "(?!)", re.IGNORECASE)

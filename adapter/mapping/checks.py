"""Quality checks: which are on, how loudly each speaks, and the words and limits they go by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from adapter.domain.report import Severity
from adapter.mapping.files import MappingFile, MappingFiles, MappingTable

FILE = "checks.yaml"

CheckId = Literal[
    "side_against_order",
    "side_within_report",
    "side_against_findings",
    "impression_against_findings",
    "impression_level",
    "impression_size",
    "impression_unsupported",
    "finding_not_in_impression",
    "dictation_self_contradiction",
    "critical_finding",
    "actionable_finding",
    "critical_communicated",
    "sex_mismatch",
    "age_mismatch",
    "unit_missing",
    "measurement_implausible",
    "change_against_numbers",
    "level_impossible",
    "impression_missing",
    "findings_missing",
    "section_missing",
    "field_missing",
    "template_remnant",
    "date_impossible",
    "date_in_future",
    "wrong_modality",
    "other_modality_words",
    "wrong_body_part",
    "wrong_contrast",
    "prior_contradiction",
    "measurement_changed",
    "organ_removed",
    "rads_format",
    "duplicated_sentence",
    "repeated_word",
    "unfinished_sentence",
    "low_confidence",
    "heard_contradiction",
    "unheard_speech",
    "words_set_apart",
    "ai_unsupported",
]


SafetyKind = Literal["negation", "side", "number", "unit", "level", "change"]


WordsId = Literal[
    "told",
    "told_whom",
    "told_when",
    "compared",
    "refers_to_findings",
    "advises",
    "slight",
    "no_level",
    "nerve_root",
    "sacral",
    "other_study",
    "enhances",
    "without_contrast",
    "contrast_both_ways",
    "with_contrast",
    "attribute",
    "of_others",
    "other_person",
    "new",
    "not_new",
    "known_before",
    "unchanged",
    "taken_out",
    "beyond_region",
    "other_place",
    "of_the_whole",
    "larger",
    "smaller",
    "measures",
    "years_old",
    "years_ago",
    "female_of_age",
    "male_of_age",
]


class CheckRule(MappingTable):
    """One check."""

    severity: Severity
    """`alert`, `warn` or `info`."""
    enabled: bool = True
    """Whether it runs."""


class OrganSize(MappingTable):
    """How large an organ can be in any dimension that is given for it."""

    words: tuple[str, ...]
    """Words that name it."""
    smallest_mm: float
    """Its largest dimension is never smaller."""
    largest_mm: float
    """No dimension is larger."""


class AgeLimit(MappingTable):
    """Words that fit some ages only."""

    words: tuple[str, ...]
    """The words."""
    youngest: int = 0
    """Years; younger patients do not fit."""
    oldest: int = 130
    """Years; older patients do not fit."""


class Modality(MappingTable):
    """How reports speak of a modality."""

    codes: tuple[str, ...]
    """DICOM modalities of orders."""
    words: tuple[str, ...]
    """Names in titles and technique."""
    language: tuple[str, ...] = ()
    """Descriptions that only this modality gives."""
    includes: tuple[str, ...] = ()
    """Modalities that may be named and described beside it, by their name in this table."""


class Region(MappingTable):
    """A part of the body as orders and technique name it."""

    words: tuple[str, ...]
    """Words that name it."""
    organs: tuple[str, ...] = ()
    """Organs that its reports speak of."""
    near: tuple[str, ...] = ()
    """Regions that its reports may name instead."""
    beside: tuple[str, ...] = ()
    """Regions of which its images show a part."""
    paired: bool = False
    """Whether the order's side is the only side examined."""


class AcrCategory(MappingTable):
    """How soon somebody must be told (ACR Actionable Reporting Work Group, 2014)."""

    urgency: tuple[Literal["critical", "urgent", "routine"], ...] = ()
    """Urgencies of the lexicon that are of this category."""
    findings: tuple[str, ...] = ()
    """Findings that are of this category whatever their urgency, with all of their kind."""
    within_minutes: int = Field(ge=1)
    """Longest time between finding and telling."""


class AlertBudget(MappingTable):
    """When a check is too noisy: `GET /api/checks` then proposes to demote it."""

    least_share: float = Field(default=0.2, ge=0, le=1)
    """Share of its flags that lead to a change, below which a check is noisy."""
    least_flags: int = Field(default=50, ge=1)
    """Settled flags before anything is said of it."""


class ChecksTable(MappingTable):
    """checks.yaml. Words are whole words, no case; a blank stands for any blank or hyphen."""

    checks: dict[CheckId, CheckRule]
    """Checks by id; one that is not listed is off."""
    most: int = Field(20, ge=1, le=1000)
    """Flags of one check in one report; further ones are left out."""
    said: dict[WordsId, tuple[str, ...]] = Field(default_factory=dict)
    """What words tell -> their patterns; whole words, no case."""
    budget: AlertBudget = AlertBudget()
    """When a check is too noisy."""
    acr: dict[Annotated[int, Field(ge=1, le=3)], AcrCategory] = Field(default_factory=dict)
    """ACR category of actionable findings -> what is of it, and its time limit."""
    least_confidence: float = Field(0.5, ge=0, le=1)
    """Safety tokens that were heard with less are flagged."""
    least_confidence_of: dict[SafetyKind, float] = Field(default_factory=dict)
    """Kind of token -> its own limit."""
    least_confidence_in: dict[str, dict[SafetyKind, float]] = Field(default_factory=dict)
    """Language -> kind of token -> its own limit there."""
    units: tuple[str, ...]
    """Patterns of what may stand behind a number as its unit."""
    unitless: tuple[str, ...] = ()
    """Quantities without a unit."""
    largest_mm: dict[str, float] = Field(default_factory=dict)
    """Finding -> a size beyond which it is taken for a slip; `any` for all others."""
    organ_sizes: tuple[OrganSize, ...] = ()
    """Organs by size."""
    ages: tuple[AgeLimit, ...] = ()
    """Words by age."""
    sexes: dict[Literal["F", "M"], tuple[str, ...]] = Field(default_factory=dict)
    """Words that tell the sex of the patient."""
    modalities: dict[str, Modality] = Field(default_factory=dict)
    """Modalities by name."""
    regions: dict[str, Region] = Field(default_factory=dict)
    """Regions of the body by name."""
    impossible_sides: tuple[str, ...] = ()
    """Places that do not exist."""
    last_level: dict[Literal["C", "T", "L", "S"], int]
    """Last vertebra of each region of the spine."""
    variant_levels: tuple[str, ...] = ()
    """Words that explain one vertebra more."""
    remnants: tuple[str, ...] = ()
    """Patterns of what templates and text entry leave behind."""
    open_words: tuple[str, ...] = ()
    """Words with which no sentence ends."""
    whole_organs: tuple[str, ...] = ()
    """Organs whose "normal" denies every urgent finding in them."""
    organs_of_many: tuple[str, ...] = ()
    """Organs that are many, such as tendons: that one has no tear says nothing of another."""
    removals: dict[str, str] = Field(default_factory=dict)
    """Finding that tells of an operation -> the organ that it took out."""
    rads: dict[str, str] = Field(default_factory=dict)
    """Pattern of a RADS name -> pattern of its categories."""

    @field_validator("remnants", "units")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_checked, patterns))

    @field_validator("said")
    @classmethod
    def _compile_words(cls, said: dict[WordsId, tuple[str, ...]]) -> dict[WordsId, tuple[str, ...]]:
        return {what: tuple(map(_checked, patterns)) for what, patterns in said.items()}

    @field_validator("rads")
    @classmethod
    def _compile_both(cls, patterns: dict[str, str]) -> dict[str, str]:
        return {_checked(name): _checked(category) for name, category in patterns.items()}


class Checks:
    """The table with its words ready to be found."""

    def __init__(self, table: ChecksTable) -> None:
        self.table = table
        self.open_words = frozenset(word.lower() for word in table.open_words)

    @classmethod
    def load(cls, files: MappingFiles) -> tuple[Checks, MappingFile]:
        """The checks and their file; raises ConfigurationError."""
        file = files.get(FILE)
        return cls(file.read(ChecksTable)), file

    @cached_property
    def said(self) -> dict[WordsId, re.Pattern[str]]:
        """Pattern of the words that tell something; of nothing where the table has none."""
        known: tuple[WordsId, ...] = get_args(WordsId)
        return {
            what: re.compile(rf"\b(?:{'|'.join(patterns)})\b" if patterns else r"(?!)", re.I)
            for what in known
            for patterns in (self.table.said.get(what, ()),)
        }

    @cached_property
    def rules(self) -> dict[str, CheckRule]:
        """The rule of each check that the table names."""
        return {str(name): rule for name, rule in self.table.checks.items()}

    def least(self, language: str, kind: str) -> float:
        """The confidence below which a safety token of this kind is flagged."""
        return self._limits(language).get(kind, self.table.least_confidence)

    def most_certain(self, language: str) -> float:
        """The highest of these limits: what was heard with no less is never flagged."""
        return max(self.table.least_confidence, *self._limits(language).values(), 0)

    def _limits(self, language: str) -> dict[str, float]:
        known = self.table.least_confidence_of, self.table.least_confidence_in.get(language, {})
        return {str(kind): limit for limits in known for kind, limit in limits.items()}

    def rule(self, check: CheckId) -> CheckRule | None:
        """The rule of a check that is on."""
        rule = self.table.checks.get(check)
        return rule if rule and rule.enabled else None

    @cached_property
    def modality_words(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Modality and the pattern of its names."""
        return tuple((name, any_of(each.words)) for name, each in self.table.modalities.items())

    @cached_property
    def modality_language(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Modality and the pattern of what only it describes."""
        return tuple(
            (name, any_of(each.language))
            for name, each in self.table.modalities.items()
            if each.language
        )

    @cached_property
    def region_words(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Region and the pattern of its names."""
        return tuple((name, any_of(each.words)) for name, each in self.table.regions.items())

    @cached_property
    def sexes(self) -> dict[str, re.Pattern[str]]:
        """Sex and the pattern of its words."""
        return {sex: any_of(words) for sex, words in self.table.sexes.items()}

    @cached_property
    def age_told(self) -> re.Pattern[str]:
        """The patient's age, "65-year-old": group 1 is the number."""
        return re.compile(rf"\b(\d{{1,3}})[\s-]*{self._either('years_old')}\b", re.IGNORECASE)

    @cached_property
    def patient_told(self) -> re.Pattern[str]:
        """Age and sex, "65-year-old woman": group F or M is the word of the sex."""
        female, male = self._either("female_of_age"), self._either("male_of_age")
        old = self._either("years_old")
        return re.compile(
            rf"\b\d{{1,3}}[\s-]*{old}[\s-]*(?:(?P<F>{female})|(?P<M>{male}))\b", re.IGNORECASE
        )

    def _either(self, what: WordsId) -> str:
        return rf"(?:{'|'.join(self.table.said.get(what, ())) or '(?!)'})"

    @cached_property
    def ages(self) -> tuple[tuple[AgeLimit, re.Pattern[str]], ...]:
        """Age limits and their words."""
        return tuple((each, any_of(each.words)) for each in self.table.ages)

    @cached_property
    def organ_sizes(self) -> tuple[tuple[OrganSize, re.Pattern[str]], ...]:
        """Organ sizes and the pattern of "the organ measures"."""
        return tuple((each, any_of(each.words)) for each in self.table.organ_sizes)

    @cached_property
    def organ_words(self) -> re.Pattern[str]:
        """Any organ that has a size."""
        return any_of(word for each in self.table.organ_sizes for word in each.words)

    @cached_property
    def impossible_sides(self) -> re.Pattern[str]:
        """Places that do not exist."""
        return any_of(self.table.impossible_sides)

    @cached_property
    def variant_levels(self) -> re.Pattern[str]:
        """Words that explain one vertebra more."""
        return any_of(self.table.variant_levels)

    @cached_property
    def remnants(self) -> re.Pattern[str]:
        """What templates leave behind."""
        return re.compile("|".join(self.table.remnants) or r"(?!)")

    @cached_property
    def units(self) -> str:
        """Pattern of a unit."""
        return rf"(?:{'|'.join(self.table.units)})"

    @cached_property
    def unitless(self) -> re.Pattern[str]:
        """Quantities without a unit."""
        return any_of(self.table.unitless)

    @cached_property
    def rads(self) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
        """RADS names and their categories."""
        return tuple(
            (re.compile(rf"\b(?:{name})(?![\w])"), re.compile(rf"(?:{category})(?![\w])"))
            for name, category in self.table.rads.items()
        )


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these words or phrases, whole, in any case; nothing when there are none."""
    parts = [r"[\s-]+".join(map(re.escape, word.split())) for word in words]
    parts.sort(key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(parts)})\b" if parts else r"(?!)", re.IGNORECASE)


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return pattern

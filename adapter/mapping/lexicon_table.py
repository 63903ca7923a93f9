"""The keys of the files of mappings/findings/."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapter.domain.order import Side
from adapter.mapping.files import MappingTable

Urgency = Literal["routine", "urgent", "critical"]
ID = Field(pattern=r"^[a-z0-9_]{1,60}$")

CueKind = Literal[
    "negated_before",
    "negated_after",
    "not_negated",
    "change",
    "uncertain_before",
    "uncertain_after",
    "uncertain_either",
    "versus",
    "historical_before",
    "historical_after",
    "from",
    "prior",
    "family_before",
    "previously",
    "ignore",
    "end",
    "and",
    "or",
    "with",
    "verb",
    "status",
    "fresh",
    "determiner",
    "definite",
    "left",
    "right",
    "bilateral",
    "no_side",
    "normal",
    "not_normal",
    "exam",
    "limiting",
    "preposition",
    "partial",
    "chronic",
    "negated_adjective",
    "uncertain_list",
    "relative",
    "patient",
    "there",
    "of",
    "through",
    "clause",
    "earlier",
    "negated_last",
    "new",
    "increased",
    "decreased",
    "stable",
    "resolved",
    "comparative",
    "than",
    "other_side",
    "same_side",
    "both_of",
    "respectively",
    "some_of",
    "reported",
    "past_time",
]


class Finding(MappingTable):
    """One finding that a sentence can state."""

    id: str = ID
    """Name in facts and reports; it stays the same for ever."""
    organ: str
    """Organ whose section it belongs to; `general` when only the words around it tell."""
    parents: tuple[str, ...] = ()
    """Wider findings that it is one of."""
    synonyms: tuple[str, ...] = ()
    """Phrases that name it; spelling, plural and hyphens do not matter."""
    laterality: bool = False
    """Whether it has a side."""
    sex: Literal["any", "female", "male"] = "any"
    """Sex in which it can occur."""
    urgency: Urgency = "routine"
    """ACR category: critical (1, minutes), urgent (2, hours), routine."""
    contradicts: tuple[str, ...] = ()
    """Further organs and findings whose normal statements it contradicts."""
    codes: dict[str, str] = Field(default_factory=dict)
    """Its codes elsewhere, by system: `chexpert`, `radlex`."""


class Generic(MappingTable):
    """A word whose finding depends on the anatomy beside it: "stone" in a ureter or a kidney."""

    words: tuple[str, ...]
    """Phrases of this meaning."""
    at: dict[str, str] = Field(default_factory=dict)
    """Place or organ -> finding."""
    otherwise: str | None = None
    """Finding when no anatomy is named; none: then it is no finding."""
    level: str | None = None
    """Finding when a vertebral level is named, and no anatomy."""
    follows: tuple[str, ...] = ()
    """Organs of `at` that a finding before tells too: "liver lesion, likely a cyst"."""


class Organ(MappingTable):
    """An organ that templates route by."""

    id: str = ID
    """Name in templates."""
    parent: str | None = None
    """Organ whose section takes over when a template has none for this one."""
    words: tuple[str, ...] = ()
    """Words that name it."""


class Place(MappingTable):
    """A part of an organ that decides what a generic word means."""

    id: str = ID
    """Name in the `at` tables of generic words."""
    organ: str
    """The organ it is part of."""
    side: Side | None = None
    """The side that the words already tell."""
    words: tuple[str, ...]
    """Words that name it."""


class MeasureWords(MappingTable):
    """How the size of a lesion is written."""

    units: dict[str, float] = Field(default_factory=dict)
    """Unit of length as written -> millimetres."""
    by: tuple[str, ...] = ()
    """What stands between two dimensions: 3 x 4 mm, 3 by 4 mm."""
    to: tuple[str, ...] = ()
    """What stands between an earlier and a later size: from 3 to 5 cm."""
    listed: tuple[str, ...] = ()
    """What stands between the sizes of two lesions: 3 and 5 mm."""
    distances: tuple[str, ...] = ()
    """Words behind a length that make it a distance, no size: 4 cm above the carina."""


class LexiconFile(MappingTable):
    """One file of mappings/findings/; every part is optional."""

    findings: tuple[Finding, ...] = ()
    """Findings."""
    generics: tuple[Generic, ...] = ()
    """Words whose finding depends on anatomy."""
    organs: tuple[Organ, ...] = ()
    """Organs."""
    places: tuple[Place, ...] = ()
    """Parts of organs."""
    cues: dict[CueKind, tuple[str, ...]] = Field(default_factory=dict)
    """Language around findings, by meaning."""
    inside_findings: tuple[str, ...] = ()
    """Words that may stand inside the name of a finding: "fracture of the left clavicle"."""
    inside_cues: tuple[str, ...] = ()
    """Words that may stand inside a phrase of `cues`: "cannot entirely be excluded"."""
    numbers: dict[str, int] = Field(default_factory=dict)
    """Number words of a count of findings."""
    measures: MeasureWords = MeasureWords()
    """Words of sizes and distances."""
    signals: tuple[str, ...] = ()
    """Beginnings of words behind T1 or T2 by which it is no vertebra: hyperintense, weighted."""
    spellings: dict[str, str] = Field(default_factory=dict)
    """British spelling -> American, inside words."""
    topics: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Section id -> words that send a sentence there when it names no finding and no organ."""
    anaphors: tuple[str, ...] = ()
    """What a sentence begins with that goes on about the one before: "it", "the largest"."""
    remarks: tuple[str, ...] = ()
    """Words of advice and grading, which belong to what was said before."""
    headers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Section id -> words by which any template may be told that section; `findings`: none."""

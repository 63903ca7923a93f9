"""The report: sections of statements, each with its origin and source, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.finding import AiFinding, Fact


class Origin(StrEnum):
    """Who said a statement."""

    DICTATED = "dictated"
    TEMPLATE = "template"
    AI = "ai"
    EDITED = "edited"
    ELSEWHERE = "elsewhere"  # signed in another system: its text, whoever dictated it there


class Severity(StrEnum):
    """How loudly a flag speaks."""

    ALERT = "alert"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement's characters come from; which fields are set depends on the origin."""

    dictation: str | None = None  # dictation id
    chars: tuple[int, int] | None = None  # in the dictation's or the other system's text
    ms: tuple[int, int] | None = None  # in the dictation's audio
    confidence: float | None = None  # lowest word confidence
    template: str | None = None  # template statement id, e.g. "pleura.no_effusion"
    ai: str | None = None  # AI finding id
    person: str | None = None  # who accepted or edited, or signed elsewhere
    prior: str | None = None  # accession of the report before that a template sentence names


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a statement that has a source of its own: template words, or a field's value."""

    text: str
    origin: Origin
    source: Source
    field: str = ""  # whose value it is, e.g. "prostate.volume"; empty: words between fields


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the report, verbatim from its source, or from the sources of its parts."""

    id: str
    text: str
    origin: Origin
    source: Source
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()  # of a line with fields; their texts together are the text

    @property
    def is_template(self) -> bool:
        """Whether it is the template's, with nobody's words in it."""
        sources = (part.source for part in self.parts)
        return self.origin is Origin.TEMPLATE and not any(
            source.dictation or source.person for source in sources
        )


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field of the template and what became of it."""

    id: str  # "prostate.volume"
    label: str
    type: str  # "text", "number", "choice" or "date"
    state: str  # "filled", "default", "stated" in a sentence of its own, "unfit" or "empty"
    value: str = ""
    statement: str | None = None  # that holds the value
    required: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the template with what belongs in it; `id` "unrouted" is for review."""

    id: str
    title: str
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An AI finding beside the report: proposed, accepted, rejected, or agreed by the dictation."""

    finding: AiFinding
    state: str = "proposed"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Who put a flag aside, when and why."""

    person: str
    at: str  # ISO 8601, UTC
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """How a safety token was heard: what it is, where in the audio, how surely."""

    kind: str  # "negation", "side", "number", "unit", "level" or "change"
    dictation: str
    ms: tuple[int, int]
    confidence: float


AI_CONFLICTS = ("negation_conflict", "laterality_conflict", "level_conflict", "size_conflict")
"""Codes of flags that tell of an AI finding against what was dictated."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should look at: what, where, why.

    `id` stays the same from version to version while the words that the flag is about stand.
    """

    code: str
    severity: Severity
    message: str
    statement: str | None = None
    ai: str | None = None
    default: str | None = None  # withdrawn template statement id
    chars: tuple[int, int] | None = None  # in the statement; without one, in the report's text
    id: str = ""
    dismissed: Dismissal | None = None
    heard: Heard | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof that every token has a source; `problems` is empty when `ok`."""

    ok: bool
    tokens: int
    dictated: int
    template: int
    ai: int
    edited: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateRef:
    """Which template file, byte for byte."""

    id: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PriorRef:
    """Which report before this one was at hand."""

    accession: str
    version: int
    procedure: str
    date: str  # YYYYMMDD of the study


@dataclass(frozen=True, slots=True)
class Report:
    """A merged report.

    `status` is "draft" or "preliminary"; once signed "final", "addendum", "corrected", "retracted".
    """

    template: TemplateRef
    status: str
    sections: tuple[Section, ...]
    suggestions: tuple[Suggestion, ...]
    flags: tuple[Flag, ...]
    certificate: Certificate
    prior: PriorRef | None = None
    fields: tuple[FieldState, ...] = ()

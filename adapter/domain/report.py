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


class Severity(StrEnum):
    """How loudly a flag speaks."""

    ALERT = "alert"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement's characters come from; which fields are set depends on the origin."""

    dictation: str | None = None  # dictation id
    chars: tuple[int, int] | None = None  # in the dictation's written text
    ms: tuple[int, int] | None = None  # in the dictation's audio
    confidence: float | None = None  # lowest word confidence
    template: str | None = None  # template statement id, e.g. "pleura.no_effusion"
    ai: str | None = None  # AI finding id
    person: str | None = None  # who accepted or edited
    prior: str | None = None  # accession of the report before that a template sentence names


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the report, verbatim from its source."""

    id: str
    text: str
    origin: Origin
    source: Source
    facts: tuple[Fact, ...] = ()


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
    """A merged report. `status` is "draft", "preliminary", "final" or "addendum"."""

    template: TemplateRef
    status: str
    sections: tuple[Section, ...]
    suggestions: tuple[Suggestion, ...]
    flags: tuple[Flag, ...]
    certificate: Certificate
    prior: PriorRef | None = None

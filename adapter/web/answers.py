"""Bodies of answers, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from adapter.web.bodies import Person


class Shown(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class PatientView(Shown):
    """The patient banner."""

    mrn: str
    family: str
    given: str
    birth_date: str
    """YYYYMMDD."""
    sex: str
    """F, M, O or U."""


class StudyRow(Shown):
    """One line of the worklist."""

    accession: str
    patient: PatientView
    procedure: str
    modality: str
    priority: str
    side: str | None
    order_status: str
    report_status: str
    review_state: str
    """none, wet_read, pending_signature or sign_rejected."""
    created_at: str
    updated_at: str


class StudyList(Shown):
    """A page of the worklist, most recently changed first."""

    studies: list[StudyRow]
    next_offset: int | None
    """Where the next page begins; null on the last one."""


class DictationView(Shown):
    """One recording and what became of it."""

    id: str
    sha256: str
    media_type: str
    size_bytes: int
    received_at: str
    author: str
    state: str
    """received, transcribed or refused."""
    reason: str
    """Why it was refused."""


class TranscriptView(Shown):
    """What was heard in one dictation."""

    dictation: str
    model: str
    language: str
    duration_ms: int
    text: str
    words: list[WordView]
    quarantined: list[WordView]
    """Words over silence: shown, never part of a report."""
    unheard: list[tuple[int, int]]
    """Speech, from and to in ms, in which no word was recognised."""


class WordView(Shown):
    """One heard word."""

    text: str
    ms: tuple[int, int]
    confidence: float


class DeliveryView(Shown):
    """One message owed to one destination; its bytes never change."""

    control_id: str
    destination: str
    accession: str
    kind: str
    state: str
    """pending, acknowledged, held or withdrawn."""
    attempts: int
    answer: str
    """MSA-1 or HTTP status."""
    answer_text: str
    issued_at: str
    answered_at: str
    body_sha256: str


class Event(Shown):
    """One line of a study's history."""

    at: str
    event: str
    detail: str


class CommunicationView(Shown):
    """The record that an urgent finding was told to somebody."""

    id: str
    finding: str
    identified_at: str
    sender: str
    receiver: str
    received_at: str
    method: str
    minutes: float
    """From identified to received."""


class OrderView(Shown):
    """The order as it stands."""

    placer_number: str
    filler_number: str
    study_uid: str
    procedure_code: str
    reason: str
    requester: str
    scheduled_at: str
    patient_class: str
    """HL7 table 0004: I inpatient, O outpatient, E emergency; empty: not told."""
    linked: list[str]
    source: str


class SentenceView(Shown):
    """What became of one sentence."""

    kind: str
    """stands, changed, removed or added."""
    ours: str
    signed: str


class DifferenceView(Shown):
    """Our report against the text that was signed in another system."""

    version: int
    """Version of the report that holds the signed text."""
    against: int
    """Our version."""
    stands: int
    changed: int
    removed: int
    added: int
    sentences: list[SentenceView]


class StudyView(StudyRow):
    """Everything that is known of one study."""

    version: int
    """Counts every change of the order or the report's status."""
    order: OrderView
    dictations: list[DictationView]
    transcripts: list[TranscriptView]
    ai_findings: int
    communications: list[CommunicationView]
    deliveries: list[DeliveryView]
    difference: DifferenceView | None
    """Of the latest text signed elsewhere; null: none was, or nothing of ours was there."""
    history: list[Event]


class LockView(Shown):
    """Who has a study open to report it."""

    person: Person
    since: str
    until: str
    """Until then without a sign of life."""


class StepView(Shown):
    """Who brought the report to this state."""

    state: str
    person: Person
    at: str
    version: int
    to: str
    """Whom it was handed to."""
    reason: str
    """Why it was handed back."""


class ReviewView(Shown):
    """Between the one who prepares and the one who signs."""

    state: str
    """none, wet_read, pending_signature or sign_rejected."""
    steps: list[StepView]
    lock: LockView | None


class PreviewView(Shown):
    """What one destination would get."""

    destination: str
    protocol: str
    body: str
    """The message; its control id and time are those of the moment when it is sent."""


class PreviewList(Shown):
    """What would leave if the report went out now."""

    kind: str
    version: int
    text: str
    """The report as plain text."""
    messages: list[PreviewView]


class DecisionTaken(Shown):
    """The decision is stored; the next version of the report follows."""

    accession: str
    decision: str
    target: str


class ReleasedView(Shown):
    """The held delivery is back in its queue."""

    control_id: str
    state: str


class PauseView(Shown):
    """Since when a destination waits, by whom and why."""

    at: str
    person: str
    reason: str


class DestinationView(Shown):
    """A destination and its queue."""

    name: str
    protocol: str
    """mllp or fhir."""
    known: bool
    """Whether a mapping file names it still."""
    paused: PauseView | None
    pending: int
    held: int
    acknowledged: int
    oldest_pending_at: str


class DestinationList(Shown):
    """Destinations by name."""

    destinations: list[DestinationView]


class EventList(Shown):
    """What happened, oldest first."""

    events: list[Event]


class ResentView(Shown):
    """So many held deliveries are back in their queue."""

    destination: str
    resent: int


class Live(Shown):
    """The process answers."""

    status: str


class PlugInHealth(Shown):
    """Health in the words of the reporting platform."""

    status: Literal["Healthy", "Unhealthy"]


class Check(Shown):
    """One thing that must be so."""

    ok: bool
    detail: str


class Ready(Shown):
    """Whether the node can do its work, and what is wrong."""

    status: str
    checks: dict[str, Check]


class ReportView(Shown):
    """One version of a report; the members are those of `readout merge`."""

    accession: str
    version: int
    created_at: str
    signed_by: Person | None
    text: str
    """The report as plain text."""
    template: dict[str, Any]
    status: str
    sections: list[dict[str, Any]]
    suggestions: list[dict[str, Any]]
    flags: list[dict[str, Any]]
    certificate: dict[str, Any]
    prior: dict[str, Any] | None
    """The report before, against which it was checked."""
    fields: list[dict[str, Any]]
    """Fields of the template: filled, default, stated in a sentence, unfit, or empty."""


class StatementSource(Shown):
    """Where one statement of the report comes from."""

    id: str
    section: str
    text: str
    origin: str
    dictation: str | None = None
    audio_sha256: str | None = None
    chars: tuple[int, int] | None = None
    """In the dictation's written text."""
    ms: tuple[int, int] | None = None
    """In the dictation's audio."""
    words: list[WordView] = []
    template: str | None = None
    """Template statement id."""
    template_sha256: str | None = None
    prior: str | None = None
    """Accession of the prior report that a template sentence names."""
    ai: str | None = None
    """AI finding id."""
    model: str | None = None
    model_version: str | None = None
    evidence: list[dict[str, Any]] = []
    """Where on the images the model saw it."""
    person: str | None = None
    """Who accepted or edited it."""
    parts: list[dict[str, Any]] = []
    """Of a line with fields: its words and values, each with its own source."""


class ProvenanceView(Shown):
    """Every statement of one version with its source, and the files that decided the report."""

    accession: str
    version: int
    statements: list[StatementSource]
    prior: dict[str, Any] | None
    """The report before, against which it was checked."""
    communications: list[CommunicationView]
    """What the version knew of urgent findings that were told."""
    mappings: dict[str, str]
    """Mapping file -> SHA-256."""

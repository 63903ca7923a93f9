"""Bodies of requests: who decides what, checked before anything is done."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from adapter.domain.ai_source import AiMode
from adapter.domain.delivery import DeliveryKind, DeliveryState
from adapter.domain.message import MessageState
from adapter.store.message_log import LARGEST_ID

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed here")
    return text


def _clean(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters other than tab and line end are not allowed")
    return text


Word = Annotated[str, AfterValidator(_printable)]
Prose = Annotated[str, AfterValidator(_clean), Field(max_length=100_000)]


class Asked(BaseModel):
    """Base of request bodies: an unknown member is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Person(Asked):
    """Who decides or signs."""

    id: Word = Field(min_length=1, max_length=64)
    """The person's number in the hospital's directory (XCN.1, Practitioner.identifier)."""
    family: Word = Field("", max_length=100)
    """Family name."""
    given: Word = Field("", max_length=100)
    """Given names."""


class ByPerson(Asked):
    """Who asks for it."""

    person: Person
    """Who asks."""


class PauseAsked(ByPerson):
    """Let a destination wait."""

    reason: Prose = Field("", max_length=500)
    """Why; no patient data."""


class AiSourceAsked(ByPerson):
    """Stop a source of AI findings, or let it go on."""

    reason: Prose = Field("", max_length=500)
    """Why; no patient data."""


class AiModeAsked(AiSourceAsked):
    """Make a source of AI findings stricter."""

    mode: AiMode
    """The mode."""


class SummaryRelease(ByPerson):
    """Let the patient have the summary of a signed report."""

    version: int = Field(ge=1)
    """The version of the report whose summary the person has read."""


class Decided(Asked):
    """Base of what is decided about something on the screen."""

    version: int | None = Field(None, ge=1)
    """The version that the person has read; where the target has changed since: a conflict."""


class Choice(Decided):
    """Accept or reject one AI finding, or put a flag back."""

    target: Word = Field(min_length=1, max_length=100)
    """Id of the AI finding or flag."""
    person: Person
    """Who decides."""


class Dismissal(Decided):
    """Put one flag aside."""

    target: Word = Field(min_length=1, max_length=100)
    """Id of the flag."""
    reason: Prose = Field(min_length=1, max_length=1_000)
    """Why; it is kept with the report."""
    person: Person
    """Who puts it aside."""


class Told(Asked):
    """The record that a finding was told to somebody who can act on it."""

    finding: Word = Field(min_length=1, max_length=200)
    """What was told: a finding of the lexicon, by its id or in words."""
    identified_at: AwareDatetime
    """When the finding was seen, ISO 8601 with offset."""
    sender: Person
    """Who told it."""
    receiver: Word = Field(min_length=1, max_length=200)
    """Who was told."""
    received_at: AwareDatetime
    """When that person had it, ISO 8601 with offset."""
    method: Word = Field(min_length=1, max_length=100)
    """How: telephone, in person, message, …"""


class Edit(Decided):
    """New text for a statement or an AI finding."""

    target: Word = Field(min_length=1, max_length=100)
    """Id of the statement or AI finding."""
    text: Prose
    """The new text; empty: it is taken out."""
    person: Person
    """Who edits."""


class Signature(Asked):
    """Sign the latest version of a report."""

    person: Person
    """Who signs."""
    version: int | None = Field(None, ge=1)
    """The version that the person has read; another one by now is a conflict."""


class HandOver(Signature):
    """Hand the latest version to the one who signs."""

    to: Word = Field("", max_length=100)
    """Who is to sign; empty: whoever does."""


class HandBack(ByPerson):
    """Do not sign, and say why."""

    reason: Prose = Field(min_length=1, max_length=1_000)
    """What is to be changed."""


class Correction(ByPerson):
    """Write statements of a signed report anew."""

    version: int = Field(ge=1)
    """The version that the person has read; another one by now is a conflict."""
    changes: dict[str, Prose] = Field(min_length=1, max_length=500)
    """Statement id -> its new text; empty: it is taken out."""


class Typed(ByPerson):
    """Words typed instead of spoken; voice commands among them act."""

    text: Prose = Field(min_length=1, max_length=20_000)
    """What is typed, such as `go to lungs. Small nodule.` or `insert macro limited motion`."""
    key: Word = Field(min_length=1, max_length=64)
    """Chosen by the sender; the same text under the same key is taken once."""


class LockAsked(ByPerson):
    """Open a study to report it."""

    take_over: bool = False
    """Whether another person's lock is taken over."""


class Addendum(Asked):
    """Add to a signed report: either `text` or `dictation`."""

    person: Person
    """Who adds."""
    text: Prose = ""
    """Typed text."""
    dictation: Word = Field("", max_length=20)
    """Id of a dictation of this study, made after it was signed."""


class Retraction(ByPerson):
    """Take a signed report back."""

    reason: Prose = Field(min_length=1, max_length=1_000)
    """Why, for the study's history; no patient data."""


class Replay(Asked):
    """Apply a message again from its bytes."""

    person: Person
    """Who asks for it."""
    force: bool = False
    """Also one that is applied already."""


class LogQuery(Asked):
    """What is looked for in the log; what is left out may be anything."""

    control_id: Word = Field("", max_length=250)
    """MSH-10, or what stands for it."""
    accession: Word = Field("", max_length=64)
    """Accession number."""
    order: Word = Field("", max_length=200)
    """Number of the order: the placer's or the filler's."""
    patient: Word = Field("", max_length=200)
    """A number of the patient, such as the MRN, whoever issued it."""
    since: AwareDatetime | None = None
    """Not earlier than this, ISO 8601 with offset."""
    until: AwareDatetime | None = None
    """Earlier than this, ISO 8601 with offset."""
    text: Prose = Field("", max_length=200)
    """What the body holds, as typed or in capitals."""
    before: int | None = Field(None, ge=1, le=LARGEST_ID)
    """Where the page begins: `next` of the page before."""
    limit: int = Field(50, ge=1, le=500)
    """Longest page."""


class MessageQuery(LogQuery):
    """Messages that came in."""

    type: Word = Field("", max_length=250)
    """Message type, such as `ORM^O01`, or `ORM` for all its events."""
    sender: Word = Field("", max_length=501)
    """Sender: MSH-3|MSH-4, or one of the two."""
    state: MessageState | None = None
    """What became of it."""


class DeliveryQuery(LogQuery):
    """Messages that go out."""

    kind: DeliveryKind | None = None
    """Kind of report."""
    destination: Word = Field("", max_length=40)
    """Name of the destination."""
    state: DeliveryState | None = None
    """Where it stands."""

"""A delivery: one report to one destination, the same bytes under one id for ever."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.domain.communication import Communication
from adapter.domain.identifiers import Accession, ControlId
from adapter.domain.order import Order
from adapter.domain.people import Practitioner
from adapter.domain.report import Report


class DeliveryKind(StrEnum):
    """What the report is at the moment it is sent."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    ADDENDUM = "addendum"
    CORRECTION = "correction"  # words of a signed report were written anew
    CANCELLATION = "cancellation"  # the order was cancelled before anybody signed
    RETRACTION = "retraction"  # a signed report was entered in error
    COMMUNICATION = "communication"  # somebody was told of a finding after the report was signed

    @property
    def is_signed(self) -> bool:
        """Whether somebody has signed it."""
        return self not in (DeliveryKind.PRELIMINARY, DeliveryKind.CANCELLATION)

    @property
    def takes_back(self) -> bool:
        """Whether it says that what was sent before no longer stands."""
        return self in (DeliveryKind.CANCELLATION, DeliveryKind.RETRACTION)


REPORT_KINDS = tuple(each for each in DeliveryKind if each is not DeliveryKind.COMMUNICATION)
"""Those that say something new of the report itself."""

_STANDING = {"addendum": DeliveryKind.ADDENDUM, "corrected": DeliveryKind.CORRECTION}


class DeliveryState(StrEnum):
    """Where the delivery stands."""

    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"  # refused by the receiver; waits for a person
    WITHDRAWN = "withdrawn"  # the report was signed in another system before it was sent


class Outcome(StrEnum):
    """What a receiver's answer means for us, after the destination profile was applied."""

    ACCEPTED = "accepted"
    HOLD = "hold"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Answer:
    """A receiver's answer: MSA-1 or HTTP status in `code`, its reason in `text`."""

    outcome: Outcome
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message owed to one destination; `body` never changes once stored."""

    control_id: ControlId
    destination: str
    accession: Accession
    kind: DeliveryKind
    body: bytes
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    answer: str = ""
    answer_text: str = ""


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """All that a translator needs to write one report for one destination.

    An addendum's report holds the earlier sections and a last section "addendum".
    """

    control_id: ControlId
    kind: DeliveryKind
    order: Order
    report: Report
    issued_at: str  # ISO 8601, UTC
    author: Practitioner | None = None  # who signed; OBR-32, DiagnosticReport.resultsInterpreter
    assistant: Practitioner | None = None  # who prepared what another signed; OBR-33
    previous: ControlId | None = None  # the message of this study that went there before; TXA-13
    before: tuple[Report, ...] = ()  # the reports of this study that went there, oldest first
    communications: tuple[Communication, ...] = ()  # who was told of urgent findings

    @property
    def standing(self) -> DeliveryKind:
        """What the report is: with a communication it goes once more as it stands."""
        if self.kind is not DeliveryKind.COMMUNICATION:
            return self.kind
        return _STANDING.get(self.report.status, DeliveryKind.FINAL)

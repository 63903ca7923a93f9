"""The imaging order: what was asked for, and what has happened to the request."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.people import Patient, Practitioner

_NOTHING = Phi("")


class OrderStatus(StrEnum):
    """Where the order stands (reporting-system words)."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISCONTINUED = "discontinued"
    HELD = "held"
    TEMPORARY = "temporary"  # dictated before its order arrived; reconciled later


class OrderAction(StrEnum):
    """What the sender asks: ORC-1 (table 0119); ServiceRequest.status."""

    NEW = "new"  # NW
    CHANGE = "change"  # XO, SC, SN
    CANCEL = "cancel"  # CA
    DISCONTINUE = "discontinue"  # DC
    HOLD = "hold"  # HD
    RELEASE = "release"  # RL
    NUMBER = "number"  # SN: a filler number is asked for; no order yet
    STATUS = "status"  # SS: how the order stands is asked; nothing changes


class Priority(StrEnum):
    """ORC-7.6 / TQ1-9; ServiceRequest.priority."""

    STAT = "stat"
    HIGH = "high"
    MEDIUM = "medium"
    ROUTINE = "routine"


class Side(StrEnum):
    """Laterality of an order, a finding or a sentence."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: CE/CWE; Coding."""

    code: str
    text: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class OrderOrigin:
    """Where an order comes from and how it is to be kept: what access.yaml looks at.

    None: the message does not say; what is known stays.
    """

    facility: tuple[str, ...] | None = None  # MSH-4; Encounter.serviceProvider
    location: tuple[str, ...] | None = None  # PV1-3; Encounter.location
    service: tuple[str, ...] | None = None  # PV1-10; Encounter.serviceType
    confidentiality: tuple[str, ...] | None = None  # PV1-16, ARV-3; meta.security

    def over(self, known: OrderOrigin) -> OrderOrigin:
        """What is known, as a message that tells this changes it."""
        names = (each.name for each in fields(self))
        told = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(known, **told)


@dataclass(frozen=True, slots=True)
class Order:
    """One accession. ORM^O01 / OMG^O19 / OMI^O23; FHIR ServiceRequest."""

    accession: Accession  # OBR-18, IPC-1; identifier type ACSN
    patient: Patient
    procedure: Code  # OBR-4 / OBR-44; ServiceRequest.code
    modality: str = ""  # OBR-24, IPC-5; DICOM CS such as CT
    placer_number: str = ""  # ORC-2 / OBR-2; identifier type PLAC
    filler_number: str = ""  # ORC-3 / OBR-3; identifier type FILL
    study_uid: str = ""  # ZDS-1, IPC-3; urn:dicom:uid
    priority: Priority = Priority.ROUTINE
    side: Side | None = None  # OBR-15.5, OBR-46; bodySite
    reason: Phi = _NOTHING  # OBR-31; reasonCode.text
    requester: Practitioner | None = None  # OBR-16 / ORC-12; requester
    scheduled_at: str = ""  # TQ1-7, ORC-7.4, OBR-27.4 as YYYYMMDDHHMMSS; occurrenceDateTime
    patient_class: str = ""  # PV1-2 (table 0004); Encounter.class
    linked: tuple[Accession, ...] = ()  # further accessions of the same message
    source: str = "hl7v2"  # "hl7v2", "fhir" or "temporary"
    origin: OrderOrigin = OrderOrigin()


@dataclass(frozen=True, slots=True)
class OrderName:
    """What an order is called; the accession or the numbers may be empty."""

    patient: Patient
    accession: str
    placer_number: str = ""
    filler_number: str = ""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One order as a message tells it. `status` None: the pair is unmapped and changes nothing.

    Without a procedure, perhaps without an accession, it names an order that is known.
    """

    action: OrderAction
    status: OrderStatus | None
    order: Order
    replaces: tuple[str, ...] = ()  # orders that end with it: accession or logical id (FHIR)
    untold: frozenset[str] = frozenset()  # fields of the order that a change leaves as they are
    cleared: frozenset[str] = frozenset()  # fields of the patient that are deleted

    @property
    def is_whole(self) -> bool:
        """Whether it tells enough to begin a study."""
        return bool(
            self.order.accession and (self.order.procedure.code or self.order.procedure.text)
        )

    def applied_to(self, known: Order) -> Order:
        """The known order as the message changes it."""
        untold = set(self.untold)
        if "procedure" not in untold and self.order.procedure != known.procedure:
            untold.discard("side")  # the side of another examination is not that of this one
        kept = {name: getattr(known, name) for name in untold}
        patient = known.patient.corrected(self.order.patient, self.cleared)
        return replace(self.order, **kept, accession=known.accession, patient=patient)


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """A placer asks for our number of its order; the same order always gets the same one."""

    sender: str  # MSH-3|MSH-4
    placer_number: str  # ORC-2.1
    pattern: str  # of the number, such as "R{year}{number:06}"

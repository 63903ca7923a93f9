"""The order, its images and those who report, as resources of their own."""

from __future__ import annotations

from adapter.domain.delivery import DeliveryKind
from adapter.domain.people import Practitioner
from adapter.fhir.codes import DICOM, IDENTIFIER_TYPE, IMAGING, PRIORITY
from adapter.fhir.elements import Json, clean, coding, concept, identifier, present
from adapter.fhir.subject import Subject, iso_date

_PRIORITY = {priority: code for code, priority in PRIORITY.items()}
_NUMBERS = (("PLAC", "Placer Identifier"), ("FILL", "Filler Identifier"))


def service_request(subject: Subject) -> Json:
    """The order as far as the report knows it: done once somebody has signed."""
    order = subject.message.order
    numbers = [
        identifier("", number, coding(IDENTIFIER_TYPE, *kind))
        for kind, number in zip(_NUMBERS, (order.placer_number, order.filler_number), strict=True)
        if number
    ]
    return {"resourceType": "ServiceRequest"} | present(
        identifier=[subject.accession_number, *numbers],
        status=_order_status(subject.message.kind),
        intent="order",
        category=[concept(IMAGING)],
        priority=_PRIORITY[order.priority],
        code=_procedure(subject),
        subject=subject.patient,
        occurrenceDateTime=iso_date(order.scheduled_at),
        requester=subject.person(order.requester),
        reasonCode=[concept(text=order.reason.reveal())] if order.reason else None,
    )


def imaging_study(subject: Subject) -> Json:
    """The study that is reported; its images are with the archive."""
    order, number = subject.message.order, subject.study_number
    endpoint = subject.profile.imaging_endpoint
    return {"resourceType": "ImagingStudy"} | present(
        identifier=[number] if number else None,
        status="available",
        modality=[coding(DICOM[0], order.modality)] if order.modality else None,
        subject=subject.patient,
        started=iso_date(order.scheduled_at),
        basedOn=[subject.order],
        referrer=subject.person(order.requester),
        endpoint=[{"reference": endpoint}] if endpoint else None,
        procedureCode=[_procedure(subject)],
        description=clean(order.procedure.text),
    )


def organization(subject: Subject) -> Json:
    """Who reports."""
    number = subject.organization_number
    return {"resourceType": "Organization"} | present(
        identifier=[number] if number else None, name=clean(subject.profile.performer)
    )


def practitioner(subject: Subject, person: Practitioner) -> Json:
    """A clinician."""
    number = subject.person_number(person)
    name = present(family=clean(person.family), given=[clean(person.given)] if person.given else [])
    return {"resourceType": "Practitioner"} | present(
        identifier=[number] if number else None, name=[name] if name else None
    )


def practitioner_role(subject: Subject, person: Practitioner) -> Json:
    """A clinician for the organisation that reports."""
    return {"resourceType": "PractitionerRole"} | present(
        practitioner=subject.person(person), organization=subject.organization
    )


def _procedure(subject: Subject) -> Json:
    """ServiceRequest.code; a local name is no URI and stays words."""
    procedure = subject.message.order.procedure
    system = procedure.system if ":" in procedure.system else ""
    code = coding(system, clean(procedure.code), clean(procedure.text))
    return concept(*([code] if procedure.code else []), text=procedure.text or procedure.code)


def _order_status(kind: DeliveryKind) -> str:
    if kind is DeliveryKind.CANCELLATION:
        return "revoked"
    if kind is DeliveryKind.RETRACTION:
        return "unknown"
    return "completed" if kind.is_signed else "active"

"""Order -> ServiceRequest (R4), for those who ask how an order stands."""

from __future__ import annotations

from adapter.domain.order import Order, OrderStatus, Priority, Side
from adapter.fhir.codes import DICOM_UID, IDENTIFIER_TYPE, PRIORITY, SIDES, SNOMED
from adapter.fhir.elements import Json, clean, coding, concept, identifier, present, reference
from adapter.fhir.subject import iso_date

STATUS = {
    OrderStatus.SCHEDULED: "active",
    OrderStatus.IN_PROGRESS: "active",
    OrderStatus.COMPLETED: "completed",
    OrderStatus.CANCELLED: "revoked",
    OrderStatus.DISCONTINUED: "revoked",
    OrderStatus.HELD: "on-hold",
    OrderStatus.TEMPORARY: "unknown",
}
"""request-status of each state."""

_PRIORITY: dict[Priority, str] = {meaning: code for code, meaning in PRIORITY.items()}
_SIDE: dict[Side, str] = {side: code for code, side in SIDES.items()}


def write_service_request(order: Order, status: OrderStatus) -> Json:
    """What is known of an order, whichever protocol brought it; no id and no version."""
    patient = order.patient
    record = identifier(
        patient.issuer if ":" in patient.issuer else "",
        patient.mrn.reveal(),
        coding(IDENTIFIER_TYPE, "MR"),
        "" if ":" in patient.issuer else patient.issuer,
    )
    who = ", ".join(filter(None, (patient.family.reveal(), patient.given.reveal())))
    return {
        "resourceType": "ServiceRequest",
        "identifier": list(_numbers(order)),
        **present(
            status=STATUS[status],
            intent="order",
            priority=_PRIORITY[order.priority],
            code=_procedure(order),
            subject=reference("Patient", record if patient.mrn else None, who),
            occurrenceDateTime=iso_date(order.scheduled_at),
            requester=_requester(order),
            reasonCode=[concept(text=order.reason.reveal())] if order.reason else [],
            bodySite=[concept(coding(SNOMED, _SIDE[order.side]))] if order.side else [],
        ),
    }


def _numbers(order: Order) -> list[Json]:
    typed = [
        ("ACSN", order.accession),
        *(("ACSN", each) for each in order.linked),
        ("PLAC", order.placer_number),
        ("FILL", order.filler_number),
    ]
    found = [identifier("", each, coding(IDENTIFIER_TYPE, kind)) for kind, each in typed if each]
    return found + (
        [identifier(DICOM_UID, f"urn:oid:{order.study_uid}")] if order.study_uid else []
    )


def _procedure(order: Order) -> Json:
    one = order.procedure
    system = one.system if ":" in one.system else ""
    return concept(coding(system, clean(one.code), clean(one.text)), text=one.text or one.code)


def _requester(order: Order) -> Json | None:
    if order.requester is None:
        return None
    one = order.requester
    name = ", ".join(filter(None, (one.family, one.given)))
    return reference("Practitioner", identifier("", one.id) if one.id else None, name)

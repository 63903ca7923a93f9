"""One request as an order: each value by the places that the site's mapping names."""

from __future__ import annotations

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderOrigin, Priority, Side
from adapter.domain.people import Patient, Practitioner
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.request import Request
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.places import Place, Places

_LONGEST_ACCESSION = 64
_LONGEST_NUMBER = 200
_LONGEST_CLASS = 20
_PLACER = (Place("ORC", 2), Place("OBR", 2))
_FILLER = (Place("ORC", 3), Place("OBR", 3))
_UNTOLD = OrderOrigin()


def order_of(
    request: Request,
    mapping: OrderMapping,
    patient: Patient,
    accession: Accession,
    procedure: Code,
    origin: OrderOrigin = _UNTOLD,
) -> Order:
    """The order of a request whose accession and procedure are read, perhaps as empty."""
    placer, filler = numbers_of(request)
    return Order(
        accession=accession,
        patient=patient,
        procedure=procedure,
        modality=modality_of(request, mapping),
        placer_number=placer,
        filler_number=filler,
        study_uid=request.first(mapping.study_uid),
        priority=_priority(request, mapping),
        side=_side(request, mapping, procedure),
        reason=Phi(_reason(request, mapping)),
        requester=_requester(request, mapping),
        scheduled_at=fields.time(request.first(mapping.scheduled_at)),
        patient_class=class_of(request, mapping),
        origin=origin,
    )


def modality_of(request: Request, mapping: OrderMapping) -> str:
    """DICOM modality, "" where none is told."""
    told = request.first(mapping.modality).upper()
    return mapping.modalities.get(told, told)


def class_of(request: Request, mapping: OrderMapping) -> str:
    """Class of the patient (table 0004), "" where none is told."""
    told = request.first(mapping.patient_class).upper()
    return mapping.patient_classes.get(told, told)[:_LONGEST_CLASS]


def accession_of(request: Request, places: Places, location: str = "") -> Accession:
    """The accession number; raises Rejected where there is none that could be one."""
    accession = request.first(places)
    place = location or f"OBR^{request.number}^18"
    if not accession:
        looked = ", ".join(f"{each.segment}-{each.field}" for each in places)
        raise Rejected(
            f"the order has no accession number (looked in {looked})",
            location=place,
            code="required",
        )
    if len(accession) > _LONGEST_ACCESSION or not accession.isprintable():
        raise Rejected(
            f"the accession number is longer than {_LONGEST_ACCESSION} characters or not printable",
            location=place,
            code="value",
        )
    return Accession(accession)


def numbers_of(request: Request) -> tuple[str, str]:
    """(placer's, filler's number) of the order, by which it may be known."""
    return request.first(_PLACER), request.first(_FILLER)


def check_number(number: str, location: str) -> str:
    """The placer's number; raises Rejected where it could be none."""
    if len(number) > _LONGEST_NUMBER or not number.isprintable():
        raise Rejected(
            f"the order number is longer than {_LONGEST_NUMBER} characters or not printable",
            location=location,
            code="value",
        )
    return number


def untold(request: Request, mapping: OrderMapping) -> frozenset[str]:
    """The fields of the order of which the request says nothing, not even that they are empty."""
    places = {
        "modality": mapping.modality,
        "placer_number": _PLACER,
        "filler_number": _FILLER,
        "study_uid": mapping.study_uid,
        "priority": mapping.priority,
        "side": mapping.side,
        "reason": mapping.reason,
        "requester": mapping.requester,
        "scheduled_at": mapping.scheduled_at,
        "patient_class": mapping.patient_class,
    }
    return frozenset(name for name, where in places.items() if not request.tells(where))


def procedure_of(request: Request, mapping: OrderMapping) -> Code | None:
    """The coded procedure; None where no place holds one."""
    place = request.where(mapping.procedure)
    return fields.code(*place) if place else None


def _priority(request: Request, mapping: OrderMapping) -> Priority:
    return mapping.priorities.get(request.first(mapping.priority).upper(), Priority.ROUTINE)


def _side(request: Request, mapping: OrderMapping, procedure: Code) -> Side | None:
    for text in map(request.at, mapping.side):
        if side := mapping.sides.get(text.upper()):
            return side
    return mapping.side_of(procedure.text)


def _reason(request: Request, mapping: OrderMapping) -> str:
    place = request.where(mapping.reason)
    return fields.prose(*place) if place else ""


def _requester(request: Request, mapping: OrderMapping) -> Practitioner | None:
    place = request.where(mapping.requester)
    return fields.practitioner(*place) if place else None

"""Who a message is about: PID and MRG as patients, by the site's mapping."""

from __future__ import annotations

from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.fields import Identifier
from adapter.hl7v2.message import Message, Segment
from adapter.mapping.hl7_orders import OrderMapping


def identified(message: Message, mapping: OrderMapping) -> tuple[Segment, Identifier]:
    """The first PID and its identifier; raises Rejected when there is none."""
    pid = message.first("PID")
    if pid is None:
        raise Rejected("the message has no PID segment", location="PID^1", code="required")
    return pid, identifier_of(pid, mapping)


def identifier_of(pid: Segment, mapping: OrderMapping) -> Identifier:
    """The identifier of a PID; raises Rejected when it has none."""
    places = [place.field for place in mapping.patient_id if place.segment == "PID"]
    found = _named(fields.identifier(pid, places, mapping.patient_id_types), mapping)
    if not found.number:
        raise Rejected(
            "the message names no patient: PID-3 is empty", location="PID^1^3", code="required"
        )
    return found


def patient_of(message: Message, mapping: OrderMapping) -> Patient:
    """The number of the first PID; nobody's where there is none."""
    try:
        _, number = identified(message, mapping)
    except Rejected:
        return Patient(Phi(""))
    return Patient(Phi(number.number), number.issuer)


def retired_of(mrg: Segment, survivor: Identifier, mapping: OrderMapping) -> Patient:
    """The patient that MRG-1 retires; where no issuer is named it is the survivor's."""
    found = _named(fields.identifier(mrg, [1], mapping.patient_id_types), mapping)
    if not found.number:
        raise Rejected(
            "the merge names no prior patient: MRG-1 is empty",
            location="MRG^1^1",
            code="required",
        )
    return Patient(Phi(found.number), found.issuer or survivor.issuer)


def _named(found: Identifier, mapping: OrderMapping) -> Identifier:
    issuer = mapping.patient_issuers.get(found.issuer, found.issuer)
    return found._replace(issuer=issuer)

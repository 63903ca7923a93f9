"""Appointments in: SIU, where the scheduling system moves or gives up a study (chapter 10)."""

from __future__ import annotations

from adapter.domain.appointment import AppointmentEvent
from adapter.domain.identifiers import Phi
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message
from adapter.hl7v2.order_fields import accession_of
from adapter.hl7v2.request import Request
from adapter.hl7v2.subject import identified
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.message_table import AppointmentRule, MessageMapping


def read_appointment(
    message: Message, rule: AppointmentRule, messages: MessageMapping, orders: OrderMapping
) -> AppointmentEvent:
    """The change of one order; raises Rejected, with its ERL location, for what is missing."""
    _, number = identified(message, orders)
    named = {segment.name: segment for segment in reversed(message.segments)}  # the first of each
    request = Request(1, named)
    accession = accession_of(request, messages.appointment_accession, "SCH^1^27")
    start = fields.time(request.first(messages.appointment_start)) if rule.reschedule else ""
    if rule.reschedule and not start:
        raise Rejected("the appointment has no start", location="AIS^1^4", code="required")
    patient = Patient(Phi(number.number), number.issuer)
    return AppointmentEvent(accession, patient, start, rule.status)

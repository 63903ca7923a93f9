"""Patients in: ADT updates, merges and changes of the number (HL7 v2 chapter 3)."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.subject import identified, identifier_of, retired_of
from adapter.mapping.hl7_orders import OrderMapping


def read_patients(
    message: Message, action: PatientAction, mapping: OrderMapping
) -> tuple[PatientEvent, ...]:
    """One event for each pair of PID and MRG (ADT_A39 repeats them), or one for the update.

    Raises Rejected, with its ERL location, for what is missing.
    """
    identified(message, mapping)
    if action is PatientAction.UPDATE:
        return tuple(_event(pid, None, action, mapping) for pid, _ in _pairs(message))
    found = [_event(pid, mrg, action, mapping) for pid, mrg in _pairs(message)]
    if any(event.retired is None for event in found):
        raise Rejected("the merge has no MRG segment", location="MRG^1", code="required")
    return tuple(found)


def _pairs(message: Message) -> Iterator[tuple[Segment, Segment | None]]:
    pid: Segment | None = None
    merged = False
    for segment in message.segments:
        if segment.name == "PID":
            if pid is not None and not merged:
                yield pid, None
            pid, merged = segment, False
        elif segment.name == "MRG" and pid is not None:
            yield pid, segment
            merged = True
    if pid is not None and not merged:
        yield pid, None


def _event(
    pid: Segment, mrg: Segment | None, action: PatientAction, mapping: OrderMapping
) -> PatientEvent:
    survivor = identifier_of(pid, mapping)
    retired = retired_of(mrg, survivor, mapping) if mrg else None
    patient = fields.patient(pid, survivor)
    return PatientEvent(action, patient, retired, fields.cleared(pid))

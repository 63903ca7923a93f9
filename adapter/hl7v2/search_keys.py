"""By what a message is found: accessions, numbers of patients and orders, read leniently."""

from __future__ import annotations

from adapter.domain.identifiers import Phi
from adapter.domain.message import SearchKeys
from adapter.errors import Malformed
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.message_types import type_of
from adapter.hl7v2.order_fields import numbers_of
from adapter.hl7v2.request import Request, requests
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.message_table import MessageMapping


def read_keys(body: bytes, mapping: OrderMapping, messages: MessageMapping) -> SearchKeys:
    """What can be read of it; nothing of what is no message."""
    try:
        message = Message.parse(body, mapping.fallback_charset)
    except Malformed:
        return SearchKeys()
    asked = list(requests(message))
    accessions = [request.first(mapping.accession) for request in asked]
    accessions.append(_without_order(message, messages))
    patients = _different(_numbers(message, mapping))
    orders = _different([number for request in asked for number in numbers_of(request)])
    return SearchKeys(_different(accessions), tuple(map(Phi, patients)), orders)


def _without_order(message: Message, messages: MessageMapping) -> str:
    """The accession of an appointment, or of a report or document as its source tells it."""
    kind = type_of(message)
    sender = message.header.sender
    source = messages.ai_source(kind, sender) or messages.source(kind, sender)
    if kind in messages.appointments:
        places = messages.appointment_accession
    elif source is not None:
        places = source.accession
    else:
        return ""
    return Request(1, {each.name: each for each in message.segments[::-1]}).first(places)


def _numbers(message: Message, mapping: OrderMapping) -> list[str]:
    """All identifiers of PID and those that MRG retires, of any type."""
    fields = {place.field for place in mapping.patient_id if place.segment == "PID"}
    pids = [(pid, field) for pid in message.all("PID") for field in sorted(fields)]
    retired = [(mrg, 1) for mrg in message.all("MRG")]
    return [number for segment, field in pids + retired for number in _ids(segment, field)]


def _ids(segment: Segment, field: int) -> list[str]:
    return [segment.part(each, 1).strip() for each in segment.repetitions(field)]


def _different(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))

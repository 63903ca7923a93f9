"""By what a message is found: accessions, numbers of patients and orders, read leniently."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.message import SearchKeys
from adapter.domain.order import Code, Order
from adapter.domain.people import Patient
from adapter.errors import Malformed, Rejected
from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.message_types import type_of
from adapter.hl7v2.order_fields import class_of, modality_of, numbers_of
from adapter.hl7v2.origin import read_origin
from adapter.hl7v2.request import Request, requests
from adapter.hl7v2.subject import identifier_of
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
    told = tuple(_told(message, asked, mapping))
    return SearchKeys(_different(accessions), tuple(map(Phi, patients)), orders, told)


def _told(message: Message, asked: list[Request], mapping: OrderMapping) -> Iterator[Order]:
    """What each request of the patient tells of access; of several patients, the whole of each."""
    pids, origin = message.all("PID"), read_origin(message, mapping)
    for pid in pids:
        try:
            found = identifier_of(pid, mapping)
        except Rejected:
            continue
        for request in asked if asked and len(pids) == 1 else [_whole(message)]:
            yield Order(
                accession=Accession(""),
                patient=Patient(Phi(found.number), found.issuer),
                procedure=Code(""),
                modality=modality_of(request, mapping),
                patient_class=class_of(request, mapping),
                origin=origin,
            )


def _whole(message: Message) -> Request:
    """The first segment of each name as one request."""
    return Request(1, {each.name: each for each in message.segments[::-1]})


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
    return _whole(message).first(places)


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

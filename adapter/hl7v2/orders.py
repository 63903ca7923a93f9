"""Orders in: ORM^O01, OMG^O19 and OMI^O23 as order events, by the site's mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderAction, OrderEvent, OrderStatus, Priority, Side
from adapter.domain.people import Patient, Practitioner
from adapter.errors import Rejected, Unsupported
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message, Segment
from adapter.mapping.hl7_orders import OrderMapping, Place

_LONGEST_ACCESSION = 64


@dataclass
class _Request:
    """One ORC with one of its OBRs and one of its steps (IPC), by segment name."""

    number: int  # of the OBR in the message, from 1
    segments: dict[str, Segment] = field(default_factory=dict)

    def at(self, place: Place) -> str:
        """The text at a place; "" when it is empty or the segment is absent."""
        name, field_number, component, subcomponent = place
        segment = self.segments.get(name)
        return segment.text(field_number, component, subcomponent).strip() if segment else ""

    def first(self, places: tuple[Place, ...]) -> str:
        """The first value that any of the places holds."""
        for place in places:
            if text := self.at(place):
                return text
        return ""

    def where(self, places: tuple[Place, ...]) -> tuple[Segment, int] | None:
        """(segment, field) of the first place that is filled."""
        for place in places:
            segment = self.segments.get(place.segment)
            if segment is not None and segment.field(place.field).strip('"'):
                return segment, place.field
        return None


def read_orders(message: Message, mapping: OrderMapping) -> tuple[OrderEvent, ...]:
    """One event for each accession of the message, in order.

    Raises Unsupported for other message types and Rejected, with its ERL location, for content.
    """
    _check_type(message, mapping)
    patient = fields.patient(*_pid(message, mapping))
    events: dict[tuple[str, OrderAction], OrderEvent] = {}
    for request in _requests(message):
        event = _event(request, mapping, patient)
        events.setdefault((event.order.accession, event.action), event)
    accessions = tuple(dict.fromkeys(event.order.accession for event in events.values()))
    if len(accessions) == 1:
        return tuple(events.values())
    return tuple(_linked(event, accessions) for event in events.values())


def check_orders(message: Message, mapping: OrderMapping) -> None:
    """Raise what `read_orders` would raise, at a third of its cost: for the listener's door."""
    _check_type(message, mapping)
    _pid(message, mapping)
    for request in _requests(message):
        _required(request, mapping)


def _check_type(message: Message, mapping: OrderMapping) -> None:
    kind = message.header.type
    if kind in mapping.messages:
        return
    family, _, event = kind.partition("^")
    known = event and any(each.split("^")[0] == family for each in mapping.messages)
    taken = ", ".join(sorted(mapping.messages))
    raise Unsupported(
        f"message type {kind or '(empty)'} is not taken here; this listener takes {taken}",
        location="MSH^1^9",
        code="event-not-supported" if known else "not-supported",
    )


def _pid(message: Message, mapping: OrderMapping) -> tuple[Segment, fields.Identifier]:
    pid = message.first("PID")
    if pid is None:
        raise Rejected("the order has no PID segment", location="PID^1", code="required")
    places = [place.field for place in mapping.patient_id if place.segment == "PID"]
    identifier = fields.identifier(pid, places, mapping.patient_id_types)
    if not identifier.number:
        raise Rejected(
            "the order names no patient: PID-3 is empty", location="PID^1^3", code="required"
        )
    return pid, identifier


def _requests(message: Message) -> Iterator[_Request]:
    """Every step of every OBR under its ORC; a ZDS at the end of the message serves all of them."""
    study = {segment.name: segment for segment in message.segments if segment.name == "ZDS"}
    found = False
    for request, steps in _groups(message):
        found = True
        shared = study | request.segments
        parts: list[dict[str, Segment]] = [{"IPC": step} for step in steps] or [{}]
        for part in parts:
            yield _Request(request.number, shared | part)
    if not found:
        raise Rejected("the order has no OBR segment", location="OBR^1", code="required")


def _groups(message: Message) -> Iterator[tuple[_Request, list[Segment]]]:
    """(request, its IPC segments); several OBRs may stand under one ORC."""
    head: dict[str, Segment] = {}
    request, steps = _Request(0), list[Segment]()
    for segment in message.segments:
        if segment.name in ("ORC", "OBR") and "OBR" in request.segments:
            yield request, steps
            request, steps = _Request(request.number), []
        if segment.name == "ORC":
            head = {"ORC": segment}
        elif segment.name == "OBR":
            request.number += 1
            request.segments = head | {"OBR": segment}
        elif segment.name == "IPC":
            steps.append(segment)
        elif segment.name in ("TQ1", "ZDS"):
            place = request.segments if "OBR" in request.segments else head
            place.setdefault(segment.name, segment)
    if "OBR" in request.segments:
        yield request, steps


def _required(request: _Request, mapping: OrderMapping) -> tuple[str, Code, Accession]:
    """(ORC-1, procedure, accession): what no order goes without; raises Rejected."""
    return _asked(request), _procedure(request, mapping), _accession(request, mapping)


def _event(request: _Request, mapping: OrderMapping, patient: Patient) -> OrderEvent:
    asked, procedure, accession = _required(request, mapping)
    action, status = _control(request, asked, mapping)
    modality = request.first(mapping.modality)
    order = Order(
        accession=accession,
        patient=patient,
        procedure=procedure,
        modality=mapping.modalities.get(modality.upper(), modality.upper()),
        placer_number=request.first(_PLACER),
        filler_number=request.first(_FILLER),
        study_uid=request.first(mapping.study_uid),
        priority=_priority(request, mapping),
        side=_side(request, mapping, procedure),
        reason=Phi(_reason(request, mapping)),
        requester=_requester(request, mapping),
        scheduled_at=fields.time(request.first(mapping.scheduled_at)),
    )
    return OrderEvent(action, status, order)


_CONTROL, _STATUS = Place("ORC", 1), Place("ORC", 5)
_PLACER = (Place("ORC", 2), Place("OBR", 2))
_FILLER = (Place("ORC", 3), Place("OBR", 3))


def _asked(request: _Request) -> str:
    asked = request.at(_CONTROL).upper()
    if not asked:
        place = f"ORC^{request.number}^1"
        raise Rejected("the order has no order control in ORC-1", location=place, code="required")
    return asked


def _control(
    request: _Request, asked: str, mapping: OrderMapping
) -> tuple[OrderAction, OrderStatus | None]:
    """ORC-1 and ORC-5 by the mapping's table; status None when the pair is not in it."""
    control = mapping.controls.get(asked)
    if control is None:
        return OrderAction.CHANGE, None
    return control.action, control.statuses.get(request.at(_STATUS).upper())


def _accession(request: _Request, mapping: OrderMapping) -> Accession:
    accession = request.first(mapping.accession)
    place = f"OBR^{request.number}^18"
    if not accession:
        looked = ", ".join(f"{each.segment}-{each.field}" for each in mapping.accession)
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


def _procedure(request: _Request, mapping: OrderMapping) -> Code:
    place = request.where(mapping.procedure)
    code = fields.code(*place) if place else None
    if code is None:
        raise Rejected(
            "the order names no procedure",
            location=f"OBR^{request.number}^4",
            code="required",
        )
    return code


def _priority(request: _Request, mapping: OrderMapping) -> Priority:
    return mapping.priorities.get(request.first(mapping.priority).upper(), Priority.ROUTINE)


def _side(request: _Request, mapping: OrderMapping, procedure: Code) -> Side | None:
    for text in map(request.at, mapping.side):
        if side := mapping.sides.get(text.upper()):
            return side
    return mapping.side_of(procedure.text)


def _reason(request: _Request, mapping: OrderMapping) -> str:
    place = request.where(mapping.reason)
    return fields.prose(*place) if place else ""


def _requester(request: _Request, mapping: OrderMapping) -> Practitioner | None:
    place = request.where(mapping.requester)
    return fields.practitioner(*place) if place else None


def _linked(event: OrderEvent, accessions: tuple[Accession, ...]) -> OrderEvent:
    others = tuple(each for each in accessions if each != event.order.accession)
    return replace(event, order=replace(event.order, linked=others))

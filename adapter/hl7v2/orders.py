"""Orders in: ORM^O01, OMG^O19 and OMI^O23 as order events, by the site's mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapter.domain.identifiers import Accession
from adapter.domain.order import (
    Code,
    NumberRequest,
    Order,
    OrderAction,
    OrderEvent,
    OrderOrigin,
    OrderStatus,
)
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.hl7v2 import fields
from adapter.hl7v2.message import Message
from adapter.hl7v2.message_types import check_type
from adapter.hl7v2.order_fields import (
    accession_of,
    check_number,
    numbers_of,
    order_of,
    procedure_of,
    untold,
)
from adapter.hl7v2.origin import read_origin
from adapter.hl7v2.request import Request, requests
from adapter.hl7v2.subject import identified
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.places import Place

_OF_KNOWN = (
    OrderAction.CANCEL,
    OrderAction.DISCONTINUE,
    OrderAction.HOLD,
    OrderAction.RELEASE,
)
_CONTROL, _STATUS = Place("ORC", 1), Place("ORC", 5)


def read_numbers(message: Message, mapping: OrderMapping) -> tuple[NumberRequest, ...]:
    """The orders that a number is asked for (SN); raises Rejected where ORC-2 names none."""
    found = []
    for number, orc in enumerate(message.all("ORC"), start=1):
        control = mapping.controls.get(orc.text(1).strip().upper())
        if control is not None and control.action is OrderAction.NUMBER:
            placer = check_number(orc.text(2).strip(), f"ORC^{number}^2")
            if not placer:
                raise Rejected(
                    "no placer number in ORC-2 to give a number for",
                    location=f"ORC^{number}^2",
                    code="required",
                )
            sender = message.header.sender
            found.append(NumberRequest(sender, placer, mapping.number_pattern))
    return tuple(found)


def read_orders(message: Message, mapping: OrderMapping) -> tuple[OrderEvent, ...]:
    """One event for each accession of the message, in order; none where nothing is to change.

    Raises Unsupported for other message types and Rejected, with its ERL location, for content.
    """
    check_type(message.header.type, mapping.messages)
    pid, number = identified(message, mapping)
    patient, cleared = fields.patient(pid, number), fields.cleared(pid)
    events: dict[tuple[object, ...], OrderEvent] = {}
    origin = read_origin(message, mapping)
    for request in _requests(message, mapping):
        event = replace(_event(request, mapping, patient, origin), cleared=cleared)
        events.setdefault((*_names(event.order), event.action), event)
    whole = (event.order.accession for event in events.values() if event.is_whole)
    accessions = tuple(dict.fromkeys(whole))
    return tuple(_linked(event, accessions) for event in events.values())


def check_orders(message: Message, mapping: OrderMapping) -> None:
    """Raise what `read_orders` would raise, at a third of its cost: for the listener's door."""
    check_type(message.header.type, mapping.messages)
    identified(message, mapping)
    read_numbers(message, mapping)
    for request in _requests(message, mapping):
        _required(request, mapping)


def _requests(message: Message, mapping: OrderMapping) -> Iterator[Request]:
    """The requests that are orders."""
    found, bare = False, None
    for request in requests(message):
        asked = request.at(_CONTROL).upper()
        if request.is_bare and not _names_order(request, asked, mapping):
            bare = bare or (request if _is_new(asked, mapping) else None)
            continue
        found = True
        if asked not in mapping.silent_controls:
            yield request
        elif mapping.controls[asked].action is OrderAction.STATUS and not any(numbers_of(request)):
            accession_of(request, mapping.accession)
    if not found and not read_numbers(message, mapping):
        raise Rejected(
            "the order has no OBR segment; only what names a known order in ORC-2 or ORC-3 goes "
            "without one",
            location="OBR^1",
            code="required",
        )
    if bare is not None:
        raise Rejected(
            "a new order has no OBR segment; the others of the message are not taken without it",
            location=f"ORC^{bare.orc}",
            code="required",
        )


def _is_new(asked: str, mapping: OrderMapping) -> bool:
    control = mapping.controls.get(asked)
    return control is not None and control.action is OrderAction.NEW


def _names_order(request: Request, asked: str, mapping: OrderMapping) -> bool:
    """Whether an ORC alone can be served: by its numbers, or its accession where ORC has that."""
    control = mapping.controls.get(asked)
    if control is None or control.action in (OrderAction.NEW, OrderAction.NUMBER):
        return False
    return any(numbers_of(request)) or bool(request.first(mapping.accession))


def _required(request: Request, mapping: OrderMapping) -> tuple[str, Code, Accession]:
    """(ORC-1, procedure, accession): what no order goes without; raises Rejected.

    The last two may be empty where the order ends or waits, and is named by a number.
    """
    asked = request.at(_CONTROL).upper()
    if not asked:
        place = f"ORC^{max(1, request.orc)}^1"
        raise Rejected("the order has no order control in ORC-1", location=place, code="required")
    procedure = procedure_of(request, mapping)
    if _by_number(request, asked, mapping):
        told = request.first(mapping.accession)
        accession = accession_of(request, mapping.accession) if told else Accession("")
        return asked, procedure or Code(""), accession
    if procedure is None:
        place = f"OBR^{request.number}^4"
        raise Rejected("the order names no procedure", location=place, code="required")
    return asked, procedure, accession_of(request, mapping.accession)


def _by_number(request: Request, asked: str, mapping: OrderMapping) -> bool:
    """Whether numbers alone name the order: an ORC without OBR, or one that ends or waits."""
    control = mapping.controls.get(asked)
    ends = control is not None and control.action in _OF_KNOWN
    return request.is_bare or (ends and any(numbers_of(request)))


def _event(
    request: Request, mapping: OrderMapping, patient: Patient, origin: OrderOrigin
) -> OrderEvent:
    asked, procedure, accession = _required(request, mapping)
    action, status = _control(request, asked, mapping)
    order = order_of(request, mapping, patient, accession, procedure, origin)
    if action is OrderAction.NEW:
        return OrderEvent(action, status, order)
    kept = untold(request, mapping)
    named = procedure.code or procedure.text
    return OrderEvent(action, status, order, untold=kept if named else kept | {"procedure"})


def _control(
    request: Request, asked: str, mapping: OrderMapping
) -> tuple[OrderAction, OrderStatus | None]:
    """ORC-1 and ORC-5 by the mapping's table; status None when the pair is not in it."""
    control = mapping.controls.get(asked)
    if control is None:
        return OrderAction.CHANGE, None
    return control.action, control.statuses.get(request.at(_STATUS).upper())


def _names(order: Order) -> tuple[str, ...]:
    """What tells one order of a message from another."""
    return (order.accession,) if order.accession else (order.placer_number, order.filler_number)


def _linked(event: OrderEvent, accessions: tuple[Accession, ...]) -> OrderEvent:
    """With the others of the message; alone in it, a change leaves those that are known."""
    others = tuple(each for each in accessions if each != event.order.accession)
    if others and event.is_whole:
        return replace(event, order=replace(event.order, linked=others))
    return replace(event, untold=event.untold | {"linked"})

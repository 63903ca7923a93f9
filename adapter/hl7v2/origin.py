"""Where the orders of a message come from and how they are to be kept: MSH, PV1, ARV."""

from __future__ import annotations

from adapter.domain.order import OrderOrigin
from adapter.hl7v2.message import Message, Segment
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.places import Place, Places

_LONGEST, _MOST = 200, 20
_DELETES = "D"  # ARV-2 (table 0206): the restriction is lifted


def read_origin(message: Message, mapping: OrderMapping) -> OrderOrigin:
    """By the places of the mapping."""
    return OrderOrigin(
        facility=_values(message, mapping.facility),
        location=_values(message, mapping.location),
        service=_values(message, mapping.service),
        confidentiality=_values(message, mapping.confidentiality),
    )


def _values(message: Message, places: Places) -> tuple[str, ...] | None:
    """Every value once; None where no place is filled; none where they hold the null value."""
    found, told = dict[str, None](), False
    for place in places:
        for segment in message.all(place.segment):
            told = told or bool(segment.field(place.field))
            if place.segment != "ARV" or segment.text(2).upper() != _DELETES:
                found.update(dict.fromkeys(_at(segment, place)))
    return tuple(found)[:_MOST] if told else None


def _at(segment: Segment, place: Place) -> list[str]:
    """The texts of all repetitions."""
    _, number, *part = place
    parts = (segment.part(each, *part).strip() for each in segment.repetitions(number))
    return [each[:_LONGEST] for each in parts if each]

"""Messages with one value at one place: what changes when the value does."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.event import Event
from adapter.errors import Rejected
from adapter.hl7v2.message import Message
from adapter.hl7v2.outside_reports import read_reports
from adapter.hl7v2.reader import MessageReader
from adapter.mapping.places import Place
from tests.conformance.incoming import MESSAGES, ORDERS, SOURCE, Value

Fields = dict[tuple[str, int], str]
_SEGMENTS = (
    "EVN", "SCH", "PID", "PV1", "MRG", "ORC", "TQ1", "OBR", "TXA", "NTE", "DG1", "OBX", "IPC",
    "ZDS", "AIS",
)  # fmt: skip
_READER = MessageReader(ORDERS, MESSAGES)


def body(kind: str, fields: Fields, segments: Sequence[str] = _SEGMENTS) -> bytes:
    """A message of this type that holds these fields."""
    head = {3: "EHR", 4: "NORTH", 9: kind, 10: "C1", 11: "P", 12: "2.5.1"}
    head |= {number: text for (name, number), text in fields.items() if name == "MSH"}
    lines = ["MSH|^~\\&|" + "|".join(head.get(number, "") for number in range(3, 40))]
    for name in segments:
        mine = {number: text for (segment, number), text in fields.items() if segment == name}
        if mine:
            last = max(mine)
            lines.append("|".join([name, *(mine.get(n, "") for n in range(1, last + 1))]))
    return ("\r".join(lines) + "\r").encode()


def put(fields: Fields, place: Place, text: str) -> Fields:
    """The fields with a text at a place, beside what other components hold."""
    name, number, component, subcomponent = place
    held = fields.get((name, number), "").split("^")
    held += [""] * (component - len(held))
    new = "&" * (subcomponent - 1) + text
    parts = [*held[: component - 1], new, *held[component:]]
    return fields | {(name, number): "^".join(parts)}


def filled(values: list[Value], but: Value | None = None) -> Fields:
    """Each value at one of its places; `but` nowhere."""
    fields: Fields = {}
    for value in values:
        if value is not but:
            fields = put(fields, value.places[value.stands], value.a)
    for place in but.places if but else ():
        if (place.segment, place.field) in fields:
            fields = put(fields, place, "")
    return {where: text for where, text in fields.items() if text.strip("^&")}


def read_order(fields: Fields) -> Sequence[Event]:
    """What ORM^O01 with these fields means."""
    return _READER.read(body("ORM^O01", fields))


def read_merge(fields: Fields) -> Sequence[Event]:
    """What ADT^A40 with these fields means."""
    return _READER.read(body("ADT^A40", fields))


def read_report(fields: Fields) -> Sequence[Event]:
    """What ORU^R01 of another system with these fields means."""
    return read_reports(Message.parse(body("ORU^R01", fields)), SOURCE, MESSAGES, ORDERS)


def read_appointment(fields: Fields) -> Sequence[Event]:
    """What SIU^S13 with these fields means."""
    return _READER.read(body("SIU^S13", fields))


def is_refused(read: object, fields: Fields) -> bool:
    """Whether these fields make no message that is taken."""
    try:
        read(fields)  # type: ignore[operator]
    except Rejected:
        return True
    return False

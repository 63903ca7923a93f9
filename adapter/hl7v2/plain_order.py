"""Knows at a glance the common order that no check would refuse; all others are read in full.

Reading an order costs more than storing it. What this accepts, `check_orders` accepts too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapter.hl7v2.message import Header
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.places import Place

_CHARSETS = ("", "ASCII", "UNICODE UTF-8", "8859/1")
_PLAIN = rb"[A-Za-z0-9._-]{1,64}"
_REST = rb"[^\r]*+\r"  # of a segment
_FIELD = rb"[^|\r]*+\|"
_MSH = rb"MSH\|\^~\\&\|" + _REST
_OTHERS = rb"(?:(?!IPC|MSH|PID|ORC|OBR)" + _REST + rb")*+"


class PlainOrder:
    """One PID, then ORC with OBRs, with plain text where the mapping looks first."""

    def __init__(self, mapping: OrderMapping) -> None:
        self._messages = mapping.messages
        self._shape = _shape(mapping)

    def __call__(self, body: bytes, header: Header) -> bool:
        """Whether the message is certainly an order that is taken."""
        return (
            self._shape is not None
            and header.type in self._messages
            and header.form.charset in _CHARSETS
            and not (b"\n" in body or b"\x0b" in body or b"\x1c" in body or b"\x1b" in body)
            and self._shape.fullmatch(body) is not None
        )


def _shape(mapping: OrderMapping) -> re.Pattern[bytes] | None:
    """The whole message; None where the mapping looks first at a part or at another segment."""
    accession, procedure = _first(mapping.accession, "OBR"), _first(mapping.procedure, "OBR")
    patient = _first(mapping.patient_id, "PID")
    if not (accession and procedure and patient) or accession == procedure:
        return None
    silent = b"|".join(re.escape(each.encode()) for each in mapping.silent_controls)
    refused = rb"(?!(?i:" + silent + rb")[|\r])" if silent else b""
    pid = _segment(b"PID", {patient: _PLAIN})
    orc = _segment(b"ORC", {1: refused + _PLAIN + rb"(?=[|\r])"})
    obr = _segment(b"OBR", {accession: _PLAIN + rb"(?=[|\r])", procedure: _PLAIN})
    orders = rb"(?:" + orc + _OTHERS + rb"(?:" + obr + _OTHERS + rb")++)++"
    return re.compile(_MSH + _OTHERS + pid + _OTHERS + orders)


def _segment(name: bytes, fields: dict[int, bytes]) -> bytes:
    """A segment with these beginnings of fields, by their numbers."""
    pattern, at = name + rb"\|", 1
    for number, beginning in sorted(fields.items()):
        pattern += rb"(?:%b){%d}" % (_FIELD, number - at) + beginning
        at = number
    return pattern + _REST


def _first(places: Sequence[Place], segment: str) -> int:
    """The field of the first place outside IPC; 0 where it is another segment's or a part."""
    for place in places:
        if place.segment != "IPC":
            whole = place.component == 1 and place.subcomponent == 1
            return place.field if place.segment == segment and whole else 0
    return 0

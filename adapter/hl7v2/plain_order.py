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
_PLAIN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_NEEDED = frozenset((b"PID|", b"ORC|", b"OBR|"))


class PlainOrder:
    """One PID, one ORC, then OBRs, with plain text where the mapping looks first."""

    def __init__(self, mapping: OrderMapping) -> None:
        self._messages = mapping.messages
        self._silent = frozenset(each.encode() for each in mapping.silent_controls)
        self._accession = _first(mapping.accession, "OBR")
        self._procedure = _first(mapping.procedure, "OBR")
        self._patient = _first(mapping.patient_id, "PID")

    def __call__(self, body: bytes, header: Header) -> bool:
        """Whether the message is certainly an order that is taken."""
        if not (self._accession and self._procedure and self._patient):
            return False
        if header.type not in self._messages or not _is_usual(body, header):
            return False
        seen: set[bytes] = set()
        for line in body.split(b"\r")[1:]:
            name = line[:4]
            if name in _NEEDED:
                headless = name == b"OBR|" and b"ORC|" not in seen
                if headless or not self._is_plain(name, line):
                    return False
                seen.add(name)
            elif name[:3] in (b"IPC", b"MSH", b"PID", b"ORC", b"OBR"):
                return False
        return seen == _NEEDED

    def _is_plain(self, name: bytes, line: bytes) -> bool:
        if name == b"ORC|":
            asked = _field(line, 1)
            return bool(_PLAIN.fullmatch(asked)) and asked.upper() not in self._silent
        if name == b"PID|":
            return bool(_PLAIN.match(_field(line, self._patient)))
        fields = line.split(b"|", max(self._accession, self._procedure) + 1)
        return (
            len(fields) > max(self._accession, self._procedure)
            and _PLAIN.fullmatch(fields[self._accession]) is not None
            and _PLAIN.match(fields[self._procedure]) is not None
        )


def _first(places: Sequence[Place], segment: str) -> int:
    """The field of the first place outside IPC; 0 where it is another segment's or a part."""
    for place in places:
        if place.segment != "IPC":
            whole = place.component == 1 and place.subcomponent == 1
            return place.field if place.segment == segment and whole else 0
    return 0


def _is_usual(body: bytes, header: Header) -> bool:
    return (
        header.start == 0
        and body.startswith(b"MSH|^~\\&|")
        and header.segment.field(18) in _CHARSETS
        and not (b"\n" in body or b"\x0b" in body or b"\x1c" in body or b"\x1b" in body)
    )


def _field(line: bytes, number: int) -> bytes:
    fields = line.split(b"|", number + 1)
    return fields[number] if len(fields) > number else b""

"""The requests of a message: one for every step of every OBR under its ORC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.hl7v2.message import Message, Segment
from adapter.mapping.places import Place, Places


@dataclass
class Request:
    """One ORC with one of its OBRs and one of its steps (IPC), by segment name."""

    number: int  # of the OBR in the message, from 1
    segments: dict[str, Segment] = field(default_factory=dict)
    orc: int = 0  # number of the ORC in the message, from 1

    @property
    def is_bare(self) -> bool:
        """Whether it is an ORC without OBR."""
        return "OBR" not in self.segments

    @property
    def is_one(self) -> bool:
        """Whether anything is asked for."""
        return "ORC" in self.segments or "OBR" in self.segments

    def at(self, place: Place) -> str:
        """The text at a place; "" when it is empty or the segment is absent."""
        name, field_number, component, subcomponent = place
        segment = self.segments.get(name)
        return segment.text(field_number, component, subcomponent).strip() if segment else ""

    def first(self, places: Places) -> str:
        """The first value that any of the places holds."""
        for place in places:
            if text := self.at(place):
                return text
        return ""

    def tells(self, places: Places) -> bool:
        """Whether one of the places is filled, be it with the null value, which deletes."""
        return any(self.at(place) or self._is_null(place) for place in places)

    def _is_null(self, place: Place) -> bool:
        name, *where = place
        segment = self.segments.get(name)
        return segment is not None and segment.is_null(*where)

    def where(self, places: Places) -> tuple[Segment, int] | None:
        """(segment, field) of the first place that is filled."""
        for place in places:
            segment = self.segments.get(place.segment)
            if segment is not None and segment.field(place.field).strip('"'):
                return segment, place.field
        return None


def requests(message: Message) -> Iterator[Request]:
    """Every step of every OBR under its ORC, and every ORC that has none.

    The visit (PV1) and a ZDS at the end of the message serve all of them.
    """
    shared_by_all = ("ZDS", "PV1")
    first_of = reversed(message.segments)
    study = {segment.name: segment for segment in first_of if segment.name in shared_by_all}
    for request, steps in _groups(message):
        shared = study | request.segments
        parts: list[dict[str, Segment]] = [{"IPC": step} for step in steps] or [{}]
        for part in parts:
            yield Request(request.number, shared | part, request.orc)


def _groups(message: Message) -> Iterator[tuple[Request, list[Segment]]]:
    """(request, its IPC segments); several OBRs may stand under one ORC."""
    head: dict[str, Segment] = {}
    request, steps = Request(0, head), list[Segment]()
    for segment in message.segments:
        if segment.name == "ORC" or (segment.name == "OBR" and not request.is_bare):
            if request.is_one:
                yield request, steps
            head = {"ORC": segment} if segment.name == "ORC" else head
            orcs = request.orc + (segment.name == "ORC")
            request, steps = Request(request.number, head, orcs), []
        if segment.name == "OBR":
            request.number += 1
            request.segments = head | {"OBR": segment}
        elif segment.name == "IPC":
            steps.append(segment)
        elif segment.name in ("TQ1", "ZDS"):
            request.segments.setdefault(segment.name, segment)
    if request.is_one:
        yield request, steps

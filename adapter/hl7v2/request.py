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

    def where(self, places: Places) -> tuple[Segment, int] | None:
        """(segment, field) of the first place that is filled."""
        for place in places:
            segment = self.segments.get(place.segment)
            if segment is not None and segment.field(place.field).strip('"'):
                return segment, place.field
        return None


def requests(message: Message) -> Iterator[Request]:
    """Every step of every OBR under its ORC; a ZDS at the end of the message serves all of them."""
    study = {segment.name: segment for segment in message.segments if segment.name == "ZDS"}
    for request, steps in _groups(message):
        shared = study | request.segments
        parts: list[dict[str, Segment]] = [{"IPC": step} for step in steps] or [{}]
        for part in parts:
            yield Request(request.number, shared | part)


def _groups(message: Message) -> Iterator[tuple[Request, list[Segment]]]:
    """(request, its IPC segments); several OBRs may stand under one ORC."""
    head: dict[str, Segment] = {}
    request, steps = Request(0), list[Segment]()
    for segment in message.segments:
        if segment.name in ("ORC", "OBR") and "OBR" in request.segments:
            yield request, steps
            request, steps = Request(request.number), []
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

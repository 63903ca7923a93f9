"""OBR or TXA with the OBX under it, by patient: what ORU and MDM hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.hl7v2.message import Message, Segment
from adapter.hl7v2.request import Request


@dataclass
class ReportGroup:
    """One OBR or TXA with the OBX under it."""

    pid: Segment
    request: Request
    rows: list[Segment] = field(default_factory=list)


def report_groups(message: Message) -> Iterator[ReportGroup]:
    """OBR or TXA by patient; the TXA of a document with OBRs belongs to each of them."""
    head = {"MSH": message.header.segment}
    pid, orc, found = None, dict[str, Segment](), list[ReportGroup]()
    for segment in message.segments:
        if segment.name == "PID":
            yield from found
            head = {"MSH": message.header.segment}
            pid, orc, found = segment, {}, []
        elif segment.name == "PV1":
            head = head | {"PV1": segment}
        elif segment.name == "ORC":
            orc = {"ORC": segment}
        elif segment.name == "TXA" and found:
            for group in found:
                group.request.segments["TXA"] = segment
        elif segment.name in ("OBR", "TXA") and pid is not None:
            named = head | orc | {segment.name: segment}
            found.append(ReportGroup(pid, Request(len(found) + 1, named)))
        elif segment.name == "OBX" and found:
            found[-1].rows.append(segment)
    yield from found

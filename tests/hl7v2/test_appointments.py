from __future__ import annotations

import pytest
from hl7apy.parser import parse_message

from adapter.domain.appointment import AppointmentEvent
from adapter.domain.identifiers import Phi
from adapter.domain.order import OrderStatus
from adapter.errors import Rejected
from adapter.hl7v2.message import Message
from adapter.hl7v2.reader import MessageReader
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.mapping.message_table import load_message_mapping

READER = MessageReader(load_order_mapping(MappingFiles()), load_message_mapping(MappingFiles()))
PID = "PID|1||M1^^^NORTH^MR||Doe^Ann"
AIS = "AIS|1||CTCH^CT chest|20260203101500"


def siu(event: str, *segments: str, accession: str = "A1") -> bytes:
    head = f"MSH|^~\\&|RIS|NORTH|||20260101||SIU^{event}^SIU_S12|C1|P|2.5"
    values = {1: "AP1", 6: "ROUTINE", 16: "1^Clerk", 20: "1^Clerk", 27: accession}
    sch = "|".join(["SCH", *(values.get(number, "") for number in range(1, 28))])
    return ("\r".join([head, sch, *segments]) + "\r").encode()


@pytest.mark.parametrize(
    ("event", "start", "status"),
    [
        ("S12", "20260203101500", OrderStatus.SCHEDULED),
        ("S13", "20260203101500", OrderStatus.SCHEDULED),
        ("S14", "20260203101500", None),
        ("S15", "", OrderStatus.HELD),
        ("S26", "", OrderStatus.HELD),
    ],
)
def test_what_becomes_of_the_order(event: str, start: str, status: OrderStatus | None) -> None:
    body = siu(event, PID, "RGS|1", AIS)
    (found,) = READER.read(body)
    assert isinstance(found, AppointmentEvent)
    assert (found.accession, found.start, found.status) == ("A1", start, status)
    assert (found.patient.mrn, found.patient.issuer) == (Phi("M1"), "NORTH")
    theirs = parse_message(body.decode(), find_groups=False)
    assert theirs.sch.sch_27.value == found.accession


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (siu("S12", AIS), "PID^1"),
        (siu("S12", PID, AIS, accession=""), "SCH^1^27"),
        (siu("S12", PID), "AIS^1^4"),
    ],
)
def test_what_is_missing_is_refused_by_its_place(body: bytes, location: str) -> None:
    with pytest.raises(Rejected) as caught:
        READER.check(Message.parse(body))
    assert caught.value.location == location

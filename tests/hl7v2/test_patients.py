from __future__ import annotations

from collections.abc import Sequence

import pytest
from hl7apy.parser import parse_message

from adapter.domain.event import Event
from adapter.domain.identifiers import Phi
from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.domain.people import Sex
from adapter.errors import Rejected, Unsupported
from adapter.hl7v2.message import Message
from adapter.hl7v2.reader import MessageReader
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.message_table import load_message_mapping

PID = "PID|1||NEW1^^^NORTH^MR||Doe^Ann||19700101|F"
MRG = "MRG|OLD1^^^NORTH^MR"


@pytest.fixture
def reader(mapping: OrderMapping) -> MessageReader:
    return MessageReader(mapping, load_message_mapping(MappingFiles()))


def adt(kind: str, *segments: str, version: str = "2.5.1") -> bytes:
    head = f"MSH|^~\\&|HIS|NORTH|||20261122||{kind}|C1|P|{version}"
    event = kind.partition("^")[2][:3] or "A08"
    return ("\r".join([head, f"EVN|{event}|20261122", *segments]) + "\r").encode()


def told(events: Sequence[Event]) -> list[tuple[str, str, str, str]]:
    """(action, number, issuer, retired number) of each event."""
    found = []
    for event in events:
        assert isinstance(event, PatientEvent)
        retired = event.retired.mrn.reveal() if event.retired else ""
        found.append((event.action, event.patient.mrn.reveal(), event.patient.issuer, retired))
    return found


EVENTS = ["A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A11", "A13"]


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_told_of_a_patient_updates_him(reader: MessageReader, event: str) -> None:
    (found,) = reader.read(adt(f"ADT^{event}", PID, "PV1|1|I"))
    assert isinstance(found, PatientEvent)
    assert (found.action, found.retired) == (PatientAction.UPDATE, None)
    assert (found.patient.mrn, found.patient.family) == (Phi("NEW1"), Phi("Doe"))
    assert (found.patient.birth_date, found.patient.sex) == (Phi("19700101"), Sex.FEMALE)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("ADT^A40^ADT_A39", "merge"),
        ("ADT^A40", "merge"),
        ("ADT^A34", "merge"),
        ("ADT^A18", "merge"),
        ("ADT^A47^ADT_A30", "change_id"),
    ],
)
def test_pid_survives_and_mrg_retires(reader: MessageReader, kind: str, action: str) -> None:
    body = adt(kind, PID, "PD1|", MRG)
    assert told(reader.read(body)) == [(action, "NEW1", "NORTH", "OLD1")]


def test_hl7apy_reads_the_same_merge(reader: MessageReader) -> None:
    body = adt("ADT^A40^ADT_A39", PID, MRG)
    ((_, number, issuer, retired),) = told(reader.read(body))
    theirs = parse_message(body.decode()).adt_a39_patient
    assert theirs.pid.pid_3.pid_3_1.value == number
    assert theirs.pid.pid_3.pid_3_4.value == issuer
    assert theirs.mrg.mrg_1.mrg_1_1.value == retired


def test_several_merges_in_one_message_each_with_its_pair(reader: MessageReader) -> None:
    second = "PID|2||NEW2^^^NORTH^MR||Roe^Tom"
    body = adt("ADT^A40^ADT_A39", PID, MRG, second, "MRG|OLD2^^^NORTH^MR", "PV1|1|I")
    assert told(reader.read(body)) == [
        ("merge", "NEW1", "NORTH", "OLD1"),
        ("merge", "NEW2", "NORTH", "OLD2"),
    ]


def test_of_several_retired_numbers_that_of_the_preferred_type_counts(
    reader: MessageReader,
) -> None:
    body = adt("ADT^A40^ADT_A39", PID, "MRG|V7^^^NORTH^VN~OLD1^^^NORTH^MR")
    assert told(reader.read(body)) == [("merge", "NEW1", "NORTH", "OLD1")]


def test_a_bare_number_is_that_of_the_survivors_issuer(reader: MessageReader) -> None:
    (event,) = reader.read(adt("ADT^A34", PID, "MRG|OLD1", version="2.2"))
    assert isinstance(event, PatientEvent)
    assert event.retired is not None
    assert event.retired.issuer == "NORTH"


def test_the_mapping_calls_issuers_by_one_name(mapping: OrderMapping) -> None:
    issuers = {"": "NORTH", "ADT1": "NORTH"}
    orders = mapping.model_copy(update={"patient_issuers": issuers})
    reader = MessageReader(orders, load_message_mapping(MappingFiles()))
    for issuer in ("^^^ADT1^MR", ""):
        (found,) = told(reader.read(adt("ADT^A08", f"PID|1||N1{issuer}||Doe^Ann")))
        assert found == ("update", "N1", "NORTH", "")


def test_in_old_messages_the_event_stands_in_evn(reader: MessageReader) -> None:
    assert told(reader.read(adt("ADT", PID, version="2.1")))[0][0] == "update"


@pytest.mark.parametrize(
    ("kind", "segments", "location"),
    [
        ("ADT^A08", [], "PID^1"),
        ("ADT^A08", ["PID|1||^^^NORTH^MR||Doe^Ann"], "PID^1^3"),
        ("ADT^A40", [PID], "MRG^1"),
        ("ADT^A40", [PID, "MRG|"], "MRG^1^1"),
        ("ADT^A40", [PID, MRG, "PID|2||N2", "PV1|1"], "MRG^1"),
    ],
)
def test_what_is_missing_is_refused_by_its_place(
    reader: MessageReader, kind: str, segments: list[str], location: str
) -> None:
    body = adt(kind, *segments)
    for take in (reader.read, lambda data: reader.check(Message.parse(data))):
        with pytest.raises(Rejected) as caught:
            take(body)
        assert (caught.value.location, caught.value.code) == (location, "required")
        assert "Doe" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "code"), [("ADT^A60", "event-not-supported"), ("QRY^A19", "not-supported")]
)
def test_another_type_is_refused_with_all_that_are_taken(
    reader: MessageReader, kind: str, code: str
) -> None:
    with pytest.raises(Unsupported) as caught:
        reader.check(Message.parse(adt(kind, PID)))
    assert caught.value.code == code
    assert "ADT^A08" in str(caught.value)
    assert "ORM^O01" in str(caught.value)

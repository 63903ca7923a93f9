from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import OrderAction, OrderEvent, OrderStatus, Priority, Side
from adapter.domain.people import Practitioner, Sex
from adapter.errors import Rejected, Unsupported
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import check_orders, read_numbers, read_orders
from adapter.mapping.hl7_orders import OrderMapping
from tests.hl7v2.orm import MSH, ORC, PID, obr


@pytest.fixture
def read(mapping: OrderMapping) -> Callable[..., tuple[OrderEvent, ...]]:
    def orders(*segments: str, kind: str = "ORM^O01") -> tuple[OrderEvent, ...]:
        text = "\r".join([MSH.format(kind), *segments]) + "\r"
        return read_orders(Message.parse(text.encode()), mapping)

    return orders


Read = Callable[..., tuple[OrderEvent, ...]]


def refused(read: Read, *segments: str, kind: str = "ORM^O01") -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(*segments, kind=kind)
    return caught.value


def test_a_whole_orm(sample: Callable[[str], bytes], mapping: OrderMapping) -> None:
    (event,) = read_orders(Message.parse(sample("orm_o01_chest.hl7")), mapping)
    order = event.order
    assert (event.action, event.status) == (OrderAction.NEW, OrderStatus.SCHEDULED)
    assert order.accession == "RA-20261122-0042"
    assert (order.patient.mrn, order.patient.issuer) == (Phi("MRN10042"), "NORTH")
    assert (order.patient.family, order.patient.given) == (Phi("Brändström"), Phi("Åsa"))
    assert (order.patient.birth_date, order.patient.sex) == (Phi("19580314"), Sex.FEMALE)
    assert (order.procedure.code, order.procedure.system) == ("71046", "L")
    assert order.procedure.text == "Radiograph chest 2 views"
    assert (order.modality, order.priority, order.side) == ("DX", Priority.STAT, None)
    assert (order.placer_number, order.filler_number) == ("P-77001", "F-88001")
    assert order.study_uid == "1.2.276.0.7230010.3.1.2.20261122.42"
    assert order.reason == Phi("Cough & suspected pneumonia")
    assert order.requester == Practitioner("4711", "Okafor", "Ngozi")
    assert (order.scheduled_at, order.linked, order.source) == ("20261122103000", (), "hl7v2")


@pytest.mark.parametrize(
    ("visit", "known"),
    [("PV1|1|I", "I"), ("PV1||inpatient", "I"), ("PV1|1|X7", "X7"), ("PV1|1", "")],
)
def test_the_class_of_the_patient_is_that_of_the_visit(read: Read, visit: str, known: str) -> None:
    (event,) = read(PID, visit, ORC, obr(), "OBX|1|TX|X||y", "PV1|1|E")
    assert event.order.patient_class == known, "the visit of an earlier result is another one"


def test_a_change_without_visit_leaves_the_class(read: Read) -> None:
    (known,), (change,) = (
        read(PID, "PV1|1|I", ORC, obr()),
        read(PID, ORC.replace("NW", "XO"), obr()),
    )
    assert change.applied_to(known.order).patient_class == "I"


def test_an_omg_with_its_timing_segment(
    sample: Callable[[str], bytes], mapping: OrderMapping
) -> None:
    (event,) = read_orders(Message.parse(sample("omg_o19_ct_head.hl7")), mapping)
    assert event.order.accession == "RA-20261122-0043"
    assert (event.order.priority, event.order.modality) == (Priority.STAT, "CT")
    assert event.order.scheduled_at == "20261122110000"
    assert event.order.reason == Phi("Fall\non anticoagulants")
    assert event.order.study_uid.endswith(".43")


def test_an_omi_with_two_orders_and_three_steps(
    sample: Callable[[str], bytes], mapping: OrderMapping
) -> None:
    knee, spine = read_orders(Message.parse(sample("omi_o23_two_steps.hl7")), mapping)
    assert (knee.order.accession, spine.order.accession) == ("RA-20261122-0044", "RA-20261122-0045")
    assert knee.order.linked == (Accession("RA-20261122-0045"),)
    assert spine.order.linked == (Accession("RA-20261122-0044"),)
    assert (knee.order.side, spine.order.side) == (Side.LEFT, None)
    assert (knee.order.modality, spine.order.modality) == ("DX", "MR")
    assert (knee.order.study_uid[-2:], spine.order.study_uid[-2:]) == ("44", "45")
    assert (knee.order.priority, knee.order.scheduled_at) == (Priority.ROUTINE, "20261122130000")
    assert spine.order.scheduled_at == ""


@pytest.mark.parametrize("name", ["orm_o01_chest", "omg_o19_ct_head"])
def test_hl7apy_finds_the_same_values(
    sample: Callable[[str], bytes], mapping: OrderMapping, name: str
) -> None:
    data = sample(f"{name}.hl7")
    (event,) = read_orders(Message.parse(data), mapping)
    theirs = parse_message(data.decode(), find_groups=False)
    assert theirs.obr.obr_18.value == event.order.accession
    assert theirs.obr.obr_4.obr_4_1.value == event.order.procedure.code
    assert theirs.pid.pid_3[0].pid_3_1.value == event.order.patient.mrn.reveal()
    assert theirs.pid.pid_5.pid_5_1.value == event.order.patient.family.reveal()


def test_steps_of_one_obr_with_their_own_accessions_become_linked_orders(read: Read) -> None:
    first, second = read(
        PID,
        ORC,
        obr(f18=""),
        "IPC|A1|RP|1.2.1|S1|CT",
        "IPC|A2|RP|1.2.2|S2|MR",
        kind="OMI^O23",
    )
    assert (first.order.accession, first.order.modality, first.order.linked) == (
        "A1",
        "CT",
        ("A2",),
    )
    assert (second.order.accession, second.order.modality) == ("A2", "MR")


def test_several_obrs_under_one_orc_share_its_control_and_the_study_at_the_end(read: Read) -> None:
    events = read(PID, "ORC|CA|P1|||CA", obr(f18="A1"), obr(f1="2", f18="A2"), "ZDS|1.2.3")
    assert [event.status for event in events] == [OrderStatus.CANCELLED] * 2
    assert [event.order.study_uid for event in events] == ["1.2.3", "1.2.3"]


@pytest.mark.parametrize(
    ("control", "status", "action", "becomes"),
    [
        ("NW", "SC", OrderAction.NEW, OrderStatus.SCHEDULED),
        ("NW", "IP", OrderAction.NEW, OrderStatus.SCHEDULED),
        ("NW", "", OrderAction.NEW, OrderStatus.SCHEDULED),
        ("nw", "sc", OrderAction.NEW, OrderStatus.SCHEDULED),
        ("XO", "SC", OrderAction.CHANGE, OrderStatus.SCHEDULED),
        ("XO", "CM", OrderAction.CHANGE, OrderStatus.COMPLETED),
        ("SC", "CM", OrderAction.CHANGE, OrderStatus.COMPLETED),
        ("SC", "A", OrderAction.CHANGE, OrderStatus.COMPLETED),
        ("SC", "IP", OrderAction.CHANGE, OrderStatus.IN_PROGRESS),
        ("CA", "CA", OrderAction.CANCEL, OrderStatus.CANCELLED),
        ("CA", "", OrderAction.CANCEL, OrderStatus.CANCELLED),
        ("DC", "CA", OrderAction.DISCONTINUE, OrderStatus.DISCONTINUED),
        ("HD", "HD", OrderAction.HOLD, OrderStatus.HELD),
        ("RL", "", OrderAction.RELEASE, OrderStatus.SCHEDULED),
        ("NW", "CM", OrderAction.NEW, None),
        ("SC", "", OrderAction.CHANGE, None),
        ("CA", "SC", OrderAction.CANCEL, None),
        ("QQ", "SC", OrderAction.CHANGE, None),
    ],
)
def test_order_control_by_the_table(
    read: Read, control: str, status: str, action: OrderAction, becomes: OrderStatus | None
) -> None:
    (event,) = read(PID, f"ORC|{control}|P1|||{status}", obr())
    assert (event.action, event.status) == (action, becomes)


@pytest.mark.parametrize(
    ("segments", "accession"),
    [
        ([ORC, obr(f18="A1", f3="F9")], "A1"),
        ([ORC, obr(f18="")], "F1"),
        (["ORC|NW|P1|||SC", obr(f18="", f3="F2^RIS")], "F2"),
        ([ORC, obr(f18="  A7  ")], "A7"),
        ([ORC, obr(f18='""', f20="S1")], "F1"),
    ],
)
def test_the_accession_from_the_first_place_that_has_one(
    read: Read, segments: list[str], accession: str
) -> None:
    assert read(PID, *segments)[0].order.accession == accession


@pytest.mark.parametrize(
    ("fields", "side"),
    [
        ({"f15": "^^^^LT"}, Side.LEFT),
        ({"f15": "^^^^R&Right"}, Side.RIGHT),
        ({"f46": "50^Bilateral"}, Side.BILATERAL),
        ({"f4": "1^Knee LEFT 3 views"}, Side.LEFT),
        ({"f4": "1^XR hand, rt."}, Side.RIGHT),
        ({"f4": "1^Both hips"}, Side.BILATERAL),
        ({"f4": "1^Left and right hand"}, None),
        ({"f4": "1^Upright abdomen"}, None),
        ({"f15": "^^^^LT", "f4": "1^Knee right"}, Side.LEFT),
        ({"f15": "^^^^UNSURE", "f4": "1^Knee right"}, Side.RIGHT),
    ],
)
def test_the_side_by_field_or_by_the_procedure_s_words(
    read: Read, fields: dict[str, str], side: Side | None
) -> None:
    assert read(PID, ORC, obr(**fields))[0].order.side is side


@pytest.mark.parametrize(
    ("orc", "tq1", "fields", "priority"),
    [
        ("ORC|NW|P1|||SC||^^^^^S", "", {}, Priority.STAT),
        ("ORC|NW|P1|||SC||^^^^^S", "TQ1|1||||||||T^^X", {}, Priority.MEDIUM),
        ("ORC|NW|P1|||SC", "", {"f27": "^^^^^A"}, Priority.HIGH),
        ("ORC|NW|P1|||SC", "", {"f5": "STAT"}, Priority.STAT),
        ("ORC|NW|P1|||SC", "", {"f5": "whenever"}, Priority.ROUTINE),
        ("ORC|NW|P1|||SC", "", {}, Priority.ROUTINE),
    ],
)
def test_the_priority(
    read: Read, orc: str, tq1: str, fields: dict[str, str], priority: Priority
) -> None:
    segments = [orc, tq1, obr(**fields)] if tq1 else [orc, obr(**fields)]
    assert read(PID, *segments)[0].order.priority is priority


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("202611221030", "20261122103000"),
        ("20261122", "20261122000000"),
        ("20261122103015.123+0100", "20261122103015"),
        ("tomorrow", ""),
    ],
)
def test_times(read: Read, time: str, expected: str) -> None:
    assert read(PID, ORC, obr(f36=time))[0].order.scheduled_at == expected


def test_the_preferred_identifier_and_legal_name_are_chosen(read: Read) -> None:
    pid = "PID|1||99^^^PAYER^SS~M7^^^NORTH&1.2&ISO^MR||Alias^A^^^^^A~Doe\\T\\Co^Ann^^^^^L||197001|X"
    patient = read(pid, ORC, obr())[0].order.patient
    assert (patient.mrn, patient.issuer) == (Phi("M7"), "NORTH")
    assert (patient.family, patient.given) == (Phi("Doe&Co"), Phi("Ann"))
    assert (patient.birth_date, patient.sex) == (Phi(""), Sex.UNKNOWN)


def test_the_old_patient_id_field_serves_where_pid_3_is_empty(read: Read) -> None:
    assert read("PID|1|M5|||Doe^Ann", ORC, obr())[0].order.patient.mrn == Phi("M5")


def test_a_coded_reason_prefers_text_and_keeps_all_repetitions(read: Read) -> None:
    order = read(PID, ORC, obr(f31="R05^Cough^I10~^Fever~R06"))[0].order
    assert order.reason == Phi("Cough; Fever; R06")
    assert read(PID, ORC, obr(f13="Smoker"))[0].order.reason == Phi("Smoker")


@pytest.mark.parametrize(
    ("segments", "location", "code"),
    [
        (["ORC|NW|P1|||SC", obr(f18="")], "OBR^1^18", "required"),
        (["ORC|NW|P1|||SC", obr(), obr(f1="2", f18="")], "OBR^2^18", "required"),
        ([ORC, obr(f18="x" * 65)], "OBR^1^18", "value"),
        ([ORC, obr(f18="A\\X00\\1")], "OBR^1^18", "value"),
        ([ORC, obr(f4="")], "OBR^1^4", "required"),
        (["ORC||P1|||SC", obr()], "ORC^1^1", "required"),
        ([obr()], "ORC^1^1", "required"),
        ([ORC], "OBR^1", "required"),
        ([ORC, obr(), "ORC|NW|P9"], "ORC^2", "required"),
    ],
)
def test_what_is_missing_is_named_by_its_place(
    read: Read, segments: list[str], location: str, code: str
) -> None:
    error = refused(read, PID, *segments)
    assert (error.location, error.code) == (location, code)


def test_a_missing_patient_is_named(read: Read) -> None:
    assert refused(read, ORC, obr()).location == "PID^1"
    assert refused(read, "PID|1||^^^X^MR||Doe", ORC, obr()).location == "PID^1^3"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ADT^A08", "not-supported"),
        ("ORU^R01", "not-supported"),
        ("", "not-supported"),
        ("ORM^O02", "event-not-supported"),
    ],
)
def test_other_message_types_are_unsupported(read: Read, kind: str, code: str) -> None:
    error = refused(read, PID, ORC, obr(), kind=kind)
    assert isinstance(error, Unsupported)
    assert (error.location, error.code) == ("MSH^1^9", code)
    assert "ORM^O01" in str(error)


def test_errors_hold_no_patient_data(read: Read) -> None:
    error = refused(read, "PID|1||SECRET^^^X^MR||Secret^Ann", "ORC|NW", obr(f18=""))
    assert "secret" not in str(error).lower()


def outcome(reader: Callable[..., object], message: Message, mapping: OrderMapping) -> object:
    try:
        reader(message, mapping)
    except Rejected as error:
        return type(error), str(error), error.location, error.code
    return None


SEGMENT = st.sampled_from(["PID", "ORC", "OBR", "IPC", "TQ1", "ZDS", "NTE"])
CONTENT = st.text(st.sampled_from('|^~\\&A1"NWSC é'), max_size=60)


@given(st.lists(st.tuples(SEGMENT, CONTENT), max_size=8))
def test_any_segments_give_orders_or_a_refusal(
    mapping: OrderMapping, rows: list[tuple[str, str]]
) -> None:
    lines = [MSH.format("ORM^O01"), *(f"{name}|{text}" for name, text in rows)]
    message = Message.parse(("\r".join(lines) + "\r").encode())
    assert outcome(check_orders, message, mapping) == outcome(read_orders, message, mapping)
    with suppress(Rejected):
        orders = [event.order for event in read_orders(message, mapping)]
        assert all(each.accession or each.placer_number or each.filler_number for each in orders)


def test_what_is_asked_of_an_order_changes_none(read: Read) -> None:
    asked = ["ORC|SN|P1", obr(f18=""), "ORC|SS|P2", obr(), "ORC|NW|P3|||SC", obr(f18="A3")]
    assert [event.order.accession for event in read(PID, *asked)] == ["A3"]


def test_a_number_is_asked_for_by_the_placer_s(mapping: OrderMapping) -> None:
    rows = [MSH.format("OMG^O19"), PID, "ORC|SN|P1^EHR", "ORC|SN|P2"]
    message = Message.parse(("\r".join(rows) + "\r").encode())
    assert read_orders(message, mapping) == ()
    found = read_numbers(message, mapping)
    assert [(each.sender, each.placer_number) for each in found] == [
        ("EHR|NORTH", "P1"),
        ("EHR|NORTH", "P2"),
    ]


@pytest.mark.parametrize(
    ("rows", "location"),
    [
        (["ORC|SN"], "ORC^1^2"),
        (["ORC|SN|" + "9" * 201], "ORC^1^2"),
        (["ORC|SS", "OBR|1"], "OBR^1^18"),
        (["ORC|SS"], "OBR^1"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    mapping: OrderMapping, rows: list[str], location: str
) -> None:
    message = Message.parse(("\r".join([MSH.format("OMG^O19"), PID, *rows]) + "\r").encode())
    with pytest.raises(Rejected) as caught:
        check_orders(message, mapping)
    assert caught.value.location == location

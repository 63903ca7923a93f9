"""The log as a person works with it: found by keys, opened, applied again with their name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, SearchKeys
from adapter.errors import Conflict, NotFound
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import read_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.store import messages, studies
from adapter.workflow.intake import Intake
from adapter.workflow.message_log import MessageLog, Query, _moment, open_log
from adapter.workflow.retention import purge
from tests.fakes.house import DR_GRAY, Workflow
from tests.workflow.test_intake import until

SAMPLES = Path(__file__).parent.parent / "samples" / "hl7v2"
ANYTHING = Query()
MAPPING = load_order_mapping(MappingFiles())
MERGE = (
    b"MSH|^~\\&|ADT|NORTH|||20261122||ADT^A40|M1|P|2.5.1\r"
    b"PID|1||NEW7^^^NORTH^MR\rMRG|OLD7^^^NORTH^MR\r"
)


def inbound(body: bytes, refusal: str = "") -> InboundMessage:
    header = Header.parse(body)
    return InboundMessage(
        "hl7v2", "127.0.0.1:1", header.sender, header.control_id, header.type, body,
        sha256_hex(body), "2026-11-22T10:00:00.000+00:00", refusal,
    )  # fmt: skip


def sample(name: str, refusal: str = "") -> InboundMessage:
    return inbound((SAMPLES / f"{name}.hl7").read_bytes(), refusal)


@pytest.fixture
def log(workflow: Workflow) -> MessageLog:
    return open_log(workflow.database, workflow.clock, MappingFiles())


@pytest.fixture
def intake(workflow: Workflow, log: MessageLog) -> Iterator[Intake]:
    def read(body: bytes) -> object:
        return read_orders(Message.parse(body), MAPPING)

    intake = Intake(workflow.house, {"hl7v2": read}, log.index)  # type: ignore[dict-item]
    intake.start()
    yield intake
    intake.stop()


def found(log: MessageLog, **query: object) -> list[str]:
    page = log.received(Query(**query), None, 50)  # type: ignore[arg-type]
    return [each.control_id for each in page.rows]


def test_messages_are_found_by_what_they_are_about(workflow: Workflow, log: MessageLog) -> None:
    batch = [sample("orm_o01_chest"), sample("omi_o23_two_steps", "no"), inbound(MERGE, "no")]
    messages.store_group(workflow.database, batch)
    while log.index():
        pass
    assert found(log, accession="RA-20261122-0042") == ["EHR0000000001"]
    assert found(log, accession="RA-20261122-0045") == ["EHR0000000003"]
    assert found(log, patient="MRN10042") == ["EHR0000000003", "EHR0000000001"]
    assert found(log, patient="998877") == ["EHR0000000003", "EHR0000000001"]
    assert found(log, patient="OLD7") == found(log, patient="NEW7") == ["M1"]
    assert found(log, patient="MRN1004") == []
    opened = log.open_received(log.received(Query(kind="OMI"), None, 1).rows[0].id)
    assert opened.accessions == ("RA-20261122-0044", "RA-20261122-0045")
    assert opened.shown.segments[1].fields[1].place == "PID-3"


def test_a_type_without_its_event_and_an_application_alone(
    workflow: Workflow, log: MessageLog
) -> None:
    batch = [sample("orm_o01_chest"), sample("omg_o19_ct_head"), inbound(MERGE)]
    messages.store_group(workflow.database, batch)
    assert found(log, kind="ADT") == found(log, kind="ADT^A40") == ["M1"]
    assert found(log, kind="A40") == found(log, kind="AD") == []
    assert len(found(log, peer="NORTH")) == 3
    assert found(log, peer="ADT|NORTH") == found(log, peer="ADT") == ["M1"]
    assert found(log, peer="ADT", state="applied") == []


@pytest.mark.parametrize("text", ["Brändström", "Cough & suspected", "scanner", "harbour STREET"])
def test_text_is_found_as_people_write_it(workflow: Workflow, log: MessageLog, text: str) -> None:
    body = (SAMPLES / "orm_o01_chest.hl7").read_bytes().replace(b"ROOM 3", b"SCANNER")
    messages.store_group(workflow.database, [inbound(body), inbound(MERGE)])
    expected = [] if text == "harbour STREET" else ["EHR0000000001"]
    assert found(log, text=text) == expected


def test_a_refused_message_is_applied_again_in_the_name_of_a_person(
    workflow: Workflow, log: MessageLog, intake: Intake
) -> None:
    intake.store([sample("orm_o01_chest", "no such procedure")])
    until(lambda: found(log, patient="MRN10042", state="refused") != [])
    (row,) = log.received(ANYTHING, None, 5).rows
    assert log.replay(row.id, DR_GRAY).state == "received"
    intake.wake()
    until(lambda: found(log, state="applied") != [])
    with workflow.database.read() as tx:
        assert studies.get(tx, "RA-20261122-0042").order.modality == "DX"
        events = studies.events(tx, "RA-20261122-0042")
    assert [event for _, event, _ in events] == ["message replay", "order new"]
    assert events[0][2] == "EHR0000000001 by 123, was refused"
    assert "replay asked for by 123" in log.open_received(row.id).remarks[0]


def test_what_is_refused_again_stays_refused_with_its_new_reason(
    workflow: Workflow, log: MessageLog, intake: Intake
) -> None:
    intake.store([inbound(MERGE, "no")])
    (row,) = log.received(ANYTHING, None, 5).rows
    log.replay(row.id, DR_GRAY)
    intake.wake()
    until(lambda: found(log, state="refused") != [])
    assert "ADT^A40" in log.open_received(row.id).row.reason


def test_an_applied_message_is_applied_again_only_by_force(
    workflow: Workflow, log: MessageLog, intake: Intake
) -> None:
    intake.store([sample("orm_o01_chest")])
    until(lambda: found(log, state="applied") != [])
    (row,) = log.received(ANYTHING, None, 5).rows
    with pytest.raises(Conflict, match="force"):
        log.replay(row.id, DR_GRAY)
    log.replay(row.id, DR_GRAY, force=True)
    intake.wake()
    until(lambda: workflow.events("RA-20261122-0042").count("order new") == 2)
    with workflow.database.read() as tx:
        assert studies.events(tx, "RA-20261122-0042")[1][2].endswith("was applied (forced)")


def test_what_waits_or_was_no_whole_message_is_not_replayed(
    workflow: Workflow, log: MessageLog
) -> None:
    messages.store_group(workflow.database, [sample("orm_o01_chest")])
    torn = InboundMessage("hl7v2", "p", "", "x", "", b"MSH", "s", "2026", "the frame was torn")
    messages.store_group(workflow.database, [torn])
    with pytest.raises(Conflict, match="waits"):
        log.replay(1, DR_GRAY, force=True)
    with pytest.raises(Conflict, match="whole"):
        log.replay(2, DR_GRAY)
    with pytest.raises(NotFound):
        log.replay(3, DR_GRAY)
    assert log.open_received(2).problem
    assert log.open_received(2).shown.text == "MSH"


def test_deliveries_are_found_by_the_patient_of_their_order(
    workflow: Workflow, log: MessageLog, intake: Intake
) -> None:
    intake.store([sample("orm_o01_chest")])
    until(lambda: found(log, state="applied") != [])
    until(lambda: found(log, patient="MRN10042") != [])
    workflow.dictate("RA-20261122-0042", "no pneumothorax period")
    (row,) = log.sent(Query(patient="MRN10042", peer="ris", kind="preliminary"), None, 5).rows
    assert log.sent(Query(patient="OTHER"), None, 5).rows == []
    opened = log.open_sent(row.control_id)
    assert (row.accession, row.state) == ("RA-20261122-0042", "acknowledged")
    assert opened.body in (each.body for each in workflow.ris.received)
    assert len(log.sent(Query(text="pneumothorax"), None, 5).rows) == 1


def test_retention_removes_bodies_of_what_is_done_and_proves_it(
    workflow: Workflow, log: MessageLog, intake: Intake
) -> None:
    intake.store([sample("orm_o01_chest"), inbound(MERGE, "no")])
    until(lambda: found(log, state="applied") != [])
    workflow.dictate("RA-20261122-0042", "no pneumothorax period")
    (sent,) = log.sent(ANYTHING, None, 5).rows
    days = {"messages": 10, "deliveries": 10}

    def run(dry: bool) -> dict[str, int]:
        done = purge(workflow.database, workflow.clock, days, workflow.house.audio, dry_run=dry)
        return {name: each.count for name, each in done.items()}

    assert run(dry=False) == {"messages": 0, "deliveries": 0}
    workflow.clock.moment = datetime(2030, 1, 1, tzinfo=UTC)
    assert run(dry=True) == run(dry=False) == {"messages": 1, "deliveries": 1}
    assert run(dry=False) == {"messages": 0, "deliveries": 0}
    merge, order = log.received(ANYTHING, None, 5).rows
    assert (merge.size_bytes > 0, order.size_bytes) == (True, 0)
    assert "SHA-256" in log.open_received(order.id).remarks[0]
    gone = log.open_sent(sent.control_id)
    assert (gone.body, gone.row.body_sha256) == (b"", sent.body_sha256)
    assert sent.body_sha256 in gone.remarks[0]
    with pytest.raises(Conflict, match="retention"):
        log.replay(order.id, DR_GRAY, force=True)
    assert (
        purge(
            workflow.database, workflow.clock, {"messages": 0}, workflow.house.audio, dry_run=False
        )
        == {}
    )


def test_a_key_that_no_accession_can_be_is_left_out(workflow: Workflow, log: MessageLog) -> None:
    body = (SAMPLES / "orm_o01_chest.hl7").read_bytes().replace(b"RA-20261122-0042", b"9" * 5000)
    messages.store_group(workflow.database, [inbound(body, "too long")])
    log.index()
    assert found(log, patient="MRN10042") == ["EHR0000000001"]


def test_a_message_whose_keys_cannot_be_read_stops_none_behind_it(workflow: Workflow) -> None:
    def read(body: bytes) -> SearchKeys:
        if b"A40" in body:
            raise RecursionError(body)
        return SearchKeys(("A1",))

    log = MessageLog(workflow.database, workflow.clock, {"hl7v2": read}, {})
    messages.store_group(workflow.database, [inbound(MERGE), sample("orm_o01_chest")])
    log.index()
    assert found(log, accession="A1") == ["EHR0000000001"]
    assert not log.index()


def test_bounds_of_time_hold_whatever_the_form_of_the_stored_time() -> None:
    zone = timezone(timedelta(hours=2))
    assert _moment(datetime(2026, 1, 1, 2, tzinfo=zone)) == "2026-01-01T00:00:00+00:00"
    bound = _moment(datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC))
    assert bound <= "2026-01-01T00:00:00.500+00:00"
    assert bound <= "2026-01-01T00:00:00.500000+00:00"
    assert bound > "2026-01-01T00:00:00.499999+00:00"

"""Stored in groups, applied in order, on both engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.domain.event import Event
from adapter.domain.identifiers import Phi, sha256_hex
from adapter.domain.message import InboundMessage
from adapter.domain.order import OrderAction, OrderEvent, OrderStatus
from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.domain.people import Patient
from adapter.errors import Rejected
from adapter.store import messages, studies
from adapter.workflow import orders
from adapter.workflow.intake import Intake
from adapter.workflow.study_flow import House
from tests.fakes.house import Workflow, order


def reader(body: bytes) -> list[OrderEvent]:
    """`A1 CR`: a new order; `A1 cancel`; anything that begins with ! is refused."""
    text = body.decode()
    if text.startswith("!"):
        raise Rejected("this order is wrong", location="OBR^1^18")
    accession, what = text.split()
    if what == "cancel":
        return [OrderEvent(OrderAction.CANCEL, OrderStatus.CANCELLED, order(accession))]
    return [OrderEvent(OrderAction.NEW, OrderStatus.SCHEDULED, order(accession, modality=what))]


def message(body: str, control_id: str = "", **values: Any) -> InboundMessage:
    raw = body.encode()
    return InboundMessage(
        **{
            "protocol": "test",
            "peer": "127.0.0.1:1",
            "sender": "EHR",
            "control_id": control_id or body,
            "type": "ORM^O01",
            "body": raw,
            "body_sha256": sha256_hex(raw),
            "received_at": "2026-01-01T00:00:00.000+00:00",
            **values,
        }
    )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def intake(workflow: Workflow) -> Iterator[Intake]:
    intake = Intake(workflow.house, {"test": reader})
    yield intake
    if intake._thread.is_alive():
        intake.stop()


def counts(workflow: Workflow) -> dict[str, int]:
    with workflow.database.read() as tx:
        return messages.count_by_state(tx)


def test_what_was_stored_before_a_restart_is_applied_after_it(
    workflow: Workflow, intake: Intake
) -> None:
    intake.store([message("A1 CR"), message("A1 cancel")])
    assert counts(workflow) == {"received": 2}
    intake.start()
    until(lambda: counts(workflow) == {"applied": 2})
    with workflow.database.read() as tx:
        study = studies.get(tx, "A1")
    assert (study.order.modality, study.order_status) == ("CR", "cancelled")


def test_more_than_one_group_is_applied_in_order(workflow: Workflow, intake: Intake) -> None:
    intake.start()
    batch = [message(f"A1 M{number:03}", str(number)) for number in range(120)]
    intake.store(batch)
    until(lambda: counts(workflow) == {"applied": 120})
    with workflow.database.read() as tx:
        study = studies.get(tx, "A1")
    assert (study.order.modality, study.version) == ("M119", 120)


def test_an_order_that_cannot_be_read_is_refused_and_kept(
    workflow: Workflow, intake: Intake
) -> None:
    intake.start()
    intake.store([message("!bad"), message("A2 CT")])
    until(lambda: counts(workflow) == {"refused": 1, "applied": 1})
    with workflow.database.read() as tx:
        assert messages.recent(tx, 1, "refused")[0].reason == "this order is wrong"


def test_two_appliers_apply_each_message_once(workflow: Workflow) -> None:
    both = [Intake(workflow.house, {"test": reader}) for _ in range(2)]
    both[0].store([message(f"B{number} CR") for number in range(150)])
    threads = [threading.Thread(target=each.start) for each in both]
    for thread in threads:
        thread.start()
    until(lambda: counts(workflow) == {"applied": 150})
    for each in both:
        each.stop()
    with workflow.database.read() as tx:
        assert {study.version for study in studies.listed(tx, None, 200, 0)} == {1}


@pytest.mark.parametrize("where", ["read", "apply"])
def test_a_fault_of_ours_stops_no_other_message(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    patient = Patient(Phi("SYN1"), "SYN", Phi("Other"))

    def faulty(body: bytes) -> list[Event]:
        if body == b"fault" and where == "read":
            raise KeyError("a fault")
        return [PatientEvent(PatientAction.UPDATE, patient)] if body == b"fault" else reader(body)

    def broken(house: object, tx: sa.Connection, event: object, cause: str) -> str:
        studies.change(tx, "A1", "now", order=order("A1", patient=patient))
        raise KeyError("a fault")

    monkeypatch.setattr("adapter.workflow.patients.apply", broken)
    intake = Intake(workflow.house, {"test": faulty})
    intake.start()
    intake.store([message("A1 CR"), message("fault"), message("A2 CT")])
    until(lambda: counts(workflow) == {"refused": 1, "applied": 2})
    intake.stop()
    with workflow.database.read() as tx:
        assert "could not be applied" in messages.recent(tx, 1, "refused")[0].reason
        assert studies.get(tx, "A1").order.patient.family == Phi("Demo")  # taken back whole


@pytest.mark.parametrize(
    "error", [KeyError("a fault"), sa.exc.IntegrityError("INSERT", None, Exception("not unique"))]
)
def test_an_order_that_cannot_be_applied_is_refused_after_some_tries_and_blocks_nobody(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries, real = list[str](), orders.apply

    def broken(house: House, tx: sa.Connection, event: OrderEvent, cause: str) -> str:
        if event.order.modality == "BAD":
            tries.append(cause)
            studies.change(tx, "A1", "now", order=event.order)
            raise error
        return real(house, tx, event, cause)

    monkeypatch.setattr("adapter.workflow.orders.apply", broken)
    intake = Intake(workflow.house, {"test": reader})
    intake.store([message(body) for body in ("A1 CR", "A1 BAD", "A2 CT", "A1 MR")])
    intake.start()
    until(lambda: counts(workflow) == {"refused": 1, "applied": 3})
    intake.stop()
    assert tries == ["A1 BAD"] * 4  # once with its group, then alone
    with workflow.database.read() as tx:
        refused = messages.recent(tx, 1, "refused")[0]
        assert studies.get(tx, "A1").order.modality == "MR"
    assert (refused.control_id, type(error).__name__ in refused.reason) == ("A1 BAD", True)
    assert workflow.events("A1") == ["order new", "order new"]  # the others in their order


def test_trouble_of_the_database_refuses_nothing(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, real = [1], orders.apply

    def troubled(house: House, tx: sa.Connection, event: OrderEvent, cause: str) -> str:
        if left[0]:
            left[0] -= 1
            raise sa.exc.OperationalError("UPDATE", None, Exception("disk is full"))
        return real(house, tx, event, cause)

    monkeypatch.setattr("adapter.workflow.orders.apply", troubled)
    intake = Intake(workflow.house, {"test": reader})
    intake.store([message("A1 CR"), message("A2 CT")])
    intake.start()
    until(lambda: counts(workflow) == {"applied": 2})
    intake.stop()


def test_take_stores_applies_and_answers_at_once(workflow: Workflow, intake: Intake) -> None:
    intake.take(message("A1 CR"))
    intake.take(message("A1 CR"))
    assert counts(workflow) == {"applied": 1}
    assert workflow.events("A1") == ["order new"]
    with pytest.raises(Rejected, match="wrong"):
        intake.take(message("!bad"))
    assert counts(workflow) == {"applied": 1, "refused": 1}

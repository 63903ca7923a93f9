"""Appointments move an order or leave it waiting, on both database engines."""

from __future__ import annotations

import pytest

from adapter.domain.appointment import AppointmentEvent
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import OrderStatus
from adapter.domain.people import Patient
from adapter.store import studies
from adapter.workflow import events
from tests.fakes.house import Workflow

ME = Patient(Phi("SYN1"), "SYN")


def tell(workflow: Workflow, event: AppointmentEvent) -> str:
    with workflow.database.write() as tx:
        return events.apply(workflow.house, tx, [event], "C1")


def test_an_order_is_moved_and_then_waits(workflow: Workflow) -> None:
    workflow.order("A1", scheduled_at="20260101080000")
    moved = AppointmentEvent(Accession("A1"), ME, "20260203101500", OrderStatus.SCHEDULED)
    assert tell(workflow, moved) == ""
    assert tell(workflow, AppointmentEvent(Accession("A1"), ME, "", OrderStatus.HELD)) == ""
    with workflow.database.read() as tx:
        study = studies.get(tx, "A1")
    assert (study.order.scheduled_at, study.order_status) == ("20260203101500", OrderStatus.HELD)
    assert workflow.events("A1") == ["order new", "appointment changed", "appointment changed"]


@pytest.mark.parametrize("status", [OrderStatus.COMPLETED, OrderStatus.CANCELLED])
def test_an_order_that_no_longer_waits_is_left_alone(
    workflow: Workflow, status: OrderStatus
) -> None:
    workflow.order("A1", status=status)
    event = AppointmentEvent(Accession("A1"), ME, "20260203101500", OrderStatus.SCHEDULED)
    assert f"the order is {status}" in tell(workflow, event)
    with workflow.database.read() as tx:
        assert studies.get(tx, "A1").order_status is status


@pytest.mark.parametrize(
    ("accession", "patient", "said"),
    [("A9", ME, "no study"), ("A1", Patient(Phi("OTHER"), "SYN"), "another patient")],
)
def test_what_changes_nothing_is_said(
    workflow: Workflow, accession: str, patient: Patient, said: str
) -> None:
    workflow.order("A1")
    event = AppointmentEvent(Accession(accession), patient, "20260203", OrderStatus.HELD)
    assert said in tell(workflow, event)
    assert workflow.events("A1") == ["order new"]

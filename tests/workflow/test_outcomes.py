"""Numbers for placers' orders, and what became of a message, on both database engines."""

from __future__ import annotations

from dataclasses import fields, replace

from adapter.domain.identifiers import Accession, Phi, sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import (
    Code,
    NumberRequest,
    Order,
    OrderAction,
    OrderEvent,
    OrderName,
    OrderStatus,
    Priority,
    Side,
)
from adapter.domain.people import Patient, Sex
from adapter.store import messages, order_numbers, studies
from adapter.workflow import events
from adapter.workflow.outcomes import outcome_of
from tests.fakes.house import Workflow, order


def ask(workflow: Workflow, sender: str, placer: str) -> str | None:
    request = NumberRequest(sender, placer, "R{year}{number:04}")
    with workflow.database.write() as tx:
        assert events.apply(workflow.house, tx, [request], "C1") == ""
        return order_numbers.find(tx, sender, placer)


def test_every_order_has_its_own_number_for_ever(workflow: Workflow) -> None:
    year = f"{workflow.clock.now():%Y}"
    first, second = ask(workflow, "EHR|N", "P1"), ask(workflow, "EHR|N", "P2")
    assert (first, second) == (f"R{year}0001", f"R{year}0002")
    assert ask(workflow, "EHR|N", "P1") == first
    assert ask(workflow, "HIS|N", "P1") == f"R{year}0003"
    with workflow.database.read() as tx:
        assert studies.listed(tx, None, 10, 0) == []


def test_an_unmapped_control_of_an_unknown_order_makes_no_study(workflow: Workflow) -> None:
    workflow.order("A1", OrderAction.CHANGE, None)
    with workflow.database.read() as tx:
        assert studies.find(tx, "A1") is None
    workflow.order("A2", OrderAction.NEW, None)  # an order is never lost
    assert workflow.events("A2") == ["order new"]


def test_the_outcome_of_a_message_with_its_orders(workflow: Workflow) -> None:
    body = b"MSH|"
    message = InboundMessage("hl7v2", "p", "EHR|N", "C1", "ORM^O01", body, sha256_hex(body), "")
    with workflow.database.write() as tx:
        messages.store(tx, [message])
    workflow.order("A1", placer_number="P7")
    number = ask(workflow, "EHR|N", "P1")
    patient = order("A1").patient
    names = [OrderName(patient, "A1"), OrderName(patient, "A9"), OrderName(patient, "", "P7")]
    names.append(OrderName(Patient(Phi("OTHER")), "", "P7"))
    found = outcome_of(workflow.database, message, names, ["P1", "P9"], 0.02)
    assert found.state is MessageState.RECEIVED
    with workflow.database.write() as tx:
        messages.settle_same(tx, message, MessageState.REFUSED, "why")
    found = outcome_of(workflow.database, message, names, ["P1", "P9"], 5)
    assert (found.state, found.reason) == (MessageState.REFUSED, "why")
    assert (list(found.studies), found.numbers) == ([names[0], names[2]], {"P1": number})


def cancel(workflow: Workflow, accession: str = "", **numbers: str) -> str:
    """Cancel an order by what it is called."""
    patient = numbers.pop("mrn", "SYN1")
    named = order(accession, procedure=Code(""), patient=Patient(Phi(patient), "SYN"), **numbers)
    untold = frozenset(each.name for each in fields(Order)) - {"accession", "patient"}
    event = OrderEvent(OrderAction.CANCEL, OrderStatus.CANCELLED, named, untold=untold)
    with workflow.database.write() as tx:
        return events.apply(workflow.house, tx, [event], "C9")


def states(workflow: Workflow) -> dict[str, str]:
    with workflow.database.read() as tx:
        found = studies.listed(tx, None, 50, 0)
    return {each.order.accession: each.order_status.value for each in found}


def test_an_order_is_cancelled_by_any_of_its_numbers(workflow: Workflow) -> None:
    workflow.order("A1", placer_number="P1", filler_number="F1")
    workflow.order("A2", placer_number="P1", filler_number="F2")
    workflow.order("A3", placer_number="P1")
    workflow.order("A4", placer_number="P1", patient=Patient(Phi("OTHER")))
    assert cancel(workflow, placer_number="P1", filler_number="F2") == ""
    assert cancel(workflow, "F1", placer_number="P9", filler_number="F1") == ""
    assert [state for _, state in sorted(states(workflow).items())] == [
        *("cancelled", "cancelled"),
        *("scheduled", "scheduled"),
    ]
    assert cancel(workflow, placer_number="P1", filler_number="F9") == ""  # A3's is not known yet
    assert states(workflow)["A3"] == "cancelled"
    assert "no study of this order" in cancel(workflow, placer_number="P2")
    assert "no study of this order" in cancel(workflow, "A9", placer_number="P1")  # not A1's
    assert "no study of this order" in cancel(workflow, placer_number="P1", mrn="NOBODY")
    assert states(workflow)["A4"] == "scheduled"
    with workflow.database.read() as tx:
        known = studies.get(tx, "A1").order
        assert {each.order.accession for each in studies.of_order(tx, "P1")} >= {"A1", "A4"}
    assert (known.procedure, known.modality) == (order("A1").procedure, order("A1").modality)


def test_a_change_keeps_what_it_does_not_tell_and_deletes_what_it_says(workflow: Workflow) -> None:
    jane = Patient(Phi("M1"), "SYN", Phi("Demo"), Phi("Jane"), Phi("19700101"), Sex.FEMALE)
    known = {"reason": Phi("Cough"), "modality": "CT", "side": Side.LEFT, "patient": jane}
    workflow.order("A1", priority=Priority.STAT, linked=(Accession("A2"),), **known)
    told = order("A1", modality="", patient=replace(jane, birth_date=Phi(""), sex=Sex.UNKNOWN))
    untold = frozenset({"reason", "side", "priority", "linked"})
    cleared = frozenset({"birth_date"})
    change = OrderEvent(
        OrderAction.CHANGE, OrderStatus.COMPLETED, told, untold=untold, cleared=cleared
    )
    with workflow.database.write() as tx:
        events.apply(workflow.house, tx, [change], "C9")
        now = studies.get(tx, "A1").order
    assert (now.reason, now.side, now.priority) == (Phi("Cough"), Side.LEFT, Priority.STAT)
    assert (now.modality, now.linked) == ("", ("A2",))
    assert (now.patient.sex, now.patient.birth_date) == (Sex.FEMALE, Phi(""))
    other = replace(change, order=replace(told, procedure=Code("KNEE", "Knee")))
    with workflow.database.write() as tx:
        events.apply(workflow.house, tx, [other], "C9")
        now = studies.get(tx, "A1").order
    assert (now.side, now.reason) == (None, Phi("Cough"))  # no side of another examination

"""Numbers for placers' orders, and what became of a message, on both database engines."""

from __future__ import annotations

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import NumberRequest, OrderAction
from adapter.store import messages, order_numbers, studies
from adapter.workflow import events
from adapter.workflow.outcomes import outcome_of
from tests.fakes.house import Workflow


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
    workflow.order("A1")
    number = ask(workflow, "EHR|N", "P1")
    found = outcome_of(workflow.database, message, ["A1", "A9"], ["P1", "P9"], 0.02)
    assert found.state is MessageState.RECEIVED
    with workflow.database.write() as tx:
        messages.settle_same(tx, message, MessageState.REFUSED, "why")
    found = outcome_of(workflow.database, message, ["A1", "A9"], ["P1", "P9"], 5)
    assert (found.state, found.reason) == (MessageState.REFUSED, "why")
    assert (list(found.studies), found.numbers) == (["A1"], {"P1": number})

"""What a node does by itself: retention on a schedule, looks that may fail alone."""

from __future__ import annotations

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.store import message_keys, message_log, messages, studies
from adapter.workflow.upkeep import Upkeep
from tests.fakes.house import Workflow


def receive(workflow: Workflow, control_id: str) -> None:
    body = f"MSH|{control_id}".encode()
    at = workflow.house.now()
    each = InboundMessage("t", "p", "EHR|N", control_id, "ORM", body, sha256_hex(body), at)
    with workflow.database.write() as tx:
        messages.store(tx, [each])
        messages.settle_same(tx, each, MessageState.APPLIED)
        message_keys.add_keys(tx, [id_ for id_, _, _ in message_keys.unindexed(tx, 9)], [])


def left(workflow: Workflow) -> list[str]:
    with workflow.database.read() as tx:
        rows = message_log.received(tx, message_log.Search({}), None, 10).rows
    return [each.control_id for each in rows if each.size_bytes]


def test_retention_runs_by_itself_and_leaves_a_trace(workflow: Workflow) -> None:
    receive(workflow, "OLD")
    workflow.clock.forward(40 * 86_400)
    receive(workflow, "NEW")
    upkeep = Upkeep(workflow.house, {"messages": 30, "deliveries": 0}, 24)
    upkeep()
    assert left(workflow) == ["NEW"]
    workflow.clock.forward(40 * 86_400)
    upkeep()  # not yet: a day has not passed
    assert left(workflow) == ["NEW"]
    with workflow.database.read() as tx:
        told = [(event, detail) for _, event, detail in studies.events(tx, "")]
    assert told == [("purged", "bodies removed: 1 messages")]


def test_without_a_schedule_only_the_command_removes(workflow: Workflow) -> None:
    receive(workflow, "OLD")
    workflow.clock.forward(40 * 86_400)
    Upkeep(workflow.house, {"messages": 30}, 0)()
    assert left(workflow) == ["OLD"]


def test_a_look_that_fails_leaves_the_others_alone(workflow: Workflow) -> None:
    seen = list[str]()

    def broken() -> None:
        raise OSError("gone")

    def whole() -> None:
        seen.append("looked")

    Upkeep(workflow.house, {}, 24, broken, whole)()
    assert seen == ["looked"]

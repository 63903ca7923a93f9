"""Two nodes on one PostgreSQL owe the same answers: one of them gives each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio

from adapter.domain.message import InboundMessage, MessageState
from adapter.errors import TryAgain
from adapter.hl7v2.framing import END, frame
from adapter.hl7v2.message import Message
from adapter.jobs.lanes import Lanes
from adapter.mapping.listeners import AnswerAddress
from adapter.store import lanes, messages
from adapter.store.database import Database
from tests.hl7v2.test_owed_answers import (
    Applied,
    Start,
    client_of,
    order,
    owed,
    start,
    told,
)
from tests.hl7v2.waiting import until
from tests.peers import postgres

__all__ = ["start"]
pytestmark = pytest.mark.peer
QUEUE = "owed answers"
SENDER = "EHR|NORTH"
LEASE_S = 60.0


@pytest.fixture
def applied(empty_postgres: str) -> Iterator[Applied]:
    database = Database(postgres.copy_of(empty_postgres))
    made = Applied(database)
    made.gate.set()
    yield made
    database.close()


def owe(applied: Applied, *control_ids: str) -> None:
    """Messages that were applied when their sender had gone."""
    for each in control_ids:
        message = InboundMessage(
            "hl7v2", "127.0.0.1", SENDER, each, "ORM^O01", order(each), each, "2026", "", "default"
        )
        messages.store_group(applied.database, [message])
        with applied.database.write() as tx:
            messages.settle_same(tx, message, MessageState.APPLIED)


@dataclass
class Node:
    """One of the two; `turned_away`: how often it found the other at work."""

    database: Database
    name: str
    turned_away: int = 0

    @asynccontextmanager
    async def alone(self, lane: str) -> AsyncIterator[None]:
        try:
            async with Lanes(self.database, self.name, LEASE_S).alone(QUEUE, lane):
                yield
        except TryAgain:
            self.turned_away += 1
            raise


class Receiver:
    """Takes answers, and acknowledges them once its gate is open."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.gate = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while block := await reader.readuntil(END):
                answer = Message.parse(block[1:-2])
                self.received.append(told(answer)[2])
                await self.gate.wait()
                head = "MSH|^~\\&|||||2026||ACK|1|P|2.5.1\rMSA|AA|"
                writer.write(frame(f"{head}{answer.header.control_id}\r".encode()))


Far = tuple[Receiver, AnswerAddress]


@pytest_asyncio.fixture
async def receiver(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[Receiver, AnswerAddress]]:
    monkeypatch.setattr("adapter.hl7v2.owed._LOOK_S", 0.02)
    made = Receiver()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    yield made, AnswerAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    made.gate.set()
    server.close()


async def test_one_of_two_nodes_brings_each_answer_once(
    start: Start, applied: Applied, receiver: Far
) -> None:
    far, address = receiver
    owe(applied, "C1", "C2", "C3")
    nodes = [Node(applied.database, "node-1"), Node(applied.database, "node-2")]
    for each in nodes:
        await start(address, each.alone)
    await until(lambda: sum(each.turned_away for each in nodes) > 2)
    assert far.received == ["C1"]  # the receiver has not answered yet
    far.gate.set()
    await until(lambda: owed(applied) == [])
    assert far.received == ["C1", "C2", "C3"]


async def test_a_dead_node_holds_the_answers_no_longer_than_its_lease(
    start: Start, applied: Applied, receiver: Far
) -> None:
    far, address = receiver
    far.gate.set()
    owe(applied, "C1")
    with applied.database.write() as tx:
        lanes.take(tx, QUEUE, "default", "node-9", LEASE_S)
    second = Node(applied.database, "node-2")
    await start(address, second.alone)
    await until(lambda: second.turned_away > 0)
    assert far.received == []
    with applied.database.write() as tx:  # the lease ends: nobody renews it
        lanes.take(tx, QUEUE, "default", "node-9", 0.1)
    await until(lambda: owed(applied) == [])
    assert far.received == ["C1"]


async def test_a_sender_is_told_by_the_node_that_may(start: Start, applied: Applied) -> None:
    owe(applied, "C1")
    lane = f"default {SENDER}"
    with applied.database.write() as tx:
        lanes.take(tx, QUEUE, lane, "node-9", LEASE_S)
    node = Node(applied.database, "node-2")
    client = await client_of(await start(None, node.alone))
    assert told(await client.ask(order("X1", modes="|"))) == ("ACK", "AA", "X1")
    await until(lambda: node.turned_away == 1)
    with applied.database.write() as tx:
        lanes.give_back(tx, QUEUE, lane, "node-9")
    await client.send(order("X2", modes="|"))
    answers = {told(await client.answer()) for _ in range(2)}
    assert answers == {("ACK", "AA", "X2"), ("ORR", "AA", "C1")}
    await until(lambda: owed(applied) == [])
    await client.close()

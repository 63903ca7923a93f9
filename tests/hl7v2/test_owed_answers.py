"""Application acknowledgements outlive the connection, and the process, that they were asked on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio

from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.outcome import Outcome
from adapter.hl7v2.framing import END, frame
from adapter.hl7v2.listener import Door, MllpLimits, MllpListener
from adapter.hl7v2.message import Message
from adapter.hl7v2.owed import Alone, only_node
from adapter.hl7v2.responder import Responder
from adapter.mapping.hl7_orders import OrderMapping
from adapter.mapping.listeners import AnswerAddress
from adapter.store import messages
from adapter.store.database import Database
from adapter.store.owed_answers import OwedAnswers
from tests.hl7v2.conftest import RawClient
from tests.hl7v2.responding import OBR, Told, message
from tests.hl7v2.waiting import until

Start = Callable[..., Awaitable[MllpListener]]


class Applied:
    """Applies what was stored once its gate is open, and tells of it."""

    def __init__(self, database: Database) -> None:
        self.database, self.gate = database, threading.Event()

    def __call__(self, each: InboundMessage, *asked: Any) -> Outcome:
        if not self.gate.wait(0.3):
            return Outcome(MessageState.RECEIVED)
        with self.database.write() as tx:
            messages.settle_same(tx, each, MessageState.APPLIED)
        return Told()(each, *asked)


@pytest.fixture
def applied(sqlite: Database) -> Any:
    return Applied(sqlite)


@pytest_asyncio.fixture
async def start(applied: Applied, mapping: OrderMapping, clock: Any) -> AsyncIterator[Start]:
    made: list[MllpListener] = []

    def store(batch: Sequence[InboundMessage]) -> list[MessageState]:
        return messages.store_group(applied.database, batch)

    async def listening(
        answers: AnswerAddress | None = None, alone: Alone = only_node
    ) -> MllpListener:
        ledger, responder = OwedAnswers(applied.database), Responder(mapping, applied)
        door = Door(responder=responder, ledger=ledger, answers=answers, alone=alone)
        limits = MllpLimits(idle_seconds=30)
        made.append(MllpListener("127.0.0.1", 0, limits, lambda _: None, store, clock, door=door))
        await made[-1].start()
        return made[-1]

    yield listening
    applied.gate.set()
    for each in made:
        await each.stop()


def order(control_id: str, sender: str = "EHR", modes: str = "AL|AL") -> bytes:
    body = message("ORC|NW|P1", OBR, modes=modes).replace(b"|C1|", f"|{control_id}|".encode())
    return body.replace(b"|EHR|", f"|{sender}|".encode(), 1)


async def client_of(listener: MllpListener) -> RawClient:
    return RawClient(*await asyncio.open_connection("127.0.0.1", listener.port))


def told(answer: Message) -> tuple[str, str, str]:
    msa = answer.first("MSA")
    assert msa is not None
    return answer.header.type.partition("^")[0], msa.text(1), msa.text(2)


def owed(applied: Applied) -> list[str]:
    return OwedAnswers(applied.database).senders("default")


async def leave(listener: MllpListener, *control_ids: str) -> None:
    """A sender that is gone before its messages are applied."""
    client = await client_of(listener)
    for each in control_ids:
        assert told(await client.ask(order(each))) == ("ACK", "CA", each)
    await client.close()
    await until(lambda: not listener.connections)


async def test_it_is_given_on_the_next_connection_of_that_sender(
    start: Start, applied: Applied
) -> None:
    listener = await start()
    await leave(listener, "C1", "C2")
    applied.gate.set()
    other = await client_of(listener)
    assert told(await other.ask(order("X1", sender="OTHER", modes="|"))) == ("ACK", "AA", "X1")
    with applied.database.write() as tx:
        for each in messages.waiting(tx, 9):
            messages.settle(tx, each.id, MessageState.APPLIED)
    await until(lambda: listener._owing is not None and "EHR|NORTH" in listener._owing.senders)
    client = await client_of(listener)
    assert told(await client.ask(order("C3", modes="|"))) == ("ACK", "AA", "C3")
    assert [told(await client.answer()) for _ in range(2)] == [
        ("ORR", "AA", "C1"),
        ("ORR", "AA", "C2"),
    ]
    await until(lambda: owed(applied) == [])
    assert told(await client.ask(order("C4", modes="|"))) == ("ACK", "AA", "C4")
    await other.close()
    await client.close()


async def test_it_is_given_after_a_restart(start: Start, applied: Applied) -> None:
    listener = await start()
    await leave(listener, "C1")
    await listener.stop()
    assert owed(applied) == ["EHR|NORTH"]
    applied.gate.set()
    with applied.database.write() as tx:
        messages.settle(tx, 1, MessageState.APPLIED)
    client = await client_of(await start())
    await client.send(order("C2"))
    answers = {told(await client.answer()) for _ in range(3)}
    assert answers == {("ACK", "CA", "C2"), ("ORR", "AA", "C1"), ("ORR", "AA", "C2")}
    await until(lambda: owed(applied) == [])
    await client.close()


async def test_nothing_is_owed_to_one_that_stays_or_asks_for_nothing(
    start: Start, applied: Applied
) -> None:
    applied.gate.set()
    client = await client_of(await start())
    for modes in ("AL|NE", "NE|AL", "|"):
        await client.ask(order(f"C{modes}".replace("|", "-"), modes=modes))
        assert owed(applied) == []
    await client.send(order("C9"))
    assert [told(await client.answer())[1] for _ in range(2)] == ["CA", "AA"]
    await until(lambda: owed(applied) == [])
    await client.close()


async def test_it_goes_to_an_address_of_its_own_until_it_is_taken(
    start: Start, applied: Applied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.hl7v2.owed._LOOK_S", 0.02)
    received: list[Message] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.readuntil(END):
            received.append(Message.parse(block[1:-2]))
            about = "WRONG" if len(received) == 1 else received[-1].header.control_id
            head = "MSH|^~\\&|||||2026||ACK|1|P|2.5.1\rMSA|"
            writer.write(frame(f"{head}{'AA' if len(received) < 3 else 'AE'}|{about}\r".encode()))

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()  # it is down at first
    applied.gate.set()
    listener = await start(AnswerAddress(host="127.0.0.1", port=port))
    client = await client_of(listener)
    assert told(await client.ask(order("C1"))) == ("ACK", "CA", "C1")
    with applied.database.write() as tx:
        messages.settle(tx, 1, MessageState.APPLIED)
    server = await asyncio.start_server(receive, "127.0.0.1", port)
    await until(lambda: owed(applied) == [])
    assert [told(each) for each in received] == [("ORR", "AA", "C1")] * 2  # one answered wrongly
    assert told(await client.ask(order("C2", modes="|"))) == ("ACK", "AA", "C2")
    await client.close()
    server.close()

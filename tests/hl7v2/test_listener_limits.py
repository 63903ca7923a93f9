from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import hl7
import pytest
import uvloop
from hl7.mllp import open_hl7_connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain.message import MessageState
from adapter.hl7v2.ack import read_acknowledgement
from adapter.hl7v2.framing import frame
from adapter.hl7v2.listener import MllpLimits, MllpListener
from adapter.store import messages as message_store
from adapter.store.database import Database

Listen = Callable[..., Awaitable[MllpListener]]
Connect = Callable[[MllpListener], Awaitable[Any]]
OrderText = Callable[..., bytes]


async def test_a_batch_in_one_frame_is_answered_message_by_message(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    await client.send(order_text("B1") + order_text("B2", accession="") + order_text("B3"))
    answers = [(await client.answer()).first("MSA") for _ in range(3)]
    assert [(msa.text(1), msa.text(2)) for msa in answers] == [
        ("AA", "B1"),
        ("AE", "B2"),
        ("AA", "B3"),
    ]
    assert store.messages[0].body == order_text("B1")


async def test_too_many_connections_are_closed_at_once(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    listener = await listen(max_connections=2)
    clients = [await connect(listener) for _ in range(2)]
    for client in clients:
        await client.ask(order_text())
    third = await connect(listener)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await third.ask(order_text())
    assert (await clients[0].ask(order_text("again"))).first("MSA").text(1) == "AA"


async def test_an_idle_connection_is_closed(listen: Listen, connect: Connect) -> None:
    client = await connect(await listen(idle_seconds=0.1))
    assert await client.rest() == b""


async def test_reading_pauses_while_too_much_waits_and_goes_on_afterwards(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    listener = await listen(max_pending_bytes=20_000)
    client = await connect(listener)
    store.gate.clear()
    total = 30_000
    sending = asyncio.create_task(client.send(order_text("PAD")))
    await sending
    padding = b"NTE|1||" + b"x" * 900 + b"\r"

    async def flood() -> None:
        for number in range(total // 1000):
            for _ in range(20):
                client.writer.write(frame(order_text(f"N{number}") + padding))
            await client.writer.drain()

    async def count_answers() -> int:
        for _ in range(1 + total // 1000 * 20):
            await client.answer()
        return 1 + total // 1000 * 20

    writing = asyncio.create_task(flood())
    await asyncio.sleep(0.3)
    held = sum(len(each.message.body) for each in listener._commit._waiting)
    assert held < 20_000 + 2 * 262_144  # the limit and what one read may bring
    store.gate.set()
    assert await asyncio.wait_for(count_answers(), 20) == 601
    await writing


async def test_stop_answers_what_it_has_stored(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    listener = await listen()
    clients = [await connect(listener) for _ in range(5)]
    store.gate.clear()
    for number, client in enumerate(clients):
        await client.send(order_text(f"C{number}"))
    await asyncio.sleep(0.1)
    stopping = asyncio.create_task(listener.stop())
    await asyncio.sleep(0.05)
    store.gate.set()
    for number, client in enumerate(clients):
        assert (await client.answer()).first("MSA").text(2) == f"C{number}"
        assert await client.rest() == b""
    await stopping
    assert {message.control_id for message in store.messages} == {f"C{n}" for n in range(5)}
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.0.0.1", listener.port)


async def test_a_stopped_port_can_be_bound_again(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    first = await listen()
    client = await connect(first)
    await client.ask(order_text())
    await first.stop()
    second = await listen(first.port)
    assert second.port == first.port
    again = await connect(second)
    assert (await again.ask(order_text())).first("MSA").text(1) == "AA"


@pytest.mark.peer
async def test_the_asyncio_client_of_python_hl7(
    listen: Listen, store: Any, order_text: OrderText
) -> None:
    listener = await listen()
    reader, writer = await open_hl7_connection("127.0.0.1", listener.port, encoding="utf-8")
    for number in range(10):
        writer.writemessage(hl7.parse(order_text(f"P{number}").decode()))
        await writer.drain()
        answer = await asyncio.wait_for(reader.readmessage(), 10)
        assert str(answer["MSA.F1"]) == "AA"
        assert str(answer["MSA.F2"]) == f"P{number}"
    writer.close()
    assert len(store.messages) == 10


@pytest.mark.peer
async def test_the_blocking_client_of_python_hl7(listen: Listen, order_text: OrderText) -> None:
    listener = await listen()

    def ask() -> bytes:
        with hl7.client.MLLPClient("127.0.0.1", listener.port) as client:
            answer: bytes = client.send_message(order_text("SYNC"))
            return answer

    import hl7.client

    answer = await asyncio.to_thread(ask)
    ack = read_acknowledgement(answer.strip(b"\x0b\x1c\r") + b"\r")
    assert (ack.code, ack.control_id) == ("AA", "SYNC")


def test_it_runs_on_uvloop(order_text: OrderText, store: Any, clock: Any) -> None:
    async def talk() -> list[str]:
        listener = MllpListener("127.0.0.1", 0, MllpLimits(), lambda _: None, store, clock)
        await listener.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"".join(frame(order_text(f"U{n}")) for n in range(50)))
        codes = []
        for _ in range(50):
            block = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
            codes.append(read_acknowledgement(block[1:-2]).code)
        await listener.stop()
        writer.close()
        return codes

    assert uvloop.run(talk()) == ["AA"] * 50


async def test_with_the_real_store_every_acknowledged_message_is_in_the_database(
    tmp_path: Path, connect: Connect, clock: Any, order_text: OrderText
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    database.migrate()

    def store(batch: Any) -> list[MessageState]:
        with database.write() as tx:
            return message_store.store(tx, batch)

    listener = MllpListener("127.0.0.1", 0, MllpLimits(), lambda _: None, store, clock)
    await listener.start()
    clients = [await connect(listener) for _ in range(8)]

    async def talk(name: int) -> None:
        for number in range(20):
            answer = await clients[name].ask(order_text(f"{name}-{number}"))
            assert answer.first("MSA").text(1) == "AA"

    await asyncio.gather(*(talk(name) for name in range(8)))
    await listener.stop()
    with database.read() as tx:
        assert message_store.count_by_state(tx) == {MessageState.RECEIVED: 160}
    database.close()


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\x0b", b"\x1c\r", b"MSH|^~\\&|A|B", b"\r", b"PID|1||M1\r", b"|", b"\n"]),
    ),
    max_size=12,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(PIECES, max_size=4))
def test_any_bytes_are_answered_or_refused_and_the_next_sender_is_served(
    order_text: OrderText, clock: Any, streams: list[list[bytes]]
) -> None:
    async def talk() -> None:
        limits = MllpLimits(max_frame_bytes=300, outside_seconds=0.01)
        kept: list[bytes] = []

        def store(batch: Any) -> list[MessageState]:
            kept.extend(message.body for message in batch)
            return [MessageState.RECEIVED] * len(batch)

        listener = MllpListener("127.0.0.1", 0, limits, lambda _: None, store, clock)
        await listener.start()
        for pieces in streams:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            for piece in pieces:
                writer.write(piece)
            writer.write_eof()
            answers = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            data = b"".join(pieces)
            content = data.translate(None, b"\x0b\x1c\r\n")
            assert answers.count(b"MSA|") == answers.count(b"\x0b") == answers.count(b"\x1c\r")
            assert bool(answers) or not content
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(frame(order_text("LAST")))
        block = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
        assert read_acknowledgement(block[1:-2]).code == "AA"
        writer.close()
        await listener.stop()
        assert order_text("LAST") in kept

    asyncio.run(talk())

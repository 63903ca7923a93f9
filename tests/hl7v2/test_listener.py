from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapter.hl7v2.framing import frame
from adapter.hl7v2.listener import MllpLimits, MllpListener
from tests.hl7v2.waiting import until

Listen = Callable[..., Awaitable[MllpListener]]
Connect = Callable[[MllpListener], Awaitable[Any]]
OrderText = Callable[..., bytes]


async def test_a_message_is_stored_as_it_came_and_answered(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    listener = await listen()
    client = await connect(listener)
    body = order_text("C7")
    answer = await client.ask(body)
    assert (answer.first("MSA").text(1), answer.first("MSA").text(2)) == ("AA", "C7")
    (message,) = store.messages
    assert (message.body, message.control_id, message.type) == (body, "C7", "ORM^O01")
    assert (message.protocol, message.sender, message.refusal) == ("hl7v2", "EHR|NORTH", "")
    assert message.peer.startswith("127.0.0.1:")
    assert message.received_at == "2026-11-22T10:15:30+00:00"


async def test_nothing_is_answered_before_it_is_stored(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    store.gate.clear()
    await client.send(order_text())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.2)
    store.gate.set()
    assert (await client.answer()).first("MSA").text(1) == "AA"


async def test_what_arrives_during_a_commit_goes_into_the_next_together(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    listener = await listen()
    clients = [await connect(listener) for _ in range(20)]
    store.gate.clear()
    bodies = [order_text(f"C{number}") for number in range(20)]
    await clients[0].send(bodies[0])
    await until(lambda: store.begun == 1)
    for client, body in zip(clients[1:], bodies[1:], strict=True):
        await client.send(body)
    await until(lambda: listener._commit.pending_bytes == sum(map(len, bodies)))
    store.gate.set()
    for client in clients:
        await client.answer()
    assert [len(batch) for batch in store.batches] == [1, 19]


async def test_pipelined_messages_are_answered_in_order(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    client = await connect(await listen())
    client.writer.write(b"".join(frame(order_text(f"C{n}")) for n in range(200)))
    answered = [(await client.answer()).first("MSA").text(2) for _ in range(200)]
    assert answered == [f"C{n}" for n in range(200)]


async def test_a_duplicate_is_accepted_again(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    codes = [(await client.ask(order_text())).first("MSA").text(1) for _ in range(2)]
    assert codes == ["AA", "AA"]
    assert len(store.seen) == 1


async def test_a_missing_accession_is_refused_kept_and_the_connection_goes_on(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    for _ in range(2):  # the same message again is refused again, never taken for a duplicate
        answer = await client.ask(order_text("BAD", accession=""))
        assert answer.first("MSA").text(1) == "AE"
        assert answer.first("ERR").field(2) == "OBR^1^18"
        assert answer.first("ERR").text(3) == "101"
    assert "accession" in store.messages[0].refusal
    assert (await client.ask(order_text("GOOD"))).first("MSA").text(1) == "AA"


async def test_an_unknown_type_is_rejected(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    client = await connect(await listen())
    answer = await client.ask(order_text(type="ADT^A08"))
    assert (answer.first("MSA").text(1), answer.first("ERR").text(3)) == ("AR", "200")
    assert "ADT^A08" in answer.first("MSA").text(3)


async def test_enhanced_mode_answers_ca(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    client = await connect(await listen())
    assert (await client.ask(order_text(tail="|||AL|NE"))).first("MSA").text(1) == "CA"
    answer = await client.ask(order_text(accession="", tail="|||AL|NE"))
    assert answer.first("MSA").text(1) == "CE"


@pytest.mark.parametrize("body", [b"", b"hello", b"PID|1||M1", b"MSH", b"MSH|^~\\&|\x00"])
async def test_an_unreadable_header_is_rejected_and_kept(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText, body: bytes
) -> None:
    client = await connect(await listen())
    answer = await client.ask(body)
    assert (answer.first("MSA").text(1), answer.first("MSA").text(2)) == ("AR", "UNKNOWN")
    assert store.messages[0].body == body
    assert store.messages[0].refusal
    assert (await client.ask(order_text())).first("MSA").text(1) == "AA"


async def test_unframed_bytes_are_rejected_kept_and_the_connection_closed(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen(outside_seconds=0.05))
    client.writer.write(order_text("U1"))
    answer = await client.answer()
    assert (answer.first("MSA").text(1), answer.first("MSA").text(2)) == ("AR", "U1")
    assert "VT message FS CR" in answer.first("MSA").text(3)
    assert await client.rest() == b""
    assert store.messages[0].body == order_text("U1")


async def test_an_http_request_on_the_port_is_rejected(
    listen: Listen, connect: Connect, store: Any
) -> None:
    client = await connect(await listen(outside_seconds=0.05))
    client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await client.answer()).first("MSA").text(1) == "AR"
    assert store.messages[0].refusal


async def test_an_oversize_frame_is_rejected_and_the_connection_closed(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen(max_frame_bytes=2000))
    await client.send(order_text("BIG") + b"NTE|" + b"x" * 5000)
    answer = await client.answer()
    assert (answer.first("MSA").text(1), answer.first("MSA").text(2)) == ("AR", "BIG")
    assert "mllp_max_frame_bytes" in answer.first("MSA").text(3)
    assert await client.rest() == b""
    assert len(store.messages[0].body) == 2000


async def test_a_frame_cut_by_the_sender_s_death_is_kept_as_refused(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    client.writer.write(frame(order_text("HALF"))[:-30])
    await client.close()
    await until(lambda: bool(store.messages))
    assert store.messages[0].control_id == "HALF"
    assert "ended within" in store.messages[0].refusal


async def test_a_sender_that_closes_its_half_still_gets_its_answer(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    client = await connect(await listen())
    client.writer.write(frame(order_text("EOF")))
    client.writer.write_eof()
    assert (await client.answer()).first("MSA").text(1) == "AA"
    assert await client.rest() == b""


async def test_a_failing_store_answers_ae_and_the_service_goes_on(
    listen: Listen, connect: Connect, store: Any, order_text: OrderText
) -> None:
    client = await connect(await listen())
    store.error = sqlite3.OperationalError("database or disk is full")
    answer = await client.ask(order_text())
    assert (answer.first("MSA").text(1), answer.first("ERR").text(3)) == ("AE", "207")
    assert store.messages == []
    store.error = None
    assert (await client.ask(order_text())).first("MSA").text(1) == "AA"


async def test_a_fault_in_the_review_refuses_the_message_and_keeps_it(
    store: Any, clock: Any, connect: Connect, order_text: OrderText
) -> None:
    def review(message: object) -> object:
        raise KeyError("a fault")

    listener = MllpListener("127.0.0.1", 0, MllpLimits(), review, store, clock)
    await listener.start()
    client = await connect(listener)
    assert (await client.ask(order_text())).first("MSA").text(1) == "AE"
    assert store.messages[0].refusal
    await listener.stop()


async def test_a_version_of_hundreds_of_digits_is_answered_and_so_are_the_others(
    listen: Listen, connect: Connect, order_text: OrderText
) -> None:
    listener = await listen()
    client, other = await connect(listener), await connect(listener)
    for version in (b"2.5." + b"9" * 240, b"9" * 240 + b".1", b"2." + b"9" * 240):
        answer = await client.ask(order_text("V").replace(b"|P|2.5.1", b"|P|" + version))
        assert answer.first("MSA").text(2) == "V"
    assert (await other.ask(order_text("C2"))).first("MSA").text(1) == "AA"


async def test_an_answer_that_cannot_be_written_leaves_the_others_theirs(
    listen: Listen,
    connect: Connect,
    store: Any,
    order_text: OrderText,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listener = await listen()
    bad, good = await connect(listener), await connect(listener)
    answer = listener.answer

    def faulty(arrival: Any, refusal: Any) -> bytes | None:
        if arrival.header.control_id == "BAD":
            raise ValueError("a fault")
        return answer(arrival, refusal)

    monkeypatch.setattr(listener, "answer", faulty)
    store.gate.clear()
    await bad.send(order_text("BAD"))
    await good.send(order_text("GOOD"))
    await asyncio.sleep(0.05)
    store.gate.set()
    assert (await good.answer()).first("MSA").text(2) == "GOOD"
    assert (await good.ask(order_text("NEXT"))).first("MSA").text(1) == "AA"

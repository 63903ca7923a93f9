"""Answers that wait until a message is applied, over real sockets."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapter.domain.message import MessageState
from adapter.domain.outcome import Outcome
from adapter.errors import TooLarge
from adapter.hl7v2.framing import frame
from adapter.hl7v2.listener import Door, MllpLimits, MllpListener
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import check_orders
from adapter.hl7v2.responder import Responder
from adapter.mapping.hl7_orders import OrderMapping
from tests.hl7v2.responding import OBR, Told, faults, message
from tests.hl7v2.waiting import until


@pytest_asyncio.fixture
async def responding(mapping: OrderMapping, store: Any, clock: Any) -> Any:
    told = Told()
    door = Door(responder=Responder(mapping, told))
    listener = MllpListener(
        "127.0.0.1",
        0,
        MllpLimits(),
        lambda each: check_orders(each, mapping),
        store,
        clock,
        door=door,
    )
    await listener.start()
    yield listener, told
    await listener.stop()


async def test_accepted_at_once_and_told_later_in_a_message_of_its_own(
    responding: Any, connect: Any
) -> None:
    listener, _ = responding
    client = await connect(listener)
    await client.send(message("ORC|NW|P1", OBR, modes="AL|AL"))
    first, second = await client.answer(), await client.answer()
    assert (first.first("MSA").text(1), second.first("MSA").text(1)) == ("CA", "AA")
    assert first.header.control_id != second.header.control_id
    assert second.header.type == "ORR^O02"
    assert second.first("MSA").text(2) == "C1"


@pytest.mark.parametrize(
    ("modes", "state", "codes"),
    [
        ("AL|ER", MessageState.APPLIED, ["CA"]),
        ("ER|AL", MessageState.APPLIED, ["AA"]),
        ("AL|ER", MessageState.REFUSED, ["CA", "AE"]),
        ("AL|SU", MessageState.APPLIED, ["CA", "AA"]),
        ("AL|SU", MessageState.REFUSED, ["CA"]),
    ],
)
async def test_the_application_answer_that_is_asked_for(
    responding: Any, connect: Any, modes: str, state: MessageState, codes: list[str]
) -> None:
    listener, told = responding
    told.state, told.reason = state, "not this one"
    client = await connect(listener)
    await client.send(message("ORC|NW|P1", OBR, modes=modes))
    client.writer.write_eof()
    rest = await client.rest()
    assert [part.split(b"MSA|")[1][:2].decode() for part in rest.split(b"\x0b")[1:]] == codes


async def test_answers_in_turn_stay_in_the_order_of_the_messages(
    responding: Any, connect: Any
) -> None:
    listener, _ = responding
    client = await connect(listener)
    bodies = [
        message(f"ORC|{'SN' if n % 3 == 0 else 'NW'}|P{n}", OBR).replace(b"|C1|", b"|C%d|" % n)
        for n in range(30)
    ]
    client.writer.write(b"".join(map(frame, bodies)))
    answers = [await client.answer() for _ in bodies]
    assert [each.first("MSA").text(2) for each in answers] == [f"C{n}" for n in range(30)]
    kinds = [each.header.type for each in answers]
    assert kinds == ["ORR^O02" if n % 3 == 0 else "ACK^O01" for n in range(30)]


async def test_a_sender_waits_when_too_many_of_its_answers_are_being_made(
    mapping: OrderMapping, store: Any, clock: Any, connect: Any
) -> None:
    gate, told = threading.Event(), Told()

    def held(*asked: Any) -> Outcome:
        gate.wait(10)
        return told(*asked)

    door = Door(responder=Responder(mapping, held))
    limits = MllpLimits(max_responding=4)

    def review(each: Message) -> None:
        check_orders(each, mapping)

    listener = MllpListener("127.0.0.1", 0, limits, review, store, clock, door=door)
    await listener.start()
    client = await connect(listener)
    bodies = [
        message(f"ORC|SN|P{n}", OBR).replace(b"|C1|", b"|C%d|" % n) + b"NTE|" + b"x" * 9000
        for n in range(40)
    ]
    client.writer.write(b"".join(map(frame, bodies)))
    try:
        await until(lambda: any("responses" in each._pauses for each in listener.connections))
    finally:
        gate.set()
    answers = [await client.answer() for _ in bodies]
    assert [each.first("MSA").text(2) for each in answers] == [f"C{n}" for n in range(40)]
    await listener.stop()


async def test_an_acknowledgement_is_never_acknowledged(
    responding: Any, connect: Any, store: Any
) -> None:
    listener, _ = responding
    client = await connect(listener)
    await client.send(b"MSH|^~\\&|EHR|NORTH|||2026||ACK^O02^ACK|X1|P|2.5.1\rMSA|CA|R1\r")
    await until(lambda: bool(store.messages))
    answer = await client.ask(message("ORC|NW|P1", OBR))
    assert answer.first("MSA").text(2) == "C1"
    assert Message.parse(store.messages[0].body).header.type == "ACK^O02"


@pytest.mark.parametrize("rows", [["ORC|NW|P1||||F", OBR.replace("|A1", "|")], ["ORC|NW|P1||||F"]])
async def test_orders_refused_at_the_door_are_told_as_not_done(
    responding: Any, connect: Any, rows: list[str], tmp_path: Path
) -> None:
    listener, _ = responding
    client = await connect(listener)
    answer = await client.ask(message(*rows, kind="OMG^O19^OMG_O19"))
    assert (answer.header.type, answer.first("MSA").text(1)) == ("ORG^O20", "AE")
    assert answer.first("ERR").text(2).startswith("OBR")
    assert answer.first("ORC").text(1) == "UA"
    assert faults(bytes(answer).decode(), tmp_path) == []
    torn = await client.ask(message("ORC|NW|P1||||F", kind="OMG^O19") + b"NTE|\x1c")
    assert (torn.header.type, torn.first("MSA").text(1)) == ("ACK^O19", "AR")
    plain = await client.ask(message("ORC|NW|P1", kind="OMG^O19"))
    header = Header.parse(message(*rows, kind="OMG^O19"))
    cut = message(*rows) + b"NTE|\x1c"
    responder = listener._door.responder
    assert responder.refusal(header, cut, TooLarge("too large"), lambda *_: b"") is None
    assert (plain.header.type, plain.first("ORC")) == ("ACK^O19", None)

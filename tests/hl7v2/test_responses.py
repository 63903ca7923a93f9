"""Order responses and deferred application ACKs: valid to hl7apy, true to what became of orders."""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import ValidationError
from hl7apy.parser import parse_message

from adapter.domain.identifiers import Accession, Phi, sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import Code, Order, OrderStatus
from adapter.domain.outcome import Outcome
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus, Study
from adapter.errors import ReadoutError
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.framing import frame
from adapter.hl7v2.listener import Door, MllpLimits, MllpListener
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.orders import check_orders
from adapter.hl7v2.responder import Responder, Turn
from adapter.mapping.hl7_orders import OrderMapping
from tests.hl7v2.waiting import until

AT = datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC)
PID = "PID|1||M1^^^NORTH^MR||Doe^Ann||19700101|F"
OBR = "OBR|1|P1||71046^Chest^L" + "|" * 14 + "A1"


@dataclass
class Told:
    """What the workflow would tell of a message."""

    state: MessageState = MessageState.APPLIED
    reason: str = ""
    order_status: OrderStatus | None = OrderStatus.SCHEDULED
    report_status: ReportStatus = ReportStatus.NONE
    asked: list[tuple[list[str], list[str]]] = field(default_factory=list)
    error: Exception | None = None

    def __call__(
        self,
        message: InboundMessage,
        accessions: Collection[str],
        placers: Collection[str],
        seconds: float,
    ) -> Outcome:
        self.asked.append((list(accessions), list(placers)))
        if self.error:
            raise self.error
        studies = {}
        if self.order_status:
            studies = {each: self._study(each, self.order_status) for each in accessions}
        return Outcome(self.state, self.reason, studies, {each: f"R-{each}" for each in placers})

    def _study(self, accession: str, status: OrderStatus) -> Study:
        order = Order(Accession(accession), Patient(Phi("M1")), Code("71046"))
        return Study(order, status, self.report_status, 1, "", "")


def message(
    *rows: str, kind: str = "ORM^O01", modes: str = "|", version: str = "2.5.1", charset: str = ""
) -> bytes:
    head = f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|20261122||{kind}|C1|P|{version}|||{modes}||{charset}"
    return ("\r".join([head, PID, *rows]) + "\r").encode()


@pytest.fixture
def respond(mapping: OrderMapping) -> Callable[..., str | None]:
    def answer(body: bytes, told: Told | None = None) -> str | None:
        header = Header.parse(body)
        inbound = InboundMessage(
            "hl7v2", "p", header.sender, header.control_id, header.type, body, sha256_hex(body), ""
        )

        def write(code: str, refusal: ReadoutError | None, kind: str) -> bytes:
            return Acknowledger().write(header, code, refusal, "R1", AT, kind)

        made = Responder(mapping, told or Told()).answer(inbound, header, write)
        return None if made is None else made.decode()

    return answer


Respond = Callable[..., str]


def orc(answer: str, number: int = 1) -> list[str]:
    rows = [line.split("|") for line in answer.split("\r") if line.startswith("ORC|")]
    return [*rows[number - 1], *[""] * 6]


def faults(answer: str, folder: Path) -> list[str]:
    """What hl7apy (STRICT) finds wrong.

    In ORR it asks for every alternative of a choice of which OBR is one, so that is left out.
    """
    report = folder / "faults"
    with suppress(ValidationError):
        parse_message(answer, VALIDATION_LEVEL.STRICT).validate(str(report))
    told = report.read_text().splitlines() if report.exists() else []
    choice = re.compile(r"Missing required child ORR_O02_\w+\.(RQD|RQ1|RXO|ODS|ODT)")
    return [each for each in told if each.startswith("Error") and not choice.search(each)]


CASES = [
    ("ORM^O01", "ORR^O02^ORR_O02", [OBR]),
    ("OMG^O19^OMG_O19", "ORG^O20^ORG_O20", [OBR]),
    ("OMI^O23^OMI_O23", "ORI^O24^ORI_O24", [OBR, "IPC|A1|RP1|1.2.3|S1|CT"]),
]


@pytest.mark.parametrize(("kind", "answered", "rows"), CASES)
@pytest.mark.parametrize("control", ["NW", "CA", "SS"])
def test_hl7apy_finds_every_response_valid(
    respond: Respond, kind: str, answered: str, rows: list[str], control: str, tmp_path: Path
) -> None:
    answer = respond(message(f"ORC|{control}|P1", *rows, kind=kind))
    assert faults(answer, tmp_path) == []
    assert f"||{answered}|R1|P|2.5.1" in answer
    assert "MSA|AA|C1\r" in answer
    assert f"\r{PID}\rORC|" in answer
    assert answer.endswith("\r".join([*rows, ""]))


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.6"])
def test_responses_of_other_versions(respond: Respond, version: str, tmp_path: Path) -> None:
    timed = version == "2.3"  # ORC-7 and OBR-27 are required there
    rows = ["ORC|NW|P1|||SC||^^^20261122^^R", f"{OBR}{'|' * 9}^^^20261122^^R"]
    plain = ["ORC|NW|P1|||SC", OBR]
    answer = respond(message(*(rows if timed else plain), version=version))
    assert ("ORR^O02^ORR_O02" in answer) == (version != "2.3")
    assert faults(answer, tmp_path) == []


@pytest.mark.parametrize(
    ("asked", "told", "reply"),
    [
        ("NW|P1", Told(), ["OK", "P1", "A1", "", "SC"]),
        ("NW|P1|F9|", Told(), ["OK", "P1", "F9", "", "SC"]),
        ("CA|P1|||CA", Told(order_status=OrderStatus.CANCELLED), ["CR", "P1", "A1", "", "CA"]),
        ("DC|P1", Told(order_status=OrderStatus.DISCONTINUED), ["DR", "P1", "A1", "", "DC"]),
        ("HD|P1", Told(order_status=OrderStatus.HELD), ["HR", "P1", "A1", "", "HD"]),
        ("RL|P1", Told(), ["OR", "P1", "A1", "", "SC"]),
        ("XO|P1", Told(), ["XR", "P1", "A1", "", "SC"]),
        ("RP|P1", Told(order_status=OrderStatus.CANCELLED), ["RQ", "P1", "A1", "", "CA"]),
        ("CA|P1|||SC", Told(), ["UC", "P1", "A1", "", "SC"]),
        ("QQ|P1", Told(), ["UA", "P1", "A1", "", "SC"]),
        ("SS|P1", Told(report_status=ReportStatus.FINAL), ["SR", "P1", "A1", "", "CM"]),
        ("SS|P1", Told(order_status=None), ["UA", "P1", "", "", ""]),
        ("SN|P7", Told(order_status=None), ["NA", "P7", "R-P7", "", ""]),
    ],
)
def test_each_order_is_told_what_became_of_it(
    respond: Respond, asked: str, told: Told, reply: list[str]
) -> None:
    assert orc(respond(message(f"ORC|{asked}", OBR), told))[1:6] == reply


def test_replaced_and_replacing_orders_each_have_their_answer(respond: Respond) -> None:
    told = Told()
    answer = respond(message("ORC|RP|P1", OBR, "ORC|RO|P2", OBR.replace("A1", "A2")), told)
    assert (orc(answer)[1], orc(answer, 2)[1]) == ("RQ", "OK")
    assert told.asked == [(["A1", "A2"], [])]


def test_several_obr_under_one_orc_each_have_their_answer(respond: Respond) -> None:
    answer = respond(message("ORC|NW|P1", OBR, OBR.replace("A1", "A2"), kind="OMG^O19"))
    assert (orc(answer)[3], orc(answer, 2)[3]) == ("A1", "A2")
    parse_message(answer, VALIDATION_LEVEL.STRICT).validate()


def test_a_number_is_asked_for_without_any_obr(respond: Respond) -> None:
    answer = respond(message("ORC|SN|P7", kind="OMG^O19"))
    assert orc(answer)[1:4] == ["NA", "P7", "R-P7"]
    parse_message(answer, VALIDATION_LEVEL.STRICT).validate()


def test_a_refused_order_and_one_that_is_not_done_in_time_tell_no_orders(respond: Respond) -> None:
    refused = respond(message("ORC|NW|P1", OBR), Told(MessageState.REFUSED, "bad | order"))
    assert "MSA|AE|C1|bad \\F\\ order\rERR|" in refused
    assert "\rORC" not in refused
    late = respond(message("ORC|NW|P1", OBR), Told(MessageState.RECEIVED))
    assert late.endswith("MSA|AA|C1\r")


def test_a_fault_is_answered_and_the_sender_told_to_ask_again(respond: Respond) -> None:
    assert "MSA|AE|C1|" in respond(message("ORC|NW|P1", OBR), Told(error=KeyError("fault")))


def test_names_come_back_in_the_sender_s_character_set(mapping: OrderMapping) -> None:
    body = message("ORC|NW|P1", OBR, charset="8859/1").replace(b"Ann", "Åsa".encode("latin-1"))
    header = Header.parse(body)
    inbound = InboundMessage("hl7v2", "p", "s", "C1", "ORM^O01", body, "", "")
    made = Responder(mapping, Told()).answer(
        inbound, header, lambda *a: Acknowledger().write(header, a[0], a[1], "R1", AT, a[2])
    )
    assert made is not None
    assert "Doe^Åsa" in made.decode("latin-1")


@pytest.mark.parametrize(
    ("modes", "control", "turn"),
    [
        ("|", "NW", None),
        ("|", "SN", Turn.INSTEAD),
        ("|", "SS", Turn.INSTEAD),
        ("AL|NE", "SN", None),
        ("AL|AL", "NW", Turn.AFTER),
        ("AL|ER", "NW", Turn.AFTER),
        ("ER|AL", "NW", Turn.AFTER),
        ("NE|AL", "NW", Turn.INSTEAD),
        ("|AL", "NW", Turn.INSTEAD),
        ("NE|NE", "SN", None),
    ],
)
def test_when_the_later_answer_is_given(
    mapping: OrderMapping, modes: str, control: str, turn: Turn | None
) -> None:
    body = message(f"ORC|{control}|P1", OBR, modes=modes)
    assert Responder(mapping, Told()).turn(Header.parse(body), body) is turn


def test_a_sender_may_always_want_it(mapping: OrderMapping) -> None:
    rule = mapping.responses.model_copy(update={"senders": ("EHR|*",)})
    responder = Responder(mapping.model_copy(update={"responses": rule}), Told())
    body = message("ORC|NW|P1", OBR)
    assert responder.turn(Header.parse(body), body) is Turn.INSTEAD


def test_other_messages_have_no_order_response(mapping: OrderMapping) -> None:
    body = message(kind="ADT^A08", modes="NE|AL")
    assert Responder(mapping, Told()).turn(Header.parse(body), body) is None


# Over real sockets

Listen = Callable[..., Awaitable[MllpListener]]


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

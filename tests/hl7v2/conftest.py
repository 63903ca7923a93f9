from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from adapter.domain.delivery import DeliveryKind, ReportMessage
from adapter.domain.identifiers import Accession, ControlId, Phi
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import Code, Order, Priority
from adapter.domain.people import Patient, Practitioner, Sex
from adapter.domain.report import (
    Certificate,
    Origin,
    Report,
    Section,
    Source,
    Statement,
    TemplateRef,
)
from adapter.hl7v2.framing import END, frame
from adapter.hl7v2.listener import MllpLimits, MllpListener
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import check_orders
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import OrderMapping, load_order_mapping

SAMPLES = Path(__file__).parent.parent / "samples" / "hl7v2"


class HeldClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC)


class MemoryStore:
    """A store that keeps what it was given; `gate` holds the next call, `error` makes it fail."""

    def __init__(self) -> None:
        self.batches: list[list[InboundMessage]] = []
        self.begun = 0
        self.seen: set[tuple[str, str, str]] = set()
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    @property
    def messages(self) -> list[InboundMessage]:
        return [message for batch in self.batches for message in batch]

    def __call__(self, batch: Sequence[InboundMessage]) -> list[MessageState]:
        self.begun += 1
        self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.batches.append(list(batch))
        return [self._state(message) for message in batch]

    def _state(self, message: InboundMessage) -> MessageState:
        key = (message.sender, message.control_id, message.body_sha256)
        if message.refusal:
            return MessageState.REFUSED
        if key in self.seen:
            return MessageState.DUPLICATE
        self.seen.add(key)
        return MessageState.RECEIVED


class RawClient:
    """An MLLP client that can also misbehave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, body: bytes) -> None:
        self.writer.write(frame(body))
        await self.writer.drain()

    async def answer(self) -> Message:
        block = await asyncio.wait_for(self.reader.readuntil(END), 10)
        assert block[:1] == b"\x0b"
        return Message.parse(block[1:-2])

    async def ask(self, body: bytes) -> Message:
        await self.send(body)
        return await self.answer()

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 10)

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@pytest.fixture(scope="session")
def mapping() -> OrderMapping:
    return load_order_mapping(MappingFiles())


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


Listen = Callable[..., Awaitable[MllpListener]]
Connect = Callable[[MllpListener], Awaitable[RawClient]]


@pytest_asyncio.fixture
async def listen(mapping: OrderMapping, store: MemoryStore) -> AsyncIterator[Listen]:
    """Starts listeners that review orders for real."""
    started: list[MllpListener] = []

    async def start(port: int = 0, **limits: float) -> MllpListener:
        def review(message: Message) -> object:
            return check_orders(message, mapping)

        bounds = MllpLimits(**limits)  # type: ignore[arg-type]
        listener = MllpListener("127.0.0.1", port, bounds, review, store, HeldClock())
        await listener.start()
        started.append(listener)
        return listener

    yield start
    store.gate.set()
    for listener in started:
        await listener.stop()


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    clients: list[RawClient] = []

    async def open_(listener: MllpListener) -> RawClient:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", listener.port))
        clients.append(client)
        return client

    yield open_
    for client in clients:
        await client.close()


@pytest.fixture
def order_text() -> Callable[..., bytes]:
    """A small valid ORM^O01 with its own control id and accession."""

    def text(control_id: str = "C1", accession: str = "A1", **fields: str) -> bytes:
        kind = fields.get("type", "ORM^O01")
        tail = fields.get("tail", "")
        return (
            f"MSH|^~\\&|EHR|NORTH|READOUT|RAD|20261122||{kind}|{control_id}|P|2.5.1{tail}\r"
            "PID|1||M1^^^NORTH^MR||Doe^Ann||19700101|F\rORC|NW|P1|||SC\r"
            f"OBR|1|P1||71046^Chest^L||||||||||||||{accession}||||||DX\r"
        ).encode()

    return text


def section(id_: str, title: str, *texts: str) -> Section:
    statements = tuple(
        Statement(f"{id_}{number}", text, Origin.DICTATED, Source())
        for number, text in enumerate(texts)
    )
    return Section(id_, title, statements)


def report_message(
    *sections: Section, kind: DeliveryKind = DeliveryKind.FINAL, **patient: str
) -> ReportMessage:
    report = Report(
        TemplateRef("xr_chest_2v", 1, "0" * 64),
        kind.value,
        sections,
        (),
        (),
        Certificate(True, 0, 0, 0, 0),
    )
    order = Order(
        Accession("RA-20261122-0042"),
        Patient(
            Phi("MRN10042"),
            "NORTH",
            Phi(patient.get("family", "Brändström")),
            Phi("Åsa"),
            Phi("19580314"),
            Sex.FEMALE,
        ),
        Code("71046", "Radiograph chest 2 views", "L"),
        "DX",
        "P-77001",
        "F-88001",
        priority=Priority.STAT,
        reason=Phi("Cough & fever"),
        requester=Practitioner("4711", "Okafor", "Ngozi"),
        scheduled_at="20261122103000",
    )
    author = Practitioner("R7", "Lindqvist", "Eva")
    return ReportMessage(
        ControlId("RD00000000000000042"), kind, order, report, "2026-11-22T11:05:09+00:00", author
    )


@pytest.fixture(scope="session")
def make_section() -> Callable[..., Section]:
    return section


@pytest.fixture(scope="session")
def make_report() -> Callable[..., ReportMessage]:
    return report_message

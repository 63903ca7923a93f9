from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import hl7
import pytest
import pytest_asyncio
from hl7.mllp import start_hl7_server

from adapter.domain.delivery import Delivery, DeliveryKind, Outcome
from adapter.domain.identifiers import Accession, ControlId
from adapter.errors import TryAgain
from adapter.hl7v2.framing import END, frame
from adapter.hl7v2.results import build_report_message
from adapter.hl7v2.sender import MllpDestination
from adapter.mapping.mllp_profile import MllpProfile
from tests.hl7v2.waiting import until

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """A scripted receiver: each message gets the next behaviour, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = [accept]
        self.bodies: list[bytes] = []
        self.connections = 0
        self.server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=tls)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                block = await reader.readuntil(END)
                self.bodies.append(block[1:-2])
                behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                await behaviour(block[1:-2], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    def profile(self, **fields: Any) -> MllpProfile:
        quick = {"answer_seconds": 0.3, "connect_attempts": 2, "connect_seconds": 1.0}
        return MllpProfile.model_validate({"port": self.port} | quick | fields)


def ack(code: str, control_id: str, tail: str = "") -> bytes:
    text = (
        f"MSH|^~\\&|RIS||READOUT||20261122||ACK^R01^ACK|A1|P|2.5.1\rMSA|{code}|{control_id}{tail}"
    )
    return frame(text.encode() + b"\r")


def control_id(body: bytes) -> str:
    return body.split(b"|")[9].decode()


async def accept(body: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(ack("AA", control_id(body)))


async def silence(body: bytes, writer: asyncio.StreamWriter) -> None:
    return


async def hang_up(body: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def reply(code: str, tail: str = "") -> Behaviour:
    async def behaviour(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack(code, control_id(body), tail))

    return behaviour


def bytes_back(data: bytes) -> Behaviour:
    async def behaviour(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return behaviour


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    assert receiver.server is not None
    receiver.server.close()


@pytest.fixture
def delivery(make_report: Any, make_section: Any) -> Callable[..., Delivery]:
    def build(number: int = 1) -> Delivery:
        id_ = ControlId(f"RD{number:016d}")
        message = make_report(make_section("a", "Lungs", "Clear."))
        body = build_report_message(message, MllpProfile(port=1)).replace(
            b"RD00000000000000042", id_.encode()
        )
        return Delivery(id_, "ris", Accession("A1"), DeliveryKind.FINAL, body)

    return build


Build = Callable[..., Delivery]


async def test_reports_go_over_one_connection_and_are_accepted(
    receiver: Receiver, delivery: Build
) -> None:
    destination = MllpDestination(receiver.profile())
    for number in range(5):
        answer = await destination.send(delivery(number))
        assert (answer.outcome, answer.code) == (Outcome.ACCEPTED, "AA")
    assert receiver.connections == 1
    assert receiver.bodies[3] == delivery(3).body
    await destination.close()


@pytest.mark.parametrize(
    ("code", "profile", "outcome"),
    [
        ("CA", {}, Outcome.ACCEPTED),
        ("AE", {}, Outcome.HOLD),
        ("AR", {}, Outcome.RETRY),
        ("CE", {"on_error": "retry"}, Outcome.RETRY),
        ("CR", {"on_reject": "hold"}, Outcome.HOLD),
    ],
)
async def test_what_an_answer_means_is_the_profile_s_choice(
    receiver: Receiver, delivery: Build, code: str, profile: dict[str, str], outcome: Outcome
) -> None:
    receiver.script = [reply(code, "|no such case\rERR||OBR^1^3|204^Unknown key^HL70357|E")]
    destination = MllpDestination(receiver.profile(**profile))
    answer = await destination.send(delivery())
    assert (answer.outcome, answer.code) == (outcome, code)
    assert answer.text == "no such case; Unknown key; OBR^1^3"
    await destination.close()


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (silence, "no answer within 0.3 seconds"),
        (hang_up, "closed before the answer"),
        (bytes_back(ack("AA", "SOMEONE-ELSE")), "another message"),
        (bytes_back(frame(b"garbage")), "cannot be read"),
        (bytes_back(frame(b"MSH|^~\\&|A\rPID|1\r")), "cannot be read"),
        (bytes_back(b"HTTP/1.1 400 Bad Request\r\n\r\n\x0b"), "no answer to a message"),
        (reply("ZZ"), "no known code"),
        (reply(""), "no known code"),
    ],
)
async def test_trouble_drops_the_connection_and_the_same_bytes_go_again(
    receiver: Receiver, delivery: Build, behaviour: Behaviour, why: str
) -> None:
    receiver.script = [behaviour, accept]
    destination = MllpDestination(receiver.profile())
    with pytest.raises(TryAgain, match=why):
        await destination.send(delivery())
    assert (await destination.send(delivery())).outcome is Outcome.ACCEPTED
    assert receiver.connections == 2
    assert receiver.bodies[0] == receiver.bodies[1]
    await destination.close()


async def test_a_late_answer_never_meets_the_next_report(
    receiver: Receiver, delivery: Build
) -> None:
    async def late(body: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(ack("AA", control_id(body)))

    receiver.script = [late, reply("AE")]
    destination = MllpDestination(receiver.profile())
    with pytest.raises(TryAgain):
        await destination.send(delivery(1))
    await asyncio.sleep(0.4)
    answer = await destination.send(delivery(2))
    assert answer.outcome is Outcome.HOLD
    await destination.close()


async def test_an_answer_nobody_asked_for_costs_only_a_new_connection(
    receiver: Receiver, delivery: Build
) -> None:
    async def twice(body: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(ack("CA", control_id(body)))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(ack("AA", control_id(body)))

    receiver.script = [twice, accept]
    destination = MllpDestination(receiver.profile())
    assert (await destination.send(delivery(1))).code == "CA"
    link = destination._link
    assert link is not None
    await until(lambda: not link.usable)
    assert (await destination.send(delivery(2))).code == "AA"
    assert receiver.connections == 2
    await destination.close()


async def test_a_receiver_that_is_away_is_tried_again_later(
    receiver: Receiver, delivery: Build
) -> None:
    destination = MllpDestination(receiver.profile())
    assert receiver.server is not None
    receiver.server.close()
    with pytest.raises(
        TryAgain, match=f"no connection to 127.0.0.1:{receiver.port}: nothing listens there"
    ):
        await destination.send(delivery())
    await receiver.start(receiver.port)
    assert (await destination.send(delivery())).outcome is Outcome.ACCEPTED
    await destination.close()


async def test_a_restarted_receiver_is_met_by_a_new_connection(
    receiver: Receiver, delivery: Build
) -> None:
    receiver.script = [accept, hang_up, accept]
    destination = MllpDestination(receiver.profile())
    await destination.send(delivery(1))
    with pytest.raises(TryAgain):
        await destination.send(delivery(2))
    assert (await destination.send(delivery(2))).code == "AA"
    await destination.close()


def test_each_running_loop_gets_its_own_connection(delivery: Build) -> None:
    destination: list[MllpDestination] = []

    async def talk(number: int) -> str:
        receiver = Receiver()
        await receiver.start(destination[0]._profile.port if destination else 0)
        if not destination:
            destination.append(MllpDestination(receiver.profile()))
        answer = await destination[0].send(delivery(number))
        assert receiver.server is not None
        receiver.server.close()
        return answer.code

    assert [asyncio.run(talk(number)) for number in range(2)] == ["AA", "AA"]


@pytest.mark.peer
async def test_the_server_of_python_hl7_reads_and_accepts_our_reports(delivery: Build) -> None:
    seen: list[Any] = []

    async def serve(reader: Any, writer: Any) -> None:
        while not reader.at_eof():
            try:
                message = await reader.readmessage()
            except asyncio.IncompleteReadError:
                break
            seen.append(message)
            writer.writemessage(message.create_ack("AA" if len(seen) < 3 else "AE"))
            await writer.drain()
        writer.close()

    server = await start_hl7_server(serve, "127.0.0.1", 0, encoding="utf-8")
    profile = MllpProfile(port=server.sockets[0].getsockname()[1], answer_seconds=10)
    destination = MllpDestination(profile)
    outcomes = [(await destination.send(delivery(number))).outcome for number in range(3)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.HOLD]
    assert isinstance(seen[0], hl7.Message)
    assert str(seen[0]["OBR.F18"]) == "RA-20261122-0042"
    assert str(seen[0]["PID.F5.R1.C1"]) == "Brändström"
    await destination.close()
    server.close()

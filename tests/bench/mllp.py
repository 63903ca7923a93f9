"""MLLP intake with durable ACK against python-hl7's server, which stores nothing.

`python -m tests.bench.mllp [--seconds S] [--connections N]`: each server runs in its own process,
the same client process asks both; the last line is `ratio to python-hl7: N`.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import uvloop

from adapter import event_loop
from adapter.clock import SystemClock
from adapter.domain.message import InboundMessage, MessageState
from adapter.hl7v2.framing import END, frame
from adapter.hl7v2.listener import Door, MllpLimits, MllpListener
from adapter.hl7v2.message import Message
from adapter.hl7v2.orders import check_orders
from adapter.hl7v2.plain_order import PlainOrder
from adapter.hl7v2.responder import Responder
from adapter.mapping.files import MappingFiles
from adapter.mapping.hl7_orders import load_order_mapping
from adapter.store import messages
from adapter.store.database import Database
from adapter.store.owed_answers import OwedAnswers
from adapter.workflow.outcomes import outcome_of

_SAMPLE = Path(__file__).parent.parent / "samples" / "hl7v2" / "orm_o01_chest.hl7"
_SIZE = 1098


def order(number: int) -> bytes:
    """A valid ORM^O01 of 1,098 bytes with its own MSH-10 and accession."""
    text = _SAMPLE.read_bytes() if not _cache else _cache[0]
    _cache[:1] = [text]
    text = text.replace(b"EHR0000000001", b"E%012d" % number)
    text = text.replace(b"RA-20261122-0042", b"RA-%013d" % number)
    return text + b"NTE|1||" + b"x" * (_SIZE - len(text) - 8) + b"\r"


_cache: list[bytes] = []


# Servers: each is started as `python -m tests.bench.mllp --serve NAME` and prints its port.


async def serve_readout(folder: Path) -> None:
    """Our listener: reviewed by the order mapping, stored in SQLite WAL synchronous=FULL."""
    database = Database(f"sqlite:///{folder / 'bench.sqlite'}")
    database.migrate()
    mapping = load_order_mapping(MappingFiles())

    def review(message: Message) -> object:
        return check_orders(message, mapping)

    def store(batch: Sequence[InboundMessage]) -> Sequence[MessageState]:
        return messages.store_group(database, batch)

    door = Door(
        responder=Responder(mapping, partial(outcome_of, database)), ledger=OwedAnswers(database)
    )
    listener = MllpListener(
        "127.0.0.1",
        0,
        MllpLimits(),
        review,
        store,
        SystemClock(),
        glance=PlainOrder(mapping),
        door=door,
    )
    await listener.start()
    print(listener.port, flush=True)
    await asyncio.Event().wait()


async def serve_python_hl7(_folder: Path) -> None:
    """python-hl7's asyncio server: parses, answers, stores nothing."""
    from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

    async def serve(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    server = await start_hl7_server(serve, "127.0.0.1", 0, encoding="utf-8")
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def serve_floor(folder: Path) -> None:
    """The floor: uvloop, the same SQLite commit of raw rows, a fixed answer, nothing else."""
    import sqlite3
    from concurrent.futures import ThreadPoolExecutor

    database = sqlite3.connect(folder / "floor.sqlite", check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, body BLOB)")
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    waiting: list[tuple[asyncio.Transport, bytes]] = []
    answer = frame(b"MSH|^~\\&|||||||ACK|1|P|2.5.1\rMSA|AA|1\r")
    busy = [False]

    def commit(batch: list[tuple[asyncio.Transport, bytes]]) -> None:
        with database:
            database.executemany("INSERT INTO message (body) VALUES (?)", [(b,) for _, b in batch])

    async def run() -> None:
        while waiting:
            batch, waiting[:] = list(waiting), []
            await loop.run_in_executor(thread, commit, batch)
            for transport, _ in batch:
                transport.write(answer)
        busy[0] = False

    class Floor(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.buffer = transport, b""

        def data_received(self, data: bytes) -> None:
            self.buffer += data
            while (end := self.buffer.find(END)) >= 0:
                waiting.append((self.transport, self.buffer[1:end]))  # type: ignore[arg-type]
                self.buffer = self.buffer[end + 2 :]
            if waiting and not busy[0]:
                busy[0] = True
                self.task = loop.create_task(run())

    server = await loop.create_server(Floor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


SERVERS = {"readout": serve_readout, "python-hl7": serve_python_hl7, "floor": serve_floor}


# The client: one process, every connection waits for its answer before it sends again.


@dataclass
class Result:
    """What one server did: messages a second, ACK times in ms, server CPU per message in µs."""

    rate: float
    median_ms: float
    p99_ms: float
    cpu_us: float


class Asker(asyncio.Protocol):
    """One connection in lockstep."""

    def __init__(self, run: Run) -> None:
        self.run, self.sent, self.rest = run, 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(frame(self.run.next_body()))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.rest += data
        if not self.rest.endswith(END):
            return
        if b"\rMSA|AA|" not in self.rest:
            self.run.failures += 1
        self.rest = b""
        now = time.perf_counter()
        self.run.times.append(now - self.sent)
        self.run.last = now
        if now < self.run.until:
            self.ask()


class Run:
    """One measurement of one server."""

    def __init__(self, first: int, seconds: float) -> None:
        self.number, self.seconds = first, seconds
        self.times: list[float] = []
        self.failures, self.until, self.last = 0, 0.0, 0.0

    def next_body(self) -> bytes:
        self.number += 1
        return order(self.number)

    async def measure(self, port: int, connections: int, server: psutil.Process) -> Result:
        loop = asyncio.get_running_loop()
        askers = [
            (await loop.create_connection(lambda: Asker(self), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await self._phase(askers, 0.5)
        self.times.clear()
        before, start = sum(server.cpu_times()[:2]), time.perf_counter()
        await self._phase(askers, self.seconds)
        spent = self.last - start
        count = len(self.times)
        if self.failures or not count:
            raise SystemExit(f"{self.failures} messages were not accepted, {count} answered")
        cpu = (sum(server.cpu_times()[:2]) - before) / count * 1e6
        ordered = sorted(self.times)
        p99 = ordered[int(0.99 * (count - 1))] * 1e3
        return Result(count / spent, statistics.median(ordered) * 1e3, p99, cpu)

    async def _phase(self, askers: list[Asker], seconds: float) -> None:
        self.until = time.perf_counter() + seconds
        for asker in askers:
            asker.ask()
        await asyncio.sleep(seconds + 0.5)


def measure(name: str, connections: int, seconds: float, first: int) -> Result:
    """Start the server, ask it, end it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.mllp", "--serve", name, "--folder", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                port = int(server.stdout.readline())
                run = Run(first, seconds)
                return uvloop.run(run.measure(port, connections, psutil.Process(server.pid)))
            finally:
                server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", choices=list(SERVERS))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.serve:
        run = event_loop.run if options.serve == "readout" else uvloop.run  # as each of them is run
        run(SERVERS[options.serve](options.folder))
        return
    results: dict[str, list[Result]] = {name: [] for name in SERVERS}
    for turn in range(options.rounds):
        for place, name in enumerate(SERVERS):
            first = (turn * len(SERVERS) + place) * 10_000_000
            results[name].append(measure(name, options.connections, options.seconds, first))
    print(
        f"{options.connections} connections, {_SIZE}-byte ORM^O01, {options.rounds} rounds (median)"
    )
    print(f"{'server':<34}{'msg/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}")
    middle = {name: _median(rows) for name, rows in results.items()}
    for name, row in middle.items():
        note = {"readout": "readout, reviewed, stored durably", "floor": "floor: commit only"}
        label = note.get(name, f"{name}, stores nothing")
        print(f"{label:<34}{row.rate:9.0f}{row.median_ms:9.2f}{row.p99_ms:9.2f}{row.cpu_us:9.0f}")
    ours, floor = middle["readout"], middle["floor"]
    print(f"share of the floor: {ours.rate / floor.rate:.2f}")
    print(f"p99 against the floor's: {ours.p99_ms / floor.p99_ms:.2f}")
    print(f"ratio to python-hl7: {ours.rate / middle['python-hl7'].rate:.1f}")


def _median(rows: list[Result]) -> Result:
    return sorted(rows, key=lambda row: row.rate)[len(rows) // 2]


if __name__ == "__main__":
    main()

"""No ACK for what was not stored: the whole service, a disk that takes no more, then kill -9."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from adapter.demo.site import Service, service_environment
from tests.hl7v2.conftest import RawClient

OrderText = Callable[..., bytes]
SENDERS, ROOM = 6, 48_000  # bytes that the log of the database may still grow by


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path, service_environment(tmp_path, speech_preload="false"))
    made.wait_ready()
    yield made
    made.stop()


def limit(service: Service, most: int) -> None:
    """No file of the service may grow beyond this; its own limit stays where it is."""
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


class Load:
    """Senders that send the next order whatever became of the last one, until they are stopped."""

    def __init__(self, service: Service, order_text: OrderText) -> None:
        self._service, self._order_text = service, order_text
        self.codes: dict[str, str] = {}  # by control id
        self.stopped = False

    async def sender(self, name: int) -> None:
        number, client = 0, None
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            client = RawClient(*await asyncio.open_connection("127.0.0.1", self._service.mllp_port))
            while not self.stopped:
                number += 1
                id_ = f"L{name}-{number}"
                answer = await client.ask(self._order_text(id_, accession=f"A{id_}"))
                msa = answer.first("MSA")
                assert msa is not None
                assert msa.text(2) == id_
                self.codes[id_] = msa.text(1)
        if client is not None:
            client.writer.transport.abort()

    def count(self, code: str) -> int:
        return list(self.codes.values()).count(code)

    async def until(self, code: str, more: int) -> None:
        wanted = self.count(code) + more
        async with asyncio.timeout(60):
            while self.count(code) < wanted:
                await asyncio.sleep(0.01)


def stored(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as tx:
        return [row[0] for row in tx.execute("SELECT control_id FROM readout_message")]


async def test_what_was_acknowledged_is_there_after_a_full_disk_and_a_kill(
    service: Service, order_text: OrderText, tmp_path: Path
) -> None:
    load = Load(service, order_text)
    senders = asyncio.gather(*(load.sender(name) for name in range(SENDERS)))
    await load.until("AA", 30)
    database = next((tmp_path / "data").glob("*.sqlite"))
    largest = max(each.stat().st_size for each in (tmp_path / "data").glob("*.sqlite*"))
    limit(service, largest + ROOM)
    await load.until("AE", 20)
    refused = {id_ for id_, code in load.codes.items() if code == "AE"}
    limit(service, resource.RLIM_INFINITY)
    await load.until("AA", 30)
    async with httpx.AsyncClient(base_url=service.http_url, timeout=30) as http:
        assert (await http.get("/readyz")).status_code == 200
    psutil.Process(service.pid).send_signal(signal.SIGKILL)  # while all of them send
    await senders
    taken = {id_ for id_, code in load.codes.items() if code == "AA"}
    ids = stored(database)
    assert set(load.codes.values()) == {"AA", "AE"}
    assert taken <= set(ids)
    assert refused.isdisjoint(ids)
    assert len(ids) == len(set(ids))
    assert len(set(ids) - taken) <= SENDERS  # stored, and killed before the answer left

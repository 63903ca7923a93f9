"""No ACK for what was not stored: real databases that are locked, full, or left behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapter.domain.message import InboundMessage, MessageState
from adapter.hl7v2.listener import MllpLimits, MllpListener
from adapter.store import database as database_module
from adapter.store import messages
from adapter.store.database import Database
from tests.hl7v2.conftest import RawClient

OrderText = Callable[..., bytes]
Make = Callable[..., Database]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """The database at one path, its connections with more pragmas than the service's."""
    made: list[Database] = []

    def build(*pragmas: str) -> Database:
        if pragmas:
            every = (*database_module._PRAGMAS, *pragmas)
            monkeypatch.setattr(database_module, "_PRAGMAS", every)
        database = Database(f"sqlite:///{tmp_path / 'readout.sqlite'}")
        database.migrate()
        made.append(database)
        return database

    yield build
    for database in made:
        database.close()


async def listening(database: Database, clock: Any, port: int = 0) -> MllpListener:
    def store(batch: Sequence[InboundMessage]) -> list[MessageState]:
        return messages.store_group(database, batch)

    listener = MllpListener("127.0.0.1", port, MllpLimits(), lambda _: None, store, clock)
    await listener.start()
    return listener


async def client_of(listener: MllpListener) -> RawClient:
    return RawClient(*await asyncio.open_connection("127.0.0.1", listener.port))


async def verdict(client: RawClient, body: bytes) -> tuple[str, str]:
    answer = await client.ask(body)
    err = answer.first("ERR")
    return answer.first("MSA").text(1), err.text(3) if err else ""


def stored(database: Database) -> set[str]:
    with database.read() as tx:
        return {each.control_id for each in messages.recent(tx, 10_000)}


async def test_a_locked_database_is_told_and_nothing_is_acknowledged(
    make: Make, clock: Any, tmp_path: Path, order_text: OrderText
) -> None:
    database = make("PRAGMA busy_timeout=50")
    listener = await listening(database, clock)
    client = await client_of(listener)
    other = sqlite3.connect(tmp_path / "readout.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await verdict(client, order_text("C1")) == ("AE", "207")
    assert await verdict(client, order_text("C1", tail="|||AL|AL")) == ("CE", "207")
    assert await verdict(client, order_text("C1", tail="|||NE|AL")) == ("AE", "207")
    other.execute("ROLLBACK")
    assert stored(database) == set()
    assert await verdict(client, order_text("C1")) == ("AA", "")
    assert stored(database) == {"C1"}
    other.close()
    await client.close()
    await listener.stop()


async def test_a_full_disk_is_told_and_what_was_acknowledged_is_there(
    make: Make, clock: Any, order_text: OrderText
) -> None:
    pages = _pages(make())
    database = make(f"PRAGMA max_page_count={pages + 40}")
    listener = await listening(database, clock)
    client = await client_of(listener)
    note = b"NTE|1||" + b"x" * 8000 + b"\r"
    taken, refused = set(), set()
    for number in range(60):
        code, _ = await verdict(client, order_text(f"C{number}") + note)
        assert code in ("AA", "AE")
        (taken if code == "AA" else refused).add(f"C{number}")
    assert taken
    assert refused
    assert stored(database) == taken
    await client.close()
    await listener.stop()


async def test_a_restart_under_load_loses_and_doubles_nothing(
    make: Make, clock: Any, order_text: OrderText
) -> None:
    database = make()
    listener = await listening(database, clock)
    port, acknowledged = listener.port, list[str]()
    ready = asyncio.Event()

    async def sender(name: int) -> None:
        client: RawClient | None = None
        for number in range(40):
            control_id = f"{name}-{number}"
            while True:  # as senders do: the same message again until it is acknowledged
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    client = client or RawClient(*await asyncio.open_connection("127.0.0.1", port))
                    assert (await verdict(client, order_text(control_id)))[0] == "AA"
                    break
                client = None
                await asyncio.sleep(0.01)
            acknowledged.append(control_id)
            if len(acknowledged) > 50:
                ready.set()
        if client is not None:
            await client.close()

    senders = asyncio.gather(*(sender(name) for name in range(8)))
    await ready.wait()
    await listener.stop()
    told = set(acknowledged)
    assert told <= stored(database)
    listener = await listening(database, clock, port)
    await senders
    assert stored(database) == set(acknowledged)
    with database.read() as tx:
        assert sum(messages.count_by_state(tx).values()) == 320
    await listener.stop()


def _pages(database: Database) -> int:
    with database.read() as tx:
        return int(tx.exec_driver_sql("PRAGMA page_count").scalar() or 0)

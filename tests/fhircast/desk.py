"""Our side of a hub in tests: the sessions of one node, and what a test waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from adapter.clock import SystemClock
from adapter.fhircast.event import Event
from adapter.fhircast.hub_client import HubClient, open_client
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import reports
from adapter.store.contexts import StoredContext
from adapter.workflow.context_seats import ContextSeats
from adapter.workflow.contexts import Contexts
from tests.fakes.house import Workflow

SEAT = Seat("h", "t")
PATIENCE_S = 30.0


def _client(hub: FhircastHub) -> HubClient:
    return open_client(hub, SystemClock())


class Desk:
    """Our side: the sessions of one node, and what a test waits for."""

    def __init__(self, flow: Workflow, url: str, **profile: Any) -> None:
        self.hub = FhircastHub.model_validate(
            {"name": "h", "url": url, "retry_cap_seconds": 1.0, **profile}
        )
        self.speaking: set[str] = set()
        hubs = {"h": self.hub}
        contexts = Contexts(flow.house, hubs, lambda: set(self.speaking))
        self.seats = ContextSeats(flow.house, hubs, contexts, "node-1", _client)

    @property
    def row(self) -> StoredContext:
        return self._row(SEAT.topic)

    def _row(self, topic: str) -> StoredContext:
        row = self.seats.contexts.row(Seat(SEAT.hub, topic))
        assert row is not None
        return row

    async def until(
        self, wanted: Callable[[StoredContext], bool], topic: str = SEAT.topic
    ) -> StoredContext:
        async with asyncio.timeout(PATIENCE_S):
            while not wanted(self._row(topic)):
                await asyncio.sleep(0.02)
        return self._row(topic)

    async def shows(self, accession: str) -> StoredContext:
        return await self.until(lambda row: row.accession == accession)


@asynccontextmanager
async def desk(flow: Workflow, url: str, **profile: Any) -> AsyncIterator[Desk]:
    object.__setattr__(flow.house, "clock", SystemClock())  # as the hub's: that of the machine
    made = Desk(flow, url, **profile)
    await made.seats.join("h", "t", "dr")
    try:
        await made.until(lambda row: row.connection == "connected")
        yield made
    finally:
        await made.seats.stop()


async def eventually(wanted: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await wanted():
            await asyncio.sleep(0.05)


async def published(hub: str, event: Event, kind: str = "application/fhir+json") -> int:
    async with httpx.AsyncClient() as client:
        body, headers = json.dumps(event.as_json()), {"Content-Type": kind}
        return (await client.post(hub, content=body, headers=headers)).status_code


async def current(hub: str) -> Any:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{hub}/t")).json()


async def content(hub: str) -> dict[str, Any]:
    told = await current(hub)
    bundle = [each["resource"] for each in told["context"] if each["key"] == "content"]
    return {e["resource"]["id"]: e["resource"] for each in bundle for e in each["entry"]}


async def is_empty(url: str) -> bool:
    return not (await current(url))["context"]


def suggestions(flow: Workflow, accession: str) -> Any:
    with flow.database.read() as tx:
        return reports.shown(reports.get_latest(tx, accession)).suggestions


async def shows_at(url: str, accession: str) -> bool:
    return accession in json.dumps((await current(url))["context"][:1])


async def has_ai(flow: Workflow, accession: str) -> bool:
    return "AI findings" in flow.events(accession)

"""Reads the orders of a FHIR server, with what they refer to, and takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.errors import Rejected, TryAgain
from adapter.fhir.bundles import OrderBundle, collected
from adapter.fhir.elements import Json
from adapter.fhir.gathering import gather
from adapter.fhir.json_body import read_object, write_object
from adapter.fhir.references import self_contained
from adapter.fhir.source_server import SourceServer, resources_of
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.mapping.fhir_sources import FhirSource, load_fhir_sources, protocol_of
from adapter.mapping.files import MappingFiles
from adapter.ports import Clock
from adapter.secret_values import needed_secret
from adapter.store import fhir_sources as store
from adapter.store.fhir_sources import SeenOrder
from adapter.workflow.fhir_intake import Arrival, FhirIntake, is_id
from adapter.workflow.fhir_tasks import promise_task
from adapter.workflow.study_flow import House

log = structlog.get_logger()

_MOST_PASSES = 5
_ORDERS = "ServiceRequest"


@dataclass(frozen=True)
class Feed:
    """One server with what reads its orders; `secret` is what it shows when it calls us."""

    source: FhirSource
    server: SourceServer
    mapping: FhirOrderMapping
    protocol: str
    secret: str = ""


def open_feeds(files: MappingFiles, clock: Clock) -> dict[str, Feed]:
    """The enabled sources by name; raises ConfigurationError."""
    return {
        source.name: Feed(
            source,
            SourceServer(source, clock),
            files.get(source.orders).read(FhirOrderMapping),
            protocol_of(source.orders),
            needed_secret(source.subscription.secret_env) if source.subscription else "",
        )
        for source in load_fhir_sources(files)
    }


@dataclass
class _Pass:
    """What a search found; `held`: (changed at, why) of orders that must wait."""

    last: str
    new: int = 0
    pages: int = 0
    held: list[tuple[str, TryAgain]] = field(default_factory=list)


class Fetching:
    """One order at a time of one server: the jobs of a server share a lane."""

    def __init__(self, house: House, intake: FhirIntake) -> None:
        self._house, self._intake = house, intake

    async def look_at(self, feed: Feed, id_: str) -> None:
        """Take one order as it is on the server now; raises NotFound, Refused, TryAgain."""
        order = await feed.server.read(f"{_ORDERS}/{id_}")
        await self._take(feed, order, [])

    async def sweep(self, feed: Feed) -> None:
        """Take what has changed; once more where pages may have moved while they were read."""
        name = feed.source.name
        known = last = await asyncio.to_thread(self._cursor, name)
        for _ in range(_MOST_PASSES):
            done = await self._pass(feed, known)
            last = max(last, done.last)
            if done.pages <= 1 or not done.new:
                break
        cursor = min([last, *(at for at, _ in done.held)])
        if cursor != known:
            await asyncio.to_thread(self._keep_cursor, name, cursor)
        if done.held:
            raise done.held[0][1]

    async def _pass(self, feed: Feed, known: str) -> _Pass:
        """Every page of one search from the last change that is known."""
        source, done = feed.source, _Pass(known)
        query = f"{_ORDERS}?{source.search}&_lastUpdated=ge{self._since(source, known)}"
        query = f"{query}&_sort=_lastUpdated&_count={source.page_size}".replace("?&", "?")
        async for page in feed.server.pages(query):
            done.pages += 1
            beside = list(resources_of(page))
            for order in (each for _, each in beside if each["resourceType"] == _ORDERS):
                try:
                    done.new += await self._take(feed, order, beside)
                    done.last = max(done.last, _changed_at(order))
                except TryAgain as error:  # what one order refers to must not hold up the others
                    done.held.append((_changed_at(order), error))
        return done

    async def _take(self, feed: Feed, order: Json, beside: Sequence[tuple[str, Json]]) -> bool:
        """Whether the order was new, or new in this version. Raises TryAgain."""
        name, id_ = feed.source.name, str(order.get("id") or "")
        if not is_id(id_):
            log.warning("fhir_order_without_id", source=name)
            return False
        version = _version(order)
        seen = await asyncio.to_thread(self._seen, name, id_)
        if seen is not None and seen.version == version:
            return False
        address = feed.server.address(f"{_ORDERS}/{id_}")
        others = [(url, each) for url, each in beside if each is not order]
        accession = reason = ""
        try:
            message, arrival = await self._complete(feed, order, address, others)
            (taken,) = await asyncio.to_thread(self._intake.take, message, lambda _: [arrival])
            accession = taken.accession
        except Rejected as error:
            reason = str(error)
        await asyncio.to_thread(
            self._keep_seen, feed.source, SeenOrder(name, id_, version, accession, reason[:500])
        )
        return True

    async def _complete(
        self, feed: Feed, order: Json, address: str, others: list[tuple[str, Json]]
    ) -> tuple[InboundMessage, Arrival]:
        """The order with all that it refers to; what cannot be read is kept and raised."""
        try:
            others = await gather(order, feed.server, others)
            bundle = OrderBundle(read_object(collected(order, others, address)))
            event = bundle.read(0, feed.mapping)
        except Rejected as error:
            self._intake.refuse(self._message(feed, collected(order, [], address)), error)
            raise
        used = list(bundle.beside.used)
        arrival = Arrival(self_contained(order, used), event)
        return self._message(feed, collected(order, used, address)), arrival

    def _message(self, feed: Feed, body: bytes) -> InboundMessage:
        peer = feed.source.base_url
        return self._intake.message(body, feed.source.name, peer, _ORDERS, feed.protocol)

    def _since(self, source: FhirSource, known: str) -> str:
        """Where the search begins, as it stands in an address."""
        first = self._house.clock.now() - timedelta(days=source.first_days)
        begin = datetime.fromisoformat(known) if known else first
        moment = begin - timedelta(seconds=source.overlap_seconds)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _cursor(self, name: str) -> str:
        with self._house.database.read() as tx:
            return store.state(tx, name).cursor

    def _keep_cursor(self, name: str, cursor: str) -> None:
        with self._house.database.write() as tx:
            store.keep_state(tx, store.state(tx, name, lock=True)._replace(cursor=cursor))

    def _seen(self, name: str, id_: str) -> SeenOrder | None:
        with self._house.database.read() as tx:
            return store.seen(tx, name, id_)

    def _keep_seen(self, source: FhirSource, new: SeenOrder) -> None:
        with self._house.database.write() as tx:
            store.keep_seen(tx, new)
            if source.tasks:
                promise_task(self._house, tx, new.source, new.id)


def _meta(order: Json) -> Json:
    told = order.get("meta")
    return told if isinstance(told, dict) else {}


def _version(order: Json) -> str:
    """What changes when the order does: versionId, time of change, or all of it."""
    told = _meta(order).get("versionId") or _meta(order).get("lastUpdated")
    return str(told or sha256_hex(write_object(order).encode()))


def _changed_at(order: Json) -> str:
    """meta.lastUpdated as ISO 8601 in UTC, all of one length; "" where it is none."""
    try:
        told = datetime.fromisoformat(str(_meta(order).get("lastUpdated")))
    except ValueError:
        return ""
    return told.astimezone(UTC).isoformat(timespec="microseconds") if told.tzinfo else ""

"""The sessions of this node at FHIRcast hubs: joined, left, and changed by the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
import structlog

from adapter.domain.order import OrderStatus
from adapter.errors import Conflict, NotFound, ReadoutError, Rejected
from adapter.fhircast.event import CLOSE, OPEN
from adapter.fhircast.hub_client import HubClient, open_client, outbound_of
from adapter.fhircast.session import Session
from adapter.fhircast.workspace import Seat
from adapter.mapping.fhircast_hubs import FhircastHub, load_fhircast_hubs
from adapter.mapping.files import MappingFiles
from adapter.mapping.smart_client import SmartClient
from adapter.store import contexts, sight, studies
from adapter.store.contexts import StoredContext
from adapter.workflow.contexts import Contexts
from adapter.workflow.study_flow import House

log = structlog.get_logger()

MOST_SEATS = 500
"""Sessions of one node."""

LONGEST_TOPIC = 256

_RETRY_S = 30.0


def open_seats(
    house: House, files: MappingFiles, speaking: Callable[[], set[str]], node: str
) -> ContextSeats:
    """The sessions of this node at the hubs of the site."""
    hubs = load_fhircast_hubs(files)
    for each in hubs.values():  # what is wrong with one shows at start
        outbound_of(each)
    followed = Contexts(house, hubs, speaking)
    return ContextSeats(house, hubs, followed, node, partial(open_client, clock=house.clock))


@dataclass
class _Running:
    session: Session
    client: HubClient
    task: asyncio.Task[None]


class ContextSeats:
    """All methods run on the event loop of the service."""

    def __init__(
        self,
        house: House,
        hubs: Mapping[str, FhircastHub],
        contexts: Contexts,
        node: str,
        connect: Callable[[FhircastHub], HubClient],
    ) -> None:
        self._house = house
        self._hubs = hubs
        self.contexts = contexts
        self._node = node
        self._connect = connect
        self._running: dict[Seat, _Running] = {}
        self._starting: list[asyncio.Task[None]] = []

    @property
    def smart_clients(self) -> list[SmartClient]:
        """Our registrations with the authorization servers of hubs."""
        return [hub.token.smart for hub in self._hubs.values() if hub.token.smart]

    async def start(self) -> None:
        """Go on with the sessions of this node, and begin those that the hubs' files name."""
        rows = await asyncio.to_thread(self.listed, self._node)
        for row in rows:
            if row.hub in self._hubs:
                await self.join(row.hub, row.topic, row.person)
        for hub in self._hubs.values():
            for topic in hub.topics:
                await self.join(hub.name, topic, "")
            if hub.token.topic_member:
                self._starting.append(asyncio.create_task(self._join_by_token(hub)))

    async def stop(self) -> None:
        """Leave all sessions in order; they go on when the node starts again."""
        for each in self._starting:
            each.cancel()
        await asyncio.gather(*map(self._end, list(self._running)), return_exceptions=True)

    async def join(self, hub: str, topic: str, person: str) -> Seat:
        """Follow a topic; once more changes at most whose it is."""
        if hub not in self._hubs:
            raise NotFound(f"no file under fhircast_hubs/ is of a hub {hub}", code="not-found")
        seat = Seat(hub, topic)
        if seat not in self._running and len(self._running) >= MOST_SEATS:
            raise Conflict(f"this node follows {MOST_SEATS} topics already", code="too-many")
        await asyncio.to_thread(self._write_joined, seat, person)
        if seat not in self._running:
            profile = self._hubs[hub]
            client = self._connect(profile)
            clock = self._house.clock
            session = Session(profile, topic, client, self.contexts, clock)
            task = asyncio.create_task(session.run())
            self._running[seat] = _Running(session, client, task)
        return seat

    async def join_launched(self, hub_url: str, topic: str, person: str) -> None:
        """Follow the topic that a launch names, where its hub is one of ours."""
        if not hub_url or not 0 < len(topic) <= LONGEST_TOPIC:
            return
        url = hub_url.rstrip("/")
        known = [each.name for each in self._hubs.values() if each.url.rstrip("/") == url]
        if not known:
            log.info("fhircast_launch_unknown_hub", advice="add a file under fhircast_hubs/")
            return
        if Seat(known[0], topic) not in self._running:
            await self._make_room()
        await self.join(known[0], topic, person)

    async def _make_room(self) -> None:
        """Leave the stillest topic: hubs name a new one at each login, nobody tells of its end."""
        if len(self._running) < MOST_SEATS:
            return
        rows = await asyncio.to_thread(self.listed, self._node)
        people = [row for row in rows if row.person and Seat(row.hub, row.topic) in self._running]
        if people:
            stillest = min(people, key=lambda row: row.changed_at)
            await self.leave(Seat(stillest.hub, stillest.topic))

    async def leave(self, seat: Seat) -> None:
        """Follow a topic no longer; raises NotFound."""
        if seat not in self._running:
            raise self._unknown(seat)
        await self._end(seat)
        await asyncio.to_thread(self._write_left, seat)

    async def open(self, seat: Seat, accession: str) -> None:
        """Open the report of a study for all applications of the session."""
        session = self._session(seat)
        await asyncio.to_thread(self._check_known, accession)
        elements = await asyncio.to_thread(self.contexts.opening, seat, accession)
        await session.publish(f"DiagnosticReport-{OPEN}", elements)

    async def close(self, seat: Seat) -> None:
        """Close what is open in the session; nothing where nothing is."""
        session = self._session(seat)
        target = session.target
        if target is not None:
            await session.publish(f"{target.anchor}-{CLOSE}", target.elements)

    def seat_of(self, hub: str, topic: str, person: str, *, own: bool = False) -> Seat:
        """The session that is meant: named, or the only one, or the only one of this person.

        `own`: only among those of this person, and those of nobody.
        """
        rows = [
            row
            for row in self.listed(self._node)
            if hub in ("", row.hub)
            and topic in ("", row.topic)
            and (not own or row.person in ("", person))
        ]
        theirs = [row for row in rows if person and row.person == person]
        found = theirs if len(theirs) == 1 else rows
        if len(found) != 1:
            why = "no session is joined" if not found else "several sessions are joined"
            raise Rejected(f"{why}; name `hub` and `topic`", location="/topic", code="which")
        return Seat(found[0].hub, found[0].topic)

    def check_shown(self, topic: str, accession: str) -> None:
        """Raise Conflict where a session of this topic shows another study: somebody moved on."""
        for row in self.listed() if topic else ():
            if row.topic == topic and row.accession != accession:
                raise Conflict(
                    "the shared context is not of this study; open it before you dictate",
                    code="context",
                )

    def listed(self, node: str = "") -> list[StoredContext]:
        """How all sessions stand."""
        with self._house.database.read() as tx:
            return contexts.listed(tx, node)

    def _session(self, seat: Seat) -> Session:
        found = self._running.get(seat)
        if found is None:
            raise self._unknown(seat)
        return found.session

    def _unknown(self, seat: Seat) -> NotFound:
        return NotFound(f"no such session is joined at {seat.hub} by this node", code="not-found")

    async def _end(self, seat: Seat) -> None:
        running = self._running.pop(seat)
        running.task.cancel()
        await asyncio.wait([running.task])  # a cancellation of ours is not taken for its
        await running.client.close()

    async def _join_by_token(self, hub: FhircastHub) -> None:
        """Until the token server has told the topic."""
        while True:
            client = self._connect(hub)
            try:
                topic = await client.topic()
                if topic:
                    await self.join(hub.name, topic, "")
                    return
            except (ReadoutError, sa.exc.SQLAlchemyError) as error:
                log.warning("fhircast_no_topic", hub=hub.name, error=type(error).__name__)
            finally:
                await client.close()
            await asyncio.sleep(_RETRY_S)

    def _write_joined(self, seat: Seat, person: str) -> None:
        with self._house.database.write() as tx:
            contexts.join(tx, *seat, self._node, person, self._house.now())

    def _write_left(self, seat: Seat) -> None:
        with self._house.database.write() as tx:
            contexts.leave(tx, *seat)
            studies.note(tx, "", self._house.now(), "context left", seat.hub)

    def _check_known(self, accession: str) -> None:
        """Without its order nobody knows the patient: nothing is opened for others."""
        with self._house.database.read() as tx:
            sight.check(tx, accession)
            study = studies.get(tx, accession)
        if study.order_status is OrderStatus.TEMPORARY:
            raise Conflict("the order of this study has not arrived yet", code="temporary")

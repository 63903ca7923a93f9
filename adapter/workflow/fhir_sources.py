"""Orders of FHIR servers: searched for in turns, and at once when a server tells of a change.

What a server tells is only a reason to look: the order is read again, and the search of the next
turn finds what no notification told of. So nothing is lost where notifications are.
"""

from __future__ import annotations

import asyncio
import hmac
import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
import structlog

from adapter.errors import NotFound, Rejected, TryAgain
from adapter.fhir.elements import Json
from adapter.fhir.gathering import gather
from adapter.fhir.json_body import read_object
from adapter.fhir.notifications import Kind, Notification, is_notification, read_notification
from adapter.mapping.smart_client import SmartClient
from adapter.oauth.tokens import NotAuthenticated
from adapter.store import fhir_sources as store
from adapter.store import links
from adapter.workflow.fhir_fetching import Feed, Fetching
from adapter.workflow.fhir_intake import FhirIntake, is_id
from adapter.workflow.fhir_subscribing import keep_subscription
from adapter.workflow.fhir_tasks import FhirTasks
from adapter.workflow.study_flow import FETCH, House

log = structlog.get_logger()

_MOST_HINTS = 100
_LONGEST_FETCH_S = 20.0
_ORDERS = "ServiceRequest"


class FhirSources:
    """All servers that orders are fetched from."""

    def __init__(self, house: House, intake: FhirIntake, feeds: Mapping[str, Feed]) -> None:
        self._house, self.feeds = house, feeds
        self._fetching = Fetching(house, intake)
        self.tasks = FhirTasks(house, feeds)
        house.watchers.append(self.tasks.watch)

    @property
    def smart_clients(self) -> list[SmartClient]:
        """Our registrations with these servers."""
        return [each.source.smart for each in self.feeds.values() if each.source.smart]

    def reconcile(self) -> int:
        """Ask for the turn of every server, and for what is owed to it; returns how many."""
        with self._house.database.write() as tx:
            links.forget_others(tx, links.LinkKind.FHIR_SERVER, list(self.feeds))
            for name in self.feeds:
                turn = store.state(tx, name).turn
                self._house.jobs.put(tx, FETCH, f"{name}/turn-{turn}", lane=name)
        return len(self.feeds) + self.tasks.reconcile()

    async def beside(self, body: bytes) -> list[tuple[str, Json]]:
        """(address, resource) of what an order that was sent to us names on one of these servers.

        Raises Malformed, Rejected, TryAgain.
        """
        for feed in self.feeds.values():
            if f"{feed.server.base}/".encode() in body:
                try:
                    async with asyncio.timeout(_LONGEST_FETCH_S):
                        return await gather(read_object(body), feed.server)
                except TimeoutError:
                    raise TryAgain(f"{feed.server.base} is too slow; send it again") from None
        return []

    def heard(self, name: str, authorization: str, body: bytes, id_: str = "") -> None:
        """A server tells of a change; when this returns, the promise to look is on disk.

        Raises NotFound, NotAuthenticated, Malformed or Rejected.
        """
        feed = self.feeds.get(name)
        if feed is None or feed.source.subscription is None:
            raise NotFound("no source of this name has a subscription", code="not-found")
        shown = authorization.encode("utf-8", "replace")
        if not hmac.compare_digest(shown, f"Bearer {feed.secret}".encode()):
            raise NotAuthenticated("send the secret of the subscription as bearer token")
        resource = read_object(body) if body.strip() else {}
        with self._house.database.write() as tx:
            if is_notification(resource):
                self._notified(tx, name, read_notification(resource))
                return
            if resource and resource.get("resourceType") != _ORDERS:
                told = f"resourceType must be {_ORDERS}, or Bundle with a notification"
                raise Rejected(told, code="not-supported")
            found = id_ or str(resource.get("id") or "")
            self._hint(tx, name, [found] if found else [])

    def _notified(self, tx: sa.Connection, name: str, told: Notification) -> None:
        state = store.state(tx, name, lock=True)
        last = state.last_event if told.count >= state.last_event else 0
        expected = range(last + 1, last + 1 + len(told.events))
        top = max((told.count, *told.events))
        seen = (
            told.kind is Kind.EVENT
            and set(expected) == set(told.events)
            and top <= last + len(told.events)
        )
        log.info("fhir_notification", source=name, kind=told.kind, events=len(told.events))
        store.keep_state(tx, state._replace(last_event=max(last, top)))
        if told.kind is Kind.EVENT:
            self._hint(tx, name, told.orders if told.complete else ())
        if not seen and top > last:
            self._hint(tx, name, ())  # some events have not come: the search finds their orders

    def _hint(self, tx: sa.Connection, name: str, ids: Sequence[str]) -> None:
        """Look at these orders, or at whatever has changed."""
        mark = uuid.uuid4().hex
        few = 0 < len(ids) <= _MOST_HINTS and all(map(is_id, ids))
        keys = [f"{name}/order-{each}/{mark}" for each in ids] if few else [f"{name}/hint-{mark}"]
        for key in keys:
            self._house.jobs.put(tx, FETCH, key, lane=name)

    async def fetch(self, key: str) -> None:
        """Job: one turn of a server, or what it gave a reason to look at."""
        name, _, what = key.partition("/")
        kind, _, rest = what.partition("-")
        feed = self.feeds.get(name)
        if feed is None:
            log.warning("fhir_source_unknown", source=name)
        elif kind == "turn":
            await self._turn(feed, int(rest))
        else:
            await self._look(feed, rest.partition("/")[0] if kind == "order" else "")

    async def _look(self, feed: Feed, order: str) -> None:
        """At this order, or at whatever has changed; what is refused now is for the next turn."""
        try:
            if order:
                await self._fetching.look_at(feed, order)
            else:
                await self._fetching.sweep(feed)
        except Rejected as error:
            log.warning("fhir_source_refuses", source=feed.source.name, why=error.code)

    async def _turn(self, feed: Feed, turn: int) -> None:
        name, problem = feed.source.name, ""
        if await asyncio.to_thread(self._current_turn, name) != turn:
            return
        wait = feed.source.poll_seconds
        try:
            await keep_subscription(self._house, feed)
            await self._fetching.sweep(feed)
        except (TryAgain, Rejected) as error:
            problem = str(error)
            told = getattr(error, "after", None) or self._house.retry_cap
            wait = min(wait, told)
            log.warning("fhir_source_waits", source=name, wait_s=wait, why=type(error).__name__)
        await asyncio.to_thread(self._next_turn, name, turn, problem, wait)

    def _next_turn(self, name: str, turn: int, problem: str, wait: float) -> None:
        with self._house.database.write() as tx:
            state = store.state(tx, name, lock=True)
            if state.turn == turn:
                store.keep_state(tx, state._replace(turn=turn + 1))
                links.tried(tx, links.LinkKind.FHIR_SERVER, name, problem, self._house.now())
                key = f"{name}/turn-{turn + 1}"
                self._house.jobs.put(tx, FETCH, key, delay=wait, lane=name)

    def _current_turn(self, name: str) -> int:
        with self._house.database.read() as tx:
            return store.state(tx, name).turn

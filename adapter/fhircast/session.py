"""One topic of one hub while it is joined: connects, acknowledges, renews, starts again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from adapter.clock import backoff, steady
from adapter.errors import NeedsPerson, ReadoutError, TryAgain
from adapter.fhircast.content import Content
from adapter.fhircast.context import (
    Context,
    Effect,
    Fetch,
    Follow,
    OutOfStep,
    Post,
    Refused,
    Selected,
    Shared,
)
from adapter.fhircast.event import CLOSE, OPEN, Event, Json, new_id
from adapter.fhircast.findings import is_ours
from adapter.fhircast.follower import Follower, Rules
from adapter.fhircast.frames import (
    Confirmed,
    Denied,
    Heartbeat,
    Unreadable,
    acknowledgement,
    read_frame,
)
from adapter.fhircast.hub_client import HubClient
from adapter.fhircast.sync_error import sync_error
from adapter.fhircast.workspace import Seat, Workspace
from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.ports import Clock

log = structlog.get_logger()

PROMISE_S = 8.0
"""How long an event answered with 202 may wait before SyncError says that it is not followed."""

_TICK_S = 0.5
_LOOK_S = 1.0
_CONFIRM_S = 10.0
_BEATS = 3
_LEASE_PART = 0.8
_PATIENT = 4  # tries that a refusal counts for


class Session:
    """All methods run on one event loop; the workspace is called in threads, one call at a time."""

    def __init__(
        self, hub: FhircastHub, topic: str, client: HubClient, workspace: Workspace, clock: Clock
    ) -> None:
        self.seat = Seat(hub.name, topic)
        self._hub = hub
        self._client = client
        self._workspace = workspace
        self._clock, self._steady = clock, steady(clock)
        self._follower = Follower(rules_of(hub))
        self._names = {name.lower(): told for name, told in hub.event_names.items()}
        self._busy = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._endpoint = ""
        self._renew_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._promised: tuple[Event, datetime] | None = None
        self._unsigned = ""  # id of the report that was seen here before it was signed
        self._attempt = 0

    @property
    def target(self) -> Context | None:
        """What the workspace is to show."""
        return self._follower.target

    async def run(self) -> None:
        """Until cancelled; then the subscription is ended at the hub, too."""
        try:
            await self._call(self._workspace.follow, None)
            while True:
                why = await self._until_it_ends()
                await self._call(self._workspace.connection, "away", why)
                wait = backoff(self._attempt, 0.5, self._hub.retry_cap_seconds)
                self._attempt += 1
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))
        finally:
            for task in list(self._tasks):
                task.cancel()
            await self._call(self._workspace.connection, "left", "")

    async def publish(self, name: str, elements: tuple[Json, ...]) -> None:
        """Change the context; the workspace follows at once, the hub when it answers."""
        event = Event(new_id(), self._clock.now(), self.seat.topic, name, elements)
        await self._do(lambda now: self._follower.publish(event, now))

    async def _until_it_ends(self) -> str:
        """One connection; returns why it ended."""
        try:
            await self._connected()
        except Exception as failed:  # the boundary of a task: the next connection may do better
            error = _innermost(failed)
            if isinstance(error, ReadoutError):
                if isinstance(error, NeedsPerson):
                    self._attempt = max(self._attempt, _PATIENT)
                return str(error)
            if not isinstance(error, OSError | WebSocketException):
                log.error("fhircast_failed", hub=self._hub.name, error=type(error).__name__)
            return type(error).__name__
        return "the connection has ended"

    async def _connected(self) -> None:
        """From subscribing to the end of the connection, which is raised as TryAgain."""
        self._endpoint = await self._client.subscribe(self.seat.topic)
        socket = await self._client.connect(self._endpoint)
        try:
            if self._hub.hello == "endpoint":
                await socket.send(json.dumps({"hub.channel.endpoint": self._endpoint}))
            await self._confirmed(socket)
            self._attempt = 0
            await self._call(self._workspace.connection, "connected", "")
            await self._do(self._follower.joined)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._read(socket))
                both.create_task(self._keep_ticking())
        except asyncio.CancelledError:
            await self._unsubscribe()
            raise
        finally:
            await socket.close()

    async def _confirmed(self, socket: ClientConnection) -> None:
        """The first frame must confirm, whatever it leaves out; unless this hub never does."""
        if self._hub.confirmation == "none":
            self._lease(self._hub.lease_seconds)
            return
        try:
            async with asyncio.timeout(_CONFIRM_S):
                frame = read_frame(await socket.recv(), self._names)
        except (TimeoutError, ConnectionClosed):
            raise TryAgain("the hub did not confirm the subscription") from None
        if isinstance(frame, Denied):
            raise NeedsPerson(f"the hub denied the subscription: {frame.reason}")
        if not isinstance(frame, Confirmed):
            raise TryAgain("the hub did not confirm the subscription first")
        self._lease(frame.lease_seconds or self._hub.lease_seconds)

    def _lease(self, seconds: float) -> None:
        self._renew_at = self._steady.now() + timedelta(seconds=seconds * _LEASE_PART)

    async def _read(self, socket: ClientConnection) -> None:
        """Frames as they come, until there are none or silence has lasted for too long."""
        patience = self._hub.silence_seconds or None
        while True:
            try:
                async with asyncio.timeout(patience):
                    text = await socket.recv()
            except TimeoutError:
                raise TryAgain("the hub has fallen silent") from None
            except ConnectionClosed:
                raise TryAgain("the connection has ended") from None
            frame = read_frame(text, self._names)
            if isinstance(frame, Heartbeat):
                if frame.period and not self._hub.silence_seconds:
                    patience = frame.period * _BEATS
            elif isinstance(frame, Confirmed):
                self._lease(frame.lease_seconds or self._hub.lease_seconds)
            elif isinstance(frame, Denied):
                await self._call(self._workspace.connection, "denied", frame.reason)
                raise TryAgain(f"the hub has ended the subscription: {frame.reason}")
            elif isinstance(frame, Unreadable):
                log.warning("fhircast_frame_unreadable", hub=self._hub.name, why=frame.why)
                if frame.id:
                    await socket.send(acknowledgement(frame.id, 400))
            else:
                await self._answer(socket, frame)

    async def _answer(self, socket: ClientConnection, event: Event) -> None:
        if event.topic != self.seat.topic:
            await socket.send(acknowledgement(event.id, 400))
            return
        status = await self._do(lambda now: self._follower.receive(event, now))
        if status == 202:
            self._promised = (event, self._steady.now() + timedelta(seconds=PROMISE_S))
        elif event.action in (OPEN, CLOSE):
            self._promised = None
        await socket.send(acknowledgement(event.id, status))

    async def _keep_ticking(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            await self._do(self._follower.tick)
            now = self._steady.now()
            if self._renew_at is not None and now >= self._renew_at:
                self._renew_at = None  # the confirmation of the new lease sets it again
                self._lease(self._hub.lease_seconds)
                await self._client.subscribe(self.seat.topic, self._endpoint)
            if self._looked_at is None or (now - self._looked_at).total_seconds() >= _LOOK_S:
                self._looked_at = now
                await self._look(now)

    async def _look(self, now: datetime) -> None:
        """What the workspace has for the hub by now."""
        status = 202
        if await self._call(self._workspace.is_waiting):
            status = await self._do(self._follower.ask_again)
        await self._keep_promise(status, now)
        context = self._follower.hub
        if context is None or context != self._follower.target:
            return
        wanted = await self._call(self._workspace.wanted, context) if self._hub.share else None
        if wanted is not None:
            await self._do(lambda at: self._follower.share(wanted, at))
        signed = await self._call(self._workspace.is_signed, context)
        if signed is False:
            self._unsigned = context.id
        elif signed and self._unsigned == context.id and self._hub.close_when_signed:
            await self._close_signed(context, wanted)

    async def _close_signed(self, context: Context, wanted: Content | None) -> None:
        """Once the hub has the status of the report."""
        if wanted is None or not self._follower.is_behind(wanted):
            self._unsigned = ""
            await self.publish(f"{context.anchor}-{CLOSE}", context.elements)

    async def _keep_promise(self, status: int, now: datetime) -> None:
        """Say so when what was accepted could not be followed in time (RAD-156)."""
        if self._promised is None:
            return
        event, until = self._promised
        if status == 200:
            self._promised = None
        elif status == 409 or now >= until:
            self._promised = None
            why = f"{self._hub.subscriber_name} cannot follow"
            error = sync_error(event, self._hub.subscriber_name, why, now)
            await self._do(lambda at: self._follower.publish(error, at))

    async def _do(self, change: Callable[[datetime], list[Effect]]) -> int:
        """Let the follower change, and do what follows; returns what the workspace answered."""
        status = 200
        async with self._busy:
            for effect in change(self._steady.now()):
                answered = await self._perform(effect)
                status = answered or status
        return status

    async def _perform(self, effect: Effect) -> int | None:
        workspace = self._workspace
        if isinstance(effect, Follow):
            return int(await self._call(workspace.follow, effect.context) or 500)
        if isinstance(effect, Shared):
            await self._call(workspace.shared, effect.context, effect.change)
        elif isinstance(effect, Selected):
            await self._call(workspace.selected, effect.context, effect.names)
        elif isinstance(effect, OutOfStep):
            await self._call(workspace.out_of_step, effect.about)
        elif isinstance(effect, Refused):
            await self._call(workspace.refused, effect.reason)
        elif isinstance(effect, Post):
            self._begin(self._post(replace(effect.event, topic=self.seat.topic)))
        else:
            self._begin(self._fetch(effect))
        return None

    async def _post(self, event: Event) -> None:
        status, said = await self._client.publish(event)
        await self._do(lambda now: self._follower.answered(event.id, status, now, said))

    async def _fetch(self, asked: Fetch) -> None:
        answer = await self._client.current(self.seat.topic)
        await self._do(lambda now: self._follower.fetched(answer, asked.number, now))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, what: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.to_thread(what, self.seat, *arguments)
        except Exception as error:  # the workspace's trouble is not the connection's
            log.warning("fhircast_workspace", hub=self._hub.name, error=type(error).__name__)
            return None

    async def _unsubscribe(self) -> None:
        """At the end of our own accord (RAD-152)."""
        with contextlib.suppress(ReadoutError, OSError, TimeoutError):
            async with asyncio.timeout(3.0):
                await self._client.unsubscribe(self.seat.topic, self._endpoint)


def rules_of(hub: FhircastHub) -> Rules:
    """How this hub's events are followed."""
    return Rules(
        anchors=hub.anchors,
        can_fetch=bool(hub.context_url),
        update_without_report=hub.update_without_report,
        is_ours=is_ours,
    )


def _innermost(failed: BaseException) -> BaseException:
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return failed

"""All HL7 v2 listeners of a node, opened and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapter.domain.feed import FeedState
from adapter.domain.link_security import FailedHandshakes
from adapter.errors import cannot_listen
from adapter.hl7v2.allow import AllowList
from adapter.hl7v2.feed_watch import FeedWatch
from adapter.hl7v2.group_commit import Store
from adapter.hl7v2.listener import Door, Glance, MllpLimits, MllpListener, Review
from adapter.hl7v2.owed import Alone, Ledger, only_node
from adapter.hl7v2.pace import Pace
from adapter.hl7v2.responder import Responder
from adapter.hl7v2.tls import server_context
from adapter.mapping.listeners import DEFAULT_ORDERS, ListenerProfile
from adapter.ports import Clock

_LOOK_S = 15.0
_ADVICE = (
    "set READOUT_MLLP_HOST and READOUT_MLLP_PORT, or host and port of its file under listeners/, "
    "to a free address"
)


class MllpDoors:
    """The listeners, the first of them the default one, and the watch over their feeds."""

    def __init__(self, listeners: Sequence[MllpListener]) -> None:
        self._listeners = listeners
        self._watching: asyncio.Task[None] | None = None

    @property
    def ports(self) -> list[int]:
        """The ports, once opened, in the order of the listeners."""
        return [each.port for each in self._listeners]

    async def open(self) -> None:
        """Listen everywhere; raises ConfigurationError when one place cannot be had."""
        for each in self._listeners:
            try:
                await each.start()
            except OSError as error:
                await self.close()
                raise cannot_listen("MLLP", each.host, each.port, error, _ADVICE) from None
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """Store and answer what came, then close every connection."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*(each.stop() for each in self._listeners))

    def feeds(self) -> list[FeedState]:
        """Every feed that is expected to speak, as it is now."""
        watches = [each.watch for each in self._listeners if each.watch is not None]
        return [state for watch in watches for state in watch.states()]

    def failed_handshakes(self) -> list[FailedHandshakes]:
        """Of every listener, by reason."""
        return [
            FailedHandshakes(f"listener {each.name}", reason, count)
            for each in self._listeners
            for reason, count in sorted(each.failed_handshakes.items())
        ]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            for each in self._listeners:
                if each.watch is not None:
                    each.watch.look()
                await each.remember()


def make_listener(
    profile: ListenerProfile,
    review: Review,
    store: Store,
    clock: Clock,
    *,
    fallback_charset: str = "utf-8",
    glance: Glance | None = None,
    responder: Responder | None = None,
    ledger: Ledger | None = None,
    alone: Alone = only_node,
) -> MllpListener:
    """A listener as its profile says; raises ConfigurationError when its TLS files are unusable."""
    limits = MllpLimits(
        max_frame_bytes=profile.max_frame_bytes,
        max_connections=profile.max_connections,
        idle_seconds=profile.idle_seconds,
    )
    door = Door(
        protocol=protocol_of(profile.orders),
        name=profile.name,
        tls=server_context(profile.tls) if profile.tls else None,
        allow=AllowList(profile.allow),
        pace=Pace(profile.messages_per_second) if profile.messages_per_second else None,
        answer_mode=profile.acknowledge,
        watch=FeedWatch(profile.name, profile.feeds, clock) if profile.feeds else None,
        responder=responder,
        ledger=ledger,
        answers=profile.answers,
        alone=alone,
    )
    return MllpListener(
        profile.host,
        profile.port,
        limits,
        review,
        store,
        clock,
        fallback_charset=fallback_charset,
        glance=glance,
        door=door,
    )


def protocol_of(orders: str) -> str:
    """What a stored message names as its protocol: it tells which mapping file reads it."""
    return "hl7v2" if orders == DEFAULT_ORDERS else f"hl7v2:{orders}"

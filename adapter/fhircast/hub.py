"""A FHIRcast STU3 hub: topics, subscriptions, leases, acknowledgements. No clock, no socket.

State is in memory and bounded: a hub that starts again knows nothing, and its subscribers
subscribe again, as they do after every broken connection.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from adapter.errors import Malformed, NotFound, ReadoutError, Rejected
from adapter.fhir.json_body import read_object, write_json
from adapter.fhircast.event import ANCHORS, CLOSE, HEARTBEAT, OPEN, SYNC_ERROR, Event, Json
from adapter.fhircast.hub_topic import Topic
from adapter.fhircast.sync_error import sync_error

ACK_S = 10.0
"""How long a subscriber has to acknowledge a context change, in seconds (2.5)."""

CONNECT_S = 60.0
"""How long a subscription waits for its WebSocket, in seconds."""

_TOPIC_IDLE = timedelta(hours=12)
_CONTEXT_CHANGES = tuple(f"{kind}-{action}" for kind in ANCHORS for action in (OPEN, CLOSE))
_NORMAL, _UNRESPONSIVE, _DENIED = 1000, 1013, 1000
_ABNORMAL_IS_NOT = (1000, 1001)
_LONGEST = 1_000


class Busy(ReadoutError):
    """A limit of the hub is reached (HTTP 503)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one hub holds at most."""

    topics: int = 256
    subscribers: int = 32  # of one topic
    lease_seconds: int = 14_400


class Deliver(NamedTuple):
    """Send this text to the socket of a subscription."""

    endpoint: str
    text: str


class Hangup(NamedTuple):
    """Close the socket of a subscription."""

    endpoint: str
    code: int


Output = Deliver | Hangup


@dataclass
class Subscription:
    """One subscriber of one topic; `unanswered`: context changes by id, and until when."""

    endpoint: str  # an unguessable word, the end of its WebSocket address
    topic: str
    name: str
    events: tuple[str, ...]  # as asked for
    until: datetime
    connect_by: datetime
    connected: bool = False
    unanswered: dict[str, tuple[Event, datetime]] = field(default_factory=dict)

    def wants(self, name: str) -> bool:
        """Whether it subscribed to this event."""
        return name.lower() in (each.lower() for each in self.events)


class Hub:
    """All topics. Each method takes the time, and returns what is to be sent."""

    def __init__(self, limits: Limits | None = None, *, strict: bool = False) -> None:
        self._limits = limits or Limits()
        self._strict = strict
        self._topics: dict[str, Topic] = {}
        self._touched: dict[str, datetime] = {}
        self._subscriptions: dict[str, Subscription] = {}

    def subscribe(self, form: Mapping[str, str], now: datetime) -> tuple[str, list[Output]]:
        """`hub.mode` subscribe or unsubscribe (2.4): the endpoint; raises Rejected, Busy."""
        mode, topic = form.get("hub.mode", ""), form.get("hub.topic", "").strip()
        if form.get("hub.channel.type", "websocket") != "websocket":
            raise Rejected("hub.channel.type must be websocket")
        if not 0 < len(topic) <= 256:
            raise Rejected("hub.topic must be a text of 1 to 256 characters")
        endpoint = form.get("hub.channel.endpoint", "").rpartition("/")[2]
        if mode == "unsubscribe":
            return endpoint, self._unsubscribe(endpoint, topic)
        if mode != "subscribe":
            raise Rejected("hub.mode must be subscribe or unsubscribe")
        return self._subscribe(form, topic, endpoint, now)

    def connected(self, endpoint: str, now: datetime) -> list[Output]:
        """The socket is open: confirmation, then what is open in the topic. Raises NotFound."""
        subscription = self._subscriptions.get(endpoint)
        if subscription is None or subscription.connected:
            raise NotFound("no subscription waits for this connection; subscribe again")
        subscription.connected = True
        topic = self._topic(subscription.topic, now)
        replayed = (event for event in topic.still_open() if subscription.wants(event.name))
        outputs: list[Output] = [Deliver(endpoint, _frame(_confirmation(subscription, now)))]
        return outputs + [self._deliver(subscription, event, now) for event in replayed]

    def received(self, endpoint: str, text: str, now: datetime) -> list[Output]:
        """A frame of a subscriber: an acknowledgement; anything else is passed over."""
        subscription = self._subscriptions.get(endpoint)
        try:
            told = read_object(text.encode("utf-8", "replace"))
        except Malformed:
            return []
        if subscription is None:
            return []
        found = subscription.unanswered.pop(str(told.get("id")), None)
        if found is None:
            return []
        status = str(told.get("status", "200")).strip()
        if status.startswith("2"):
            return []
        why = f"{subscription.name or 'a subscriber'} answered {status[:10]}"
        error = sync_error(found[0], subscription.name, why, now)
        return self._broadcast(error, now, but=endpoint)

    def closed(self, endpoint: str, code: int, now: datetime) -> list[Output]:
        """The socket of a subscription has gone, and the subscription with it (2.5)."""
        subscription = self._subscriptions.pop(endpoint, None)
        if subscription is None or code in _ABNORMAL_IS_NOT:
            return []
        return self._lost(subscription, "lost its connection", now)

    def publish(self, event: Event, now: datetime) -> list[Output]:
        """An event of a subscriber (2.6); raises Rejected, Busy, and then nothing has changed."""
        if event.name == HEARTBEAT:
            return []
        broadcast = self._topic(event.topic, now).publish(event)
        return [] if broadcast is None else self._broadcast(broadcast, now)

    def current(self, topic: str) -> Json:
        """The answer to Get Current Context (2.9); an unknown topic has none."""
        return (self._topics.get(topic) or Topic()).as_json()

    def tick(self, now: datetime) -> list[Output]:
        """What time itself brings: missing acknowledgements, leases and topics that end."""
        outputs: list[Output] = []
        for each in list(self._subscriptions.values()):
            late = [event for event, until in each.unanswered.values() if until <= now]
            if late:
                self._subscriptions.pop(each.endpoint, None)
                outputs += self._lost(each, "did not answer", now, late[0])
                outputs += [_denial(each, "no answer"), Hangup(each.endpoint, _UNRESPONSIVE)]
            elif each.until <= now:
                self._subscriptions.pop(each.endpoint, None)
                outputs += [_denial(each, "the lease is over"), Hangup(each.endpoint, _DENIED)]
            elif not each.connected and each.connect_by <= now:
                self._subscriptions.pop(each.endpoint, None)
        self._forget(now)
        return outputs

    def _subscribe(
        self, form: Mapping[str, str], topic: str, endpoint: str, now: datetime
    ) -> tuple[str, list[Output]]:
        name = form.get("subscriber.name", "").strip()[:_LONGEST]
        events = tuple(filter(None, map(str.strip, form.get("hub.events", "").split(","))))
        if not events or len(events) > 100:
            raise Rejected("hub.events must name 1 to 100 events")
        if self._strict and not name:
            raise Rejected("subscriber.name is required (IHE RAD-146)")
        lease = self._lease(form.get("hub.lease_seconds") or form.get("hub.lease") or "")
        until = now + timedelta(seconds=lease)
        known = self._subscriptions.get(endpoint)
        if known is not None and known.topic == topic:
            known.events, known.until = events, until
            return endpoint, [Deliver(endpoint, _frame(_confirmation(known, now)))]
        if endpoint:
            raise NotFound("no such subscription; subscribe without hub.channel.endpoint")
        self._topic(topic, now)
        if sum(each.topic == topic for each in self._subscriptions.values()) >= (
            self._limits.subscribers
        ):
            raise Busy("the topic has as many subscribers as this hub serves")
        endpoint = secrets.token_urlsafe(32)
        connect_by = now + timedelta(seconds=CONNECT_S)
        made = Subscription(endpoint, topic, name, events, until, connect_by)
        self._subscriptions[endpoint] = made
        return endpoint, []

    def _unsubscribe(self, endpoint: str, topic: str) -> list[Output]:
        subscription = self._subscriptions.get(endpoint)
        if subscription is None or subscription.topic != topic:
            raise NotFound("no such subscription; give its hub.channel.endpoint and hub.topic")
        del self._subscriptions[endpoint]
        return [_denial(subscription, "unsubscribed"), Hangup(endpoint, _NORMAL)]

    def _lease(self, told: str) -> int:
        longest = self._limits.lease_seconds
        asked = int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else longest
        return max(1, min(asked, longest))

    def _topic(self, name: str, now: datetime) -> Topic:
        if name not in self._topics and len(self._topics) >= self._limits.topics:
            raise Busy("the hub has as many topics as it serves")
        self._touched[name] = now
        return self._topics.setdefault(name, Topic(strict=self._strict))

    def _forget(self, now: datetime) -> None:
        """Topics that nobody has subscribed to for long."""
        in_use = {each.topic for each in self._subscriptions.values()}
        for name, touched in list(self._touched.items()):
            if name not in in_use and now - touched > _TOPIC_IDLE:
                del self._topics[name], self._touched[name]

    def _broadcast(self, event: Event, now: datetime, but: str = "") -> list[Output]:
        wanting: Iterator[Subscription] = (
            each
            for each in self._subscriptions.values()
            if each.topic == event.topic and each.connected and each.wants(event.name)
        )
        return [self._deliver(each, event, now) for each in wanting if each.endpoint != but]

    def _deliver(self, to: Subscription, event: Event, now: datetime) -> Output:
        if event.name in _CONTEXT_CHANGES:
            to.unanswered[event.id] = (event, now + timedelta(seconds=ACK_S))
        return Deliver(to.endpoint, write_json(event.as_json()))

    def _lost(
        self, who: Subscription, how: str, now: datetime, about: Event | None = None
    ) -> list[Output]:
        """SyncError to the others about the last change that this subscriber has not followed."""
        if about is None:
            waiting = [event for event, _ in who.unanswered.values()]
            current = self._topic(who.topic, now).current
            about = waiting[-1] if waiting else current.opened if current else None
        if about is None:
            return []
        name = who.name or "a subscriber"
        return self._broadcast(sync_error(about, who.name, f"{name} {how}", now), now)


def _confirmation(subscription: Subscription, now: datetime) -> Json:
    left = max(1, round((subscription.until - now).total_seconds()))
    return {
        "hub.mode": "subscribe",
        "hub.topic": subscription.topic,
        "hub.events": ",".join(subscription.events),
        "hub.lease_seconds": left,
    }


def _denial(subscription: Subscription, reason: str) -> Output:
    told = {
        "hub.mode": "denied",
        "hub.topic": subscription.topic,
        "hub.events": ",".join(subscription.events),
        "hub.reason": reason,
    }
    return Deliver(subscription.endpoint, _frame(told))


def _frame(told: Json) -> str:
    return json.dumps(told, ensure_ascii=False)


def configuration() -> Json:
    """What `.well-known/fhircast-configuration` says (2.7)."""
    events = [f"{kind}-{action}" for kind in ANCHORS for action in ("open", "close")]
    events += ["DiagnosticReport-update", "DiagnosticReport-select", SYNC_ERROR]
    return {
        "eventsSupported": [*events, "UserLogout", "UserHibernate", "Home-open"],
        "websocketSupport": True,
        "fhircastVersion": "STU3",
        "fhirVersion": "4.0.1",
        "getCurrentSupport": True,
        "capabilities": {
            "supportsGetCurrentContext": True,
            "supportsNonCurrentContextUpdates": True,
        },
    }

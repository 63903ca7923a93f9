"""Follows and changes the context of one topic. No clock, no socket: events in, effects out.

Two layers: what the hub has, folded from its events by their timestamps and mended by Get Current
Context wherever a doubt remains (a gap in the versions, an event out of order, a new connection);
and over it our own changes that the hub has not confirmed yet. What the workspace shall show is
the sum of both, and it is told when that changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from adapter.errors import Rejected
from adapter.fhircast.content import Change, Content, difference, read_change
from adapter.fhircast.context import (
    Context,
    Effect,
    Fetch,
    Follow,
    Key,
    OutOfStep,
    Post,
    Refused,
    Selected,
    Shared,
    context_of,
    read_current,
    stale,
)
from adapter.fhircast.event import (
    CLOSE,
    OPEN,
    SELECT,
    SYNC_ERROR,
    UPDATE,
    Event,
    Json,
    reference_in,
)
from adapter.fhircast.outbox import Outbox
from adapter.fhircast.sync_error import read_sync_error

MOST_ENTRIES = 40
"""Entries of one update of ours; hubs expect dozens (2.10)."""

_REMEMBERED = 1_000
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs from hub to hub in following it; times in seconds."""

    anchors: tuple[str, ...] = ("DiagnosticReport",)
    can_fetch: bool = True
    refetch_after: float = 60.0
    update_without_report: bool = False
    resend_after: float = 10.0
    resends: int = 3
    is_ours: Callable[[Json], bool] = lambda _resource: False


class Follower:
    """One subscriber of one topic."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._outbox = Outbox(rules.resend_after, rules.resends)
        self.hub: Context | None = None
        self._stamp: datetime | None = None  # of the change that set `hub`
        self._closed: OrderedDict[Key, datetime] = OrderedDict()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._number = 0  # counts changes of the hub's state
        self._fetching = False
        self._doubt = False
        self._fetch_due: datetime | None = None
        self._told: Context | None = None
        self._ask = False  # whether the workspace is to be asked though nothing seems to change
        self._share_due: datetime | None = None

    @property
    def target(self) -> Context | None:
        """What the workspace shall show: the hub's context under our unconfirmed changes."""
        shown = self.hub
        for event in self._outbox.changes():
            if event.action == OPEN:
                same = shown is not None and shown.key == (event.anchor, event.subject_id)
                shown = shown if same else context_of(event)
            elif shown is not None and shown.key == (event.anchor, event.subject_id):
                shown = None
        return shown

    def joined(self, now: datetime) -> list[Effect]:
        """A connection stands: whatever was missed is asked for."""
        self._fetching = False  # an answer to the connection before may never come
        self._doubt = True
        self._outbox.connected()
        return self._settle(now)

    def receive(self, event: Event, now: datetime) -> list[Effect]:
        """An event of the hub; one that came before changes nothing."""
        if event.id in self._seen:
            return []
        self._seen[event.id] = None
        _bound(self._seen)
        if event.name == SYNC_ERROR:
            return self._sync_error(event, now)
        effects: list[Effect] = []
        if event.anchor in self._rules.anchors:
            handler = {OPEN: self._open, CLOSE: self._close, UPDATE: self._update}
            handler.get(event.action, lambda _event: None)(event)
            effects += self._selected(event) if event.action == SELECT else ()
        self._outbox.confirmed(event)
        self._outbox.superseded(self._stamp)
        return effects + self._settle(now)

    def fetched(self, answer: Any, number: int, now: datetime) -> list[Effect]:
        """The answer to Get Current Context; None: there was none. Asked again if outdated."""
        self._fetching = False
        current = read_current(answer, self._rules.anchors)
        if number != self._number:
            self._doubt = True
        elif current.known:
            self.hub = self._mended(current.context)
            self._number += 1
        elif answer is None:
            self._fetch_due = now + timedelta(seconds=5)
        return self._settle(now)

    def publish(self, event: Event, now: datetime) -> list[Effect]:
        """A change of ours (open or close) or another event; later than all that we have seen."""
        moment = max(now, self._stamp + _TICK) if self._stamp else now
        self._outbox.put(replace(event, moment=self._outbox.after(moment)))
        return self._settle(now)

    def ask_again(self, now: datetime) -> list[Effect]:
        """Ask the workspace once more to follow, and tell it all content of the context."""
        self._ask = True
        self._told = replace(self.target, content={}) if self.target else None
        return self._settle(now)

    def share(self, wanted: Content, now: datetime) -> list[Effect]:
        """Make our part of the content of the current context what is wanted.

        Nothing while an update of ours is on its way, or where our report is not the hub's.
        """
        hub, target = self.hub, self.target
        ready = hub is not None and target is not None and hub.key == target.key
        if not ready or hub is None or self._outbox.is_sharing or self._waits(now):
            return []
        change = self._missing(hub, wanted)
        if not change:
            return []
        self._outbox.put(self._outbox.update(hub, change, now))
        return self._settle(now)

    def is_behind(self, wanted: Content) -> bool:
        """Whether the hub has not confirmed yet all that we want to share."""
        return self._outbox.is_sharing or self.hub is None or bool(self._missing(self.hub, wanted))

    def _missing(self, hub: Context, wanted: Content) -> Change:
        """From our part of the content to what is wanted, as far as one update goes."""
        ours = {name: each for name, each in hub.content.items() if self._rules.is_ours(each)}
        there = ours | {name: hub.content[name] for name in wanted if name in hub.content}
        change = difference(wanted, there)
        put = dict(islice(change.put.items(), MOST_ENTRIES))
        return Change(put, change.deleted[: MOST_ENTRIES - len(put)])

    def answered(
        self, id_: str, status: int | None, now: datetime, reason: str = ""
    ) -> list[Effect]:
        """The HTTP status that the hub gave to our event; None: no answer came."""
        event = self._outbox.answered(id_, status, now)
        effects: list[Effect] = []
        if event is not None:  # refused
            self._doubt = True
            if event.action == UPDATE:
                self._share_due = now + timedelta(seconds=5)
            else:
                effects.append(Refused(event, reason or f"HTTP {status}"))
        return effects + self._settle(now)

    def tick(self, now: datetime) -> list[Effect]:
        """What time brings: posts that are due, missing confirmations, a look now and then."""
        for event in self._outbox.unconfirmed(now):
            self._doubt = True
            if not self._rules.can_fetch:
                self._assume(event)
        if self._fetch_due is not None and self._fetch_due <= now:
            self._doubt = True
        return self._settle(now)

    def _waits(self, now: datetime) -> bool:
        return self._share_due is not None and now < self._share_due

    def _open(self, event: Event) -> None:
        if stale(event.moment, self._stamp):
            self._doubt = True
            return
        context = context_of(event)
        if self.hub is not None and self.hub.key == context.key:
            content = self.hub.content
            context = replace(context, content=content, version=event.version or self.hub.version)
        self.hub, self._stamp, self._ask = context, event.moment, True
        closed = self._closed.get(context.key)
        if closed is not None and closed > event.moment:
            self.hub, self._stamp = None, closed
        self._number += 1
        self._doubt = True  # what is shared in it

    def _close(self, event: Event) -> None:
        key = (event.anchor, event.subject_id)
        self._closed[key] = max(event.moment, self._closed.get(key, event.moment))
        _bound(self._closed)
        if self.hub is None or self.hub.key != key:
            return
        if stale(event.moment, self._stamp):
            self._doubt = True
            return
        self.hub, self._stamp = None, event.moment
        self._number += 1

    def _update(self, event: Event) -> None:
        """Applied whole, or the content is asked for."""
        hub, id_ = self.hub, event.subject_id
        if hub is None or (id_ and (event.anchor, id_) != hub.key):
            return
        if not id_ and not self._rules.update_without_report:
            return
        gap = event.prior and hub.version and event.prior != hub.version
        try:
            change = read_change(event.resource("updates"))
        except Rejected:
            gap, change = True, Change({}, ())
        self._number += 1
        if gap:
            self._doubt = True
            return
        content, version = change.applied_to(hub.content), event.version or hub.version
        self.hub = replace(hub, content=content, version=version)

    def _selected(self, event: Event) -> Iterator[Effect]:
        hub = self.hub
        if hub is not None and event.subject_id in ("", hub.id):
            told = (each for each in event.context if each.get("key") == "select")
            names = ("/".join(reference_in(each).split("/")[-2:]) for each in told)
            yield Selected(hub, tuple(filter(None, names)))

    def _sync_error(self, event: Event, now: datetime) -> list[Effect]:
        if self._outbox.confirmed(event):
            return self._settle(now)  # it is what we have said
        told = read_sync_error(event)
        rejected = self._outbox.not_followed(told.event_id, now)
        effects: list[Effect] = [Refused(rejected, told.reason)] if rejected else [OutOfStep(told)]
        return effects + self._settle(now)

    def _mended(self, context: Context | None) -> Context | None:
        """Where the hub says what stood already, what was opened is kept as it was opened."""
        hub = self.hub
        if context is None or hub is None or hub.key != context.key:
            return context
        return replace(hub, content=context.content, version=context.version or hub.version)

    def _assume(self, event: Event) -> None:
        """A hub that neither confirms nor tells its context has followed."""
        if event.action == OPEN:
            self._open(event)
        elif event.action == CLOSE:
            self._close(event)

    def _settle(self, now: datetime) -> list[Effect]:
        """What has to be done now that something has changed."""
        effects: list[Effect] = list(self._news())
        effects += [Post(event) for event in self._outbox.due(now, self.hub)]
        if self._doubt and not self._fetching and self._rules.can_fetch:
            self._fetching, self._doubt = True, False
            every = self._rules.refetch_after
            self._fetch_due = now + timedelta(seconds=every) if every else None
            effects.append(Fetch(self._number))
        return effects

    def _news(self) -> Iterator[Effect]:
        """What the workspace does not know yet."""
        target, told = self.target, self._told
        if self._ask or _opened(target) != _opened(told):
            yield Follow(target)
        if target is not None and (told is None or told.key != target.key):
            told = replace(target, content={})
        if target is not None and told is not None:
            change = difference(self._theirs(target.content), self._theirs(told.content))
            if change:
                yield Shared(target, change)
        self._told, self._ask = target, False

    def _theirs(self, content: Content) -> Content:
        return {name: each for name, each in content.items() if not self._rules.is_ours(each)}


def _opened(context: Context | None) -> tuple[Key, tuple[Json, ...]] | None:
    return None if context is None else (context.key, context.elements)


def _bound(known: OrderedDict[Any, Any]) -> None:
    while len(known) > _REMEMBERED:
        known.popitem(last=False)

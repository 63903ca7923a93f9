"""One topic of the hub: its open contexts, their versions and content. No clock, no socket."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapter.errors import Conflict, Rejected, TooLarge
from adapter.fhircast.content import Change, content_bundle, name_of, read_change
from adapter.fhircast.event import (
    ANCHORS,
    CLOSE,
    OPEN,
    SELECT,
    UPDATE,
    Event,
    Json,
    new_id,
    reference_id,
)
from adapter.fhircast.identity import identity_of

MOST_CONTEXTS = 20
"""Contexts open at once in one topic; the one that was current longest ago goes first."""

MOST_ENTRIES = 200
"""Entries in one update."""

MOST_RESOURCES = 2_000
"""Resources in the content of one context."""

_REMEMBERED = 500
_TICK = timedelta(milliseconds=1)


@dataclass
class OpenContext:
    """An anchor that is open: the event that opened it last, and what is shared in it."""

    opened: Event
    bundle_id: str = field(default_factory=new_id)
    version: str = field(default_factory=new_id)
    content: dict[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """(type, id) of the anchor."""
        return self.opened.anchor, self.opened.subject_id

    @property
    def protected(self) -> set[str]:
        """Names of the resources that it was opened with: they cannot be deleted."""
        return {name_of(each.get("resource") or {}) for each in self.opened.context}


class Topic:
    """One user's session."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._open: OrderedDict[tuple[str, str], OpenContext] = OrderedDict()  # last: newest
        self._current: tuple[str, str] | None = None
        self._known: OrderedDict[str, None] = OrderedDict()  # ids of events
        self._opens: OrderedDict[tuple[str, str, datetime], None] = OrderedDict()
        self.last: datetime | None = None

    @property
    def current(self) -> OpenContext | None:
        """What was opened last, unless it is closed."""
        return None if self._current is None else self._open[self._current]

    def publish(self, event: Event) -> Event | None:
        """What is to be broadcast, None for an event that has been; raises Rejected.

        A refused event changes nothing.
        """
        if event.id in self._known:
            return self._repeated(event)
        handler = {OPEN: self._opened, CLOSE: self._closed, UPDATE: self._updated}.get(event.action)
        if event.anchor in ANCHORS and event.action in (OPEN, CLOSE, UPDATE, SELECT):
            if not event.subject_id:
                key = ANCHORS[event.anchor]
                raise Rejected(
                    f"the context has no {key} with an id",
                    location="/event/context",
                    code="required",
                )
            event = handler(event) if handler else event
        self._known[event.id] = None
        _bound(self._known)
        return event

    def still_open(self) -> list[Event]:
        """The newest event of each type whose anchor is open, for whoever subscribes (2.4)."""
        newest = {each.opened.anchor: _with_version(each) for each in self._open.values()}
        return sorted(newest.values(), key=lambda each: each.moment)

    def as_json(self) -> Json:
        """The answer to Get Current Context (2.9)."""
        current = self.current
        if current is None:
            return {"context.type": "", "context": []}
        content = {"key": "content", "resource": content_bundle(current.content, current.bundle_id)}
        return {
            "context.type": current.opened.anchor,
            "context.versionId": current.version,
            "context": [*current.opened.context, content],
        }

    def _repeated(self, event: Event) -> Event | None:
        """Again what opened the current context, for whoever missed it."""
        current = self.current
        same = current is not None and current.opened.id == event.id
        return _with_version(current) if current is not None and same else None

    def _opened(self, event: Event) -> Event:
        self._check_anchor(event)
        event = self._in_order(event)
        key = (event.anchor, event.subject_id)
        context = self._open.pop(key, None)
        if context is None:
            context = OpenContext(event)
        else:
            context = replace(context, opened=event, version=new_id())
        self._open[key] = context
        while len(self._open) > MOST_CONTEXTS:
            self._open.popitem(last=False)
        self._current = key
        return _with_version(context)

    def _closed(self, event: Event) -> Event:
        event = self._moved_on(event)
        key = (event.anchor, event.subject_id)
        self._open.pop(key, None)
        if self._current == key:
            self._current = None
        return replace(event, version="", prior="")

    def _updated(self, event: Event) -> Event:
        """Whole or not at all; the broadcast names the new version and the one before."""
        context = self._open.get((event.anchor, event.subject_id))
        if context is None:
            raise Conflict("this context is not open", code="not-found")
        change = self._change_of(event)
        if event.version != context.version and (event.version or self._strict):
            raise Conflict("context.versionId is not the current one", code="version")
        self._check_change(context, change)
        content = change.applied_to(context.content)
        if len(content) > MOST_RESOURCES:
            raise TooLarge(f"a context holds at most {MOST_RESOURCES} resources", code="too-long")
        prior, context.version, context.content = context.version, new_id(), content
        return replace(event, version=context.version, prior=prior)

    def _change_of(self, event: Event) -> Change:
        bundle = event.resource("updates")
        entries = bundle.get("entry")
        if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
            raise TooLarge(f"an update holds at most {MOST_ENTRIES} entries", code="too-long")
        return read_change(bundle)

    def _check_change(self, context: OpenContext, change: Change) -> None:
        """RAD-150: what the context was opened with is not deleted, nor its identity changed."""
        ids = {name.partition("/")[2]: name for name in context.protected if name}
        for name in change.deleted:
            if name in context.protected or name in ids:
                raise Rejected("resources of the opening event cannot be deleted", code="conflict")
        for element in context.opened.context:
            name = name_of(element.get("resource") or {})
            if name in change.put:
                told = {"key": element.get("key"), "resource": change.put[name]}
                before, after = identity_of([element]), identity_of([told])
                if _contradict(before.accessions, after.accessions) or _contradict(
                    before.study_uids, after.study_uids
                ):
                    raise Rejected("accession and study UID cannot be changed", code="conflict")
                if _contradict(before.record_numbers, after.record_numbers):
                    raise Rejected("the patient's number cannot be changed", code="conflict")

    def _check_anchor(self, event: Event) -> None:
        key = ANCHORS[event.anchor]
        if event.resource(key).get("resourceType") != event.anchor:
            raise Rejected(
                f"the context needs the {event.anchor} itself under {key}",
                location="/event/context",
                code="required",
            )
        needed = ("patient", "study") if self._strict else ("patient",)
        for each in needed if event.anchor == "DiagnosticReport" else ():
            if not event.resource(each) and not reference_id(event.element(each)):
                raise Rejected(
                    f"the context has no {each}", location="/event/context", code="required"
                )

    def _in_order(self, event: Event) -> Event:
        """Refuse what was superseded before it was sent again."""
        key = (event.anchor, event.subject_id)
        known = (*key, event.moment) in self._opens
        if known and self._current != key:
            raise Conflict("a newer context change has superseded this one", code="superseded")
        again = known and self.current is not None and self.current.opened.moment == event.moment
        moved = event if again else self._moved_on(event)
        for moment in (event.moment, moved.moment):
            self._opens[(*key, moment)] = None
        _bound(self._opens)
        return moved

    def _moved_on(self, event: Event) -> Event:
        """Later than every change before: subscribers go by timestamps, clocks of peers differ."""
        if self.last is not None and event.moment <= self.last:
            event = replace(event, moment=self.last + _TICK)
        self.last = event.moment
        return event


def _with_version(context: OpenContext) -> Event:
    return replace(context.opened, version=context.version, prior="")


def _contradict(before: tuple[object, ...], after: tuple[object, ...]) -> bool:
    """Whether both say something, and nothing in common."""
    return bool(before and after and not set(before) & set(after))


def _bound(known: OrderedDict[Any, None]) -> None:
    while len(known) > _REMEMBERED:
        known.popitem(last=False)

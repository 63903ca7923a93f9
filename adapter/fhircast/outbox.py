"""Our own events on their way to the hub: one after the other, each until it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapter.clock import backoff
from adapter.fhircast.content import Change, change_bundle
from adapter.fhircast.context import Context
from adapter.fhircast.event import ANCHORS, CLOSE, OPEN, UPDATE, Event, new_id

CONFIRM_S = 10.0
"""How long an accepted event may stay without its broadcast, in seconds."""

_MOST = 50
_TICK = timedelta(milliseconds=1)
_CHANGES = (OPEN, CLOSE)


@dataclass
class _Waiting:
    event: Event
    due: datetime | None = None  # None: at once
    posted: bool = False
    accepted: datetime | None = None
    tries: int = 0
    resend: bool = False


class Outbox:
    """The events in the order in which they were made."""

    def __init__(self, resend_after: float, resends: int) -> None:
        self._resend_after = resend_after
        self._resends = resends
        self._waiting: list[_Waiting] = []
        self._last: Event | None = None  # the change that was confirmed last
        self._resent = 0

    @property
    def is_sharing(self) -> bool:
        """Whether an update is on its way."""
        return any(each.event.action == UPDATE for each in self._waiting)

    def changes(self) -> list[Event]:
        """Opens and closes that the hub has not confirmed, oldest first."""
        return [each.event for each in self._waiting if each.event.action in _CHANGES]

    def after(self, moment: datetime) -> datetime:
        """The moment, or just after our latest change."""
        latest = [event.moment for event in self.changes()]
        return max(moment, *(each + _TICK for each in latest)) if latest else moment

    def put(self, event: Event) -> None:
        """Add an event; the oldest change goes where too many wait."""
        self._waiting.append(_Waiting(event))
        del self._waiting[:-_MOST]

    def update(self, context: Context, change: Change, now: datetime) -> Event:
        """The event that makes a change of the content; its topic is set by who sends it."""
        key = ANCHORS[context.anchor]
        patient = next(
            (e.get("resource") or {} for e in context.elements if e["key"] == "patient"), {}
        )
        elements = [{"key": key, "reference": {"reference": f"{context.anchor}/{context.id}"}}]
        if isinstance(patient, dict) and patient.get("id"):
            reference = {"reference": f"Patient/{patient['id']}"}
            elements.append({"key": "patient", "reference": reference})
        elements.append({"key": "updates", "resource": change_bundle(change)})
        name = f"{context.anchor}-{UPDATE}"
        return Event(new_id(), now, "", name, tuple(elements), context.version)

    def due(self, now: datetime, hub: Context | None) -> list[Event]:
        """The first event where it is due; those behind it wait for its answer."""
        while self._waiting and self._is_outdated(self._waiting[0], hub):
            self._waiting.pop(0)
        for each in self._waiting:
            if each.accepted is not None:
                continue
            if each.posted or (each.due is not None and each.due > now):
                return []
            each.posted = True
            return [each.event]
        return []

    def answered(self, id_: str, status: int | None, now: datetime) -> Event | None:
        """Take the hub's answer; returns the event where it is refused."""
        found = self._find(id_)
        if found is None:
            return None
        if status is not None and 200 <= status < 300:
            found.accepted = now
            return None
        if status is None or status >= 500 or status in (408, 425, 429):
            found.posted, found.due = False, now + timedelta(seconds=backoff(found.tries, 0.5, 30))
            found.tries += 1
            if status is not None:  # RAD-148: an error was answered, so it is a new request
                found.event = found.event.again()
            return None
        self._waiting.remove(found)
        return found.event

    def confirmed(self, event: Event) -> bool:
        """The broadcast of an event has come; whether it is one of ours."""
        found = self._find(event.id)
        if found is None:
            return False
        self._waiting.remove(found)
        if event.action in _CHANGES:
            self._resent = self._resent if found.resend else 0
            self._last = replace(event, version="", prior="")
        return True

    def superseded(self, stamp: datetime | None) -> None:
        """A newer change has been made by somebody: ours that are older are not sent (again)."""
        if stamp is not None:
            self._waiting = [
                each
                for each in self._waiting
                if each.event.action not in _CHANGES or each.event.moment >= stamp
            ]
            if self._last is not None and self._last.moment < stamp:
                self._last = None

    def not_followed(self, id_: str, now: datetime) -> Event | None:
        """A SyncError names an event: our confirmed change is sent again after a while (2.6).

        Returns the event where the hub never broadcast it: so it says that it refuses it.
        """
        found = self._find(id_)
        if found is not None:
            self._waiting.remove(found)
            return found.event
        last = self._last
        if last is not None and last.id == id_ and self._resent < self._resends:
            self._resent += 1
            due = now + timedelta(seconds=self._resend_after)
            self._waiting.append(_Waiting(last.again(), due, resend=True))
            self._last = None  # until it is confirmed again
        return None

    def unconfirmed(self, now: datetime) -> Iterator[Event]:
        """Events that were accepted but never came back; they are given up."""
        patience = timedelta(seconds=CONFIRM_S)
        for each in [one for one in self._waiting if one.accepted is not None]:
            if each.accepted is not None and now - each.accepted >= patience:
                self._waiting.remove(each)
                yield each.event

    def connected(self) -> None:
        """What had no answer is sent at once."""
        for each in self._waiting:
            each.due = each.due if each.resend else None

    def _find(self, id_: str) -> _Waiting | None:
        return next((each for each in self._waiting if each.event.id == id_), None)

    def _is_outdated(self, first: _Waiting, hub: Context | None) -> bool:
        """An update of a version that is gone cannot be taken: what is wanted is asked anew."""
        event = first.event
        if event.action != UPDATE or first.posted:
            return False
        return hub is None or event.subject_id != hub.id or event.version != hub.version

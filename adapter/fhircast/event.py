"""The event envelope of FHIRcast STU3 (sections 2.3, 2.5 and 2.6), the same in both directions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from adapter.errors import Malformed, Rejected
from adapter.fhir.json_body import read_object

Json = dict[str, Any]

OPEN, CLOSE, UPDATE, SELECT = "open", "close", "update", "select"
SYNC_ERROR = "SyncError"
HEARTBEAT = "heartbeat"
ANCHORS = {"DiagnosticReport": "report", "ImagingStudy": "study", "Patient": "patient"}
"""Resource that a context is of -> the key under which an event carries it."""

_KEY_OF = {kind.lower(): key for kind, key in ANCHORS.items()} | {"encounter": "encounter"}
_KNOWN = [SYNC_ERROR, HEARTBEAT, "UserLogout", "UserHibernate", "Home-open"] + [
    f"{kind}-{action}"
    for kind in (*ANCHORS, "Encounter")
    for action in (OPEN, CLOSE, UPDATE, SELECT)
]
_CANONICAL = {name.lower(): name for name in _KNOWN}
_LONGEST = 256  # of ids, topics and names


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `name` as the standard spells it, `moment` aware and in UTC."""

    id: str
    moment: datetime
    topic: str
    name: str
    context: tuple[Json, ...]
    version: str = ""  # context.versionId
    prior: str = ""  # context.priorVersionId

    @property
    def anchor(self) -> str:
        """`DiagnosticReport` of `DiagnosticReport-open`; "" of events without a resource."""
        return self.name.rpartition("-")[0]

    @property
    def action(self) -> str:
        """`open` of `DiagnosticReport-open`; the whole name of events without a resource."""
        return self.name.rpartition("-")[2]

    def element(self, key: str) -> Json:
        """The context element under a key; {} when there is none."""
        return next((each for each in self.context if each.get("key") == key), {})

    def resource(self, key: str) -> Json:
        """The resource under a key; {} when there is none."""
        found = self.element(key).get("resource")
        return found if isinstance(found, dict) else {}

    @property
    def subject_id(self) -> str:
        """Id of the anchor resource, by value or by reference; "" when the event names none."""
        key = _KEY_OF.get(self.anchor.lower(), "")
        told = self.resource(key).get("id")
        return str(told) if told else reference_id(self.element(key))

    def as_json(self) -> Json:
        """The envelope as it is sent."""
        event: Json = {"hub.topic": self.topic, "hub.event": self.name}
        if self.version:
            event["context.versionId"] = self.version
        if self.prior:
            event["context.priorVersionId"] = self.prior
        event["context"] = list(self.context)
        return {"timestamp": instant(self.moment), "id": self.id, "event": event}

    def again(self) -> Event:
        """The same event under a new id, as it is sent again after an error answer."""
        return replace(self, id=new_id())


def new_id() -> str:
    """A new event id."""
    return str(uuid.uuid4())


def canonical(name: str) -> str:
    """The standard's spelling of an event name (2.6: names have no case); others as they came."""
    return _CANONICAL.get(name.strip().lower(), name.strip())


def instant(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_event(body: bytes) -> Event:
    """One event as posted; the caller bounds the size. Raises Malformed or Rejected."""
    return event_of(read_object(body))


def event_of(envelope: Json) -> Event:
    """The event in an envelope; raises Rejected with the member that is wrong."""
    inner = envelope.get("event")
    if not isinstance(inner, dict):
        raise Rejected("member event is missing", location="/event", code="required")
    context = inner.get("context", [])
    if not isinstance(context, list) or not all(isinstance(each, dict) for each in context):
        raise Rejected("event.context must be a list of objects", location="/event/context")
    return Event(
        id=_text(envelope, "id", "/id"),
        moment=read_instant(_text(envelope, "timestamp", "/timestamp")),
        topic=_text(inner, "hub.topic", "/event/hub.topic"),
        name=canonical(_text(inner, "hub.event", "/event/hub.event")),
        context=tuple(context),
        version=_text(inner, "context.versionId", "", needed=False),
        prior=_text(inner, "context.priorVersionId", "", needed=False),
    )


def read_instant(text: str) -> datetime:
    """ISO 8601, in UTC where it names no offset; raises Malformed."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(
            "timestamp is not ISO 8601, such as 2026-01-02T10:00:00.000Z", location="/timestamp"
        ) from None


def reference_id(element: Json) -> str:
    """`r1` of an element {"reference": {"reference": "DiagnosticReport/r1"}}; "" without one."""
    return reference_in(element).rpartition("/")[2]


def reference_in(element: Json) -> str:
    """`DiagnosticReport/r1` of an element that carries a Reference; "" without one."""
    told: Any = element.get("reference")
    if isinstance(told, dict):
        told = told.get("reference")
    return told if isinstance(told, str) else ""


def dicts(told: Any) -> Iterator[Json]:
    """The objects of a list; none when it is no list."""
    yield from (each for each in (told if isinstance(told, list) else []) if isinstance(each, dict))


def _text(source: Json, name: str, location: str, *, needed: bool = True) -> str:
    told = source.get(name)
    if not needed and told is None:
        return ""
    if not isinstance(told, str) or not 0 < len(told.strip()) <= _LONGEST:
        raise Rejected(
            f"{name} must be a text of 1 to {_LONGEST} characters", location=location, code="value"
        )
    return told

"""Frames of a hub's WebSocket (2.4, 2.5), read with patience for what hubs leave out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from adapter.errors import Malformed, Rejected
from adapter.fhir.json_body import read_object
from adapter.fhircast.event import HEARTBEAT, Event, Json, canonical, event_of

_LONGEST_REASON = 300


class Confirmed(NamedTuple):
    """The subscription stands; what the hub leaves out is ("", 0)."""

    events: str
    lease_seconds: int


class Denied(NamedTuple):
    """The subscription is refused or has ended."""

    reason: str


class Heartbeat(NamedTuple):
    """The hub is there; it comes every `period` seconds (0: not told)."""

    period: float


class Unreadable(NamedTuple):
    """No frame of the standard; `id` that of the event, where it has one."""

    id: str
    why: str


Frame = Confirmed | Denied | Heartbeat | Event | Unreadable


def read_frame(text: str | bytes, names: Mapping[str, str]) -> Frame:
    """One frame; `names`: the hub's own event names, in lower case -> the standard's."""
    try:
        told = read_object(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    except Malformed as error:
        return Unreadable("", str(error))
    mode = told.get("hub.mode")
    if mode == "subscribe":
        return Confirmed(str(told.get("hub.events") or ""), _whole(told.get("hub.lease_seconds")))
    if mode in ("denied", "unsubscribe"):
        return Denied(str(told.get("hub.reason") or "no reason told")[:_LONGEST_REASON])
    inner = told.get("event")
    if not isinstance(inner, dict):
        return Unreadable("", "neither a confirmation nor an event")
    name = str(inner.get("hub.event") or "")
    inner["hub.event"] = canonical(names.get(name.lower(), name))
    if inner["hub.event"] == HEARTBEAT:
        return Heartbeat(_period(inner))
    try:
        return event_of(told)
    except Rejected as error:
        id_ = told.get("id")
        return Unreadable(id_ if isinstance(id_, str) else "", str(error))


def acknowledgement(id_: str, status: int) -> str:
    """The answer to an event; the status as text, as the example of 2.5 has it."""
    return json.dumps({"id": id_, "status": str(status)})


def _period(inner: Json) -> float:
    """{"key": "period", "decimal": "10"}, the number as text or as a number."""
    context = inner.get("context")
    for each in context if isinstance(context, list) else []:
        if isinstance(each, dict) and each.get("key") == "period":
            try:
                period = float(str(each.get("decimal")))
            except ValueError:
                return 0.0
            return period if 0 < period < 3600 else 0.0
    return 0.0


def _whole(told: Any) -> int:
    text = str(told)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

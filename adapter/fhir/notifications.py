"""Notifications of topic-based subscriptions: the R4 backport, R4B and R5 forms of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapter.errors import Rejected
from adapter.fhir.elements import Json, objects
from adapter.fhir.references import without_version

_TYPES = ("history", "subscription-notification")
_MOST_EVENTS = 10_000


class Kind(StrEnum):
    """Why the server speaks (subscription-notification-type)."""

    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENT = "event-notification"
    QUERY_STATUS = "query-status"
    QUERY_EVENT = "query-event"


@dataclass(frozen=True, slots=True)
class Notification:
    """`count` is the number of events since the start; `events` those told here, by number."""

    kind: Kind
    count: int
    events: tuple[int, ...] = ()
    orders: tuple[str, ...] = ()  # ids of the ServiceRequests that changed
    complete: bool = True  # whether each event names its order


def is_notification(resource: Json) -> bool:
    """Whether a Bundle is of the kinds in which notifications come."""
    return resource.get("resourceType") == "Bundle" and resource.get("type") in _TYPES


def read_notification(bundle: Json) -> Notification:
    """What it tells; raises Rejected. Resources in it are not looked at: orders are read again."""
    entries = bundle.get("entry")
    first = entries[0] if isinstance(entries, list) and entries else {}
    found = first.get("resource") if isinstance(first, dict) else None
    resource: Json = found if isinstance(found, dict) else {}
    kind = resource.get("resourceType")
    if kind == "Parameters":
        told = _parts(resource.get("parameter"))
        events = [_parts(each.get("part")) for each in _named(resource, "notification-event")]
    elif kind == "SubscriptionStatus":
        told = _plain(resource)
        events = [_plain(each) for each in objects(resource.get("notificationEvent"))]
    else:
        raise Rejected(
            "the first entry must be a SubscriptionStatus, in R4 as Parameters",
            location="Bundle.entry[0].resource",
            code="structure",
        )
    return _notification(told, events)


def _notification(told: Json, events: list[Json]) -> Notification:
    try:
        kind = Kind(str(told.get("type")))
    except ValueError:
        raise Rejected(
            f"type must be one of {', '.join(Kind)}",
            location="Bundle.entry[0].resource",
            code="code-invalid",
        ) from None
    if len(events) > _MOST_EVENTS:
        raise Rejected(
            f"more than {_MOST_EVENTS} events", location="Bundle.entry[0]", code="too-costly"
        )
    focus = [_order_id(each.get("focus")) for each in events]
    return Notification(
        kind,
        _number(told.get("events-since-subscription-start")),
        tuple(sorted(_number(each.get("event-number")) for each in events)),
        tuple(dict.fromkeys(filter(None, focus))),
        all(focus),
    )


def _parts(parameters: object) -> Json:
    """name -> value of Parameters.parameter or .part."""
    found: Json = {}
    for each in objects(parameters):
        values = (value for name, value in each.items() if name.startswith("value"))
        found.setdefault(str(each.get("name")), next(values, None))
    return found


def _plain(element: Json) -> Json:
    """A SubscriptionStatus, or an event of it, under the names of the backport."""
    names = {"eventsSinceSubscriptionStart": "events-since-subscription-start"}
    names |= {"eventNumber": "event-number"}
    return {names.get(name, name): value for name, value in element.items()}


def _named(parameters: Json, name: str) -> list[Json]:
    return [each for each in objects(parameters.get("parameter")) if each.get("name") == name]


def _number(told: Any) -> int:
    """A count: a string of digits in R4 and R4B, a number in R5; raises Rejected."""
    text = str(0 if told is None else told)
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Rejected("the number of an event is none", location="Bundle.entry[0]", code="value")
    return int(text)


def _order_id(focus: object) -> str:
    """The id in a reference to a ServiceRequest; "" of others and of none."""
    told = focus.get("reference") if isinstance(focus, dict) else None
    parts = without_version(told).split("/") if isinstance(told, str) else []
    return parts[-1] if parts[-2:-1] == ["ServiceRequest"] else ""

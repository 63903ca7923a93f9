"""SyncError (FHIRcast 3.2.1): who could not follow which event, as OperationOutcome."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from adapter.fhircast.event import SYNC_ERROR, Event, Json, new_id

_SYSTEM = "https://fhircast.hl7.org/events/syncerror/"
_LONGEST_TEXT = 500


class NotFollowed(NamedTuple):
    """What a SyncError says: event, its name, the subscriber, and why."""

    event_id: str
    event_name: str
    subscriber: str
    reason: str


def sync_error(about: Event, subscriber: str, reason: str, now: datetime) -> Event:
    """The SyncError about an event that a subscriber does not follow; no patient data."""
    details = [
        {"system": f"{_SYSTEM}eventid", "code": about.id},
        {"system": f"{_SYSTEM}eventname", "code": about.name},
        {"system": f"{_SYSTEM}subscriber", "code": subscriber or "unnamed subscriber"},
    ]
    issue: Json = {
        "severity": "warning",
        "code": "processing",
        "diagnostics": reason,
        "details": {"coding": details},
    }
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    element = {"key": "operationoutcome", "resource": outcome}
    return Event(new_id(), now, about.topic, SYNC_ERROR, (element,))


def read_sync_error(event: Event) -> NotFollowed:
    """What a SyncError says; what it leaves out is ""."""
    issues = event.resource("operationoutcome").get("issue")
    issue = issues[0] if isinstance(issues, list) and issues else {}
    issue = issue if isinstance(issue, dict) else {}
    details = issue.get("details")
    codings = details.get("coding") if isinstance(details, dict) else None
    told = {
        str(each.get("system", "")).removeprefix(_SYSTEM): str(each.get("code", ""))
        for each in (codings if isinstance(codings, list) else [])
        if isinstance(each, dict)
    }
    reason = str(issue.get("diagnostics") or "")[:_LONGEST_TEXT]
    return NotFollowed(
        told.get("eventid", ""), told.get("eventname", ""), told.get("subscriber", ""), reason
    )

"""Destinations: how their queues stand, and letting them wait, go on and send again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from adapter.web.answers import (
    DestinationList,
    DestinationView,
    Event,
    EventList,
    PauseView,
    ResentView,
)
from adapter.web.bodies import ByPerson, PauseAsked
from adapter.web.parts import Parts
from adapter.web.requests import House, practitioner
from adapter.workflow.destinations import DestinationState

router = APIRouter(prefix="/api/destinations", tags=["queues"])

Name = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$", description="name of the destination")]


@router.get("")
def destinations(parts: House) -> DestinationList:
    """Every destination and its queue."""
    return DestinationList(destinations=[_view(each) for each in parts.destinations.listed()])


@router.get("/{name}/history")
def history(name: Name, parts: House) -> EventList:
    """What people did with a destination, oldest first."""
    events = parts.destinations.history(name)
    return EventList(
        events=[Event(at=at, event=event, detail=detail) for at, event, detail in events]
    )


@router.post("/{name}/pause")
def pause(name: Name, body: PauseAsked, parts: House) -> DestinationView:
    """Send nothing more until it is resumed; reports wait in their order, over restarts too."""
    parts.destinations.pause(name, practitioner(body.person), body.reason)
    return _one(parts, name)


@router.post("/{name}/resume")
def resume(name: Name, body: ByPerson, parts: House) -> DestinationView:
    """Send what has been waiting."""
    parts.destinations.resume(name, practitioner(body.person))
    return _one(parts, name)


@router.post("/{name}/resend", status_code=202)
def resend(name: Name, body: ByPerson, parts: House) -> ResentView:
    """Send every held delivery again: the same bytes under the same control ids, in order."""
    count = parts.destinations.resend(name, practitioner(body.person))
    return ResentView(destination=name, resent=count)


def _one(parts: Parts, name: str) -> DestinationView:
    return next(_view(each) for each in parts.destinations.listed() if each.name == name)


def _view(state: DestinationState) -> DestinationView:
    paused = state.pause
    return DestinationView(
        name=state.name,
        protocol=state.protocol,
        known=state.known,
        paused=PauseView(at=paused.at, person=paused.person, reason=paused.reason)
        if paused
        else None,
        pending=state.pending,
        held=state.held,
        acknowledged=state.acknowledged,
        oldest_pending_at=state.oldest_pending_at,
    )

"""Shared contexts (FHIRcast): the study that each session shows; changing it from here."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from adapter.errors import NotFound
from adapter.fhircast.workspace import Seat
from adapter.store import sight
from adapter.store.contexts import StoredContext
from adapter.web.answers import Shown
from adapter.web.bodies import Asked, Person, Word
from adapter.web.callers import Caller, Calling, OtherPerson, OwnName
from adapter.web.requests import House
from adapter.workflow.context_judgement import FOLLOWED, NONE

router = APIRouter(prefix="/api/context", tags=["context"], dependencies=[OwnName])

Topic = Annotated[str, Query(max_length=256, description="Only this topic.")]


class SeatAsked(Asked):
    """Which session is meant; left out where there is only one."""

    hub: Word = Field("", max_length=40)
    """Name of the hub, of its file under mappings/fhircast_hubs/."""
    topic: Word = Field("", max_length=256)
    """hub.topic."""
    person: Person | None = None
    """Whose session it is."""


class JoinAsked(SeatAsked):
    """Follow a topic."""

    hub: Word = Field(min_length=1, max_length=40)
    """Name of the hub, of its file under mappings/fhircast_hubs/."""
    topic: Word = Field(min_length=1, max_length=256)
    """hub.topic, as the launch or the token told it."""


class OpenAsked(SeatAsked):
    """Open a report for all applications of the session."""

    accession: Word = Field(min_length=1, max_length=64)
    """Accession number of the study."""


class ContextView(Shown):
    """One session at a hub: what the workspace shows and what the hub does."""

    hub: str
    topic: str
    person: str
    connection: str
    """connected, away, denied, left, or empty before the first try."""
    connection_reason: str
    state: str
    """none, followed, waiting (no order here), refused (numbers disagree) or held (dictating)."""
    reason: str
    """Why the context is not followed; no patient data."""
    accession: str
    """The study that the workspace shall show; empty: none."""
    asked: str
    """The accession that the hub shows; empty: none."""
    in_sync: bool
    """Whether the workspace shows what the hub shows, as far as the connection tells."""
    dictating: bool
    """Whether somebody dictates into the shown study at this moment."""
    focus: list[str]
    """Ids of findings that another application has selected."""
    notice: str
    """What a person should know: who does not follow, what the hub refused."""
    version: int
    """Counts the changes of this line."""
    changed_at: str


class ContextList(Shown):
    """All sessions; `GET /events` tells with `context` when to look again."""

    contexts: list[ContextView]


@router.get("")
def listed(parts: House, caller: Calling, topic: Topic = "") -> ContextList:
    """How the sessions at FHIRcast hubs stand; somebody who has signed in sees no other's."""
    speaking = parts.live.speaking()
    rows = [row for row in parts.contexts.listed() if topic in ("", row.topic)]
    shown = [_view(row, speaking) for row in rows if _may_see(caller, row) and _shown(parts, row)]
    return ContextList(contexts=shown)


@router.post("/join")
async def join(body: JoinAsked, parts: House, caller: Calling) -> ContextView:
    """Follow a topic of a hub from now on, also after a restart."""
    row = await asyncio.to_thread(parts.contexts.contexts.row, Seat(body.hub, body.topic))
    if row is not None and not _may_see(caller, row):
        raise OtherPerson("this topic is of another person", code="person")
    return await _one(parts, await parts.contexts.join(body.hub, body.topic, _who(body, caller)))


@router.post("/leave")
async def leave(body: SeatAsked, parts: House, caller: Calling) -> ContextList:
    """Follow it no longer: the subscription is ended at the hub."""
    await parts.contexts.leave(await _seat(parts, body, caller))
    return await asyncio.to_thread(listed, parts, caller)


@router.post("/open")
async def open_(body: OpenAsked, parts: House, caller: Calling) -> ContextView:
    """The workspace has opened a study: the other applications shall, too."""
    seat = await _seat(parts, body, caller)
    await parts.contexts.open(seat, body.accession)
    return await _one(parts, seat)


@router.post("/close")
async def close(body: SeatAsked, parts: House, caller: Calling) -> ContextView:
    """The workspace has closed its study."""
    seat = await _seat(parts, body, caller)
    await parts.contexts.close(seat)
    return await _one(parts, seat)


def _who(body: SeatAsked, caller: Caller) -> str:
    """Id of the person who has signed in, else who is named; "" for nobody."""
    person = caller.person or body.person
    return person.id if person else ""


def _shown(parts: House, row: StoredContext) -> bool:
    """Whether the caller may be shown the study that the session shows, and the one it asks for."""
    with parts.house.database.read() as tx:
        return all(sight.may_see(tx, each) for each in (row.accession, row.asked) if each)


def _may_see(caller: Caller, row: StoredContext) -> bool:
    return caller.person is None or row.person in ("", caller.person.id)


async def _seat(parts: House, body: SeatAsked, caller: Caller) -> Seat:
    own = caller.person is not None
    who = _who(body, caller)
    return await asyncio.to_thread(parts.contexts.seat_of, body.hub, body.topic, who, own=own)


async def _one(parts: House, seat: Seat) -> ContextView:
    row = await asyncio.to_thread(parts.contexts.contexts.row, seat)
    if row is None or not await asyncio.to_thread(_shown, parts, row):
        raise NotFound("this session has been left", code="not-found")
    return _view(row, await asyncio.to_thread(parts.live.speaking))


def _view(row: StoredContext, speaking: set[str]) -> ContextView:
    settled = row.state in (FOLLOWED, NONE)
    return ContextView(
        hub=row.hub,
        topic=row.topic,
        person=row.person,
        connection=row.connection,
        connection_reason=row.connection_reason,
        state=row.state,
        reason=row.reason,
        accession=row.accession,
        asked=row.asked,
        in_sync=settled and row.connection == "connected",
        dictating=row.accession in speaking,
        focus=json.loads(row.focus_json),
        notice=row.notice,
        version=row.version,
        changed_at=row.changed_at,
    )

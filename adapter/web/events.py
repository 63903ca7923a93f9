"""`GET /events`: what has changed, as server-sent events (WHATWG HTML 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from adapter.acting import acting
from adapter.store import sight
from adapter.web.change_feed import News
from adapter.web.parts import Parts
from adapter.web.requests import House

router = APIRouter(tags=["events"])

_BEAT_S = 15.0
_LONGEST_S = 600.0  # then the browser comes again, and is asked again who it is
_LARGEST = 2**62
_EXAMPLE = 'id: 7\nevent: study\ndata: {"accession": "A1", "what": "report final"}\n\n'

Id = Annotated[int | None, Query(ge=0, le=_LARGEST, description="Go on behind this change.")]
Last = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=_LARGEST)]


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}}},
)
async def events(parts: House, after: Id = None, last: Last = None) -> StreamingResponse:
    """Studies, deliveries, destinations, contexts, AI sources that change; no patient data.

    `reset` means: look at everything again.
    """
    from_there = last if last is not None else after
    listening = parts.changes.listen(from_there, _BEAT_S)
    return StreamingResponse(_lines(parts, listening), media_type="text/event-stream")


async def _lines(parts: Parts, listening: AsyncIterator[News | None]) -> AsyncIterator[str]:
    end = monotonic() + _LONGEST_S
    yield "retry: 2000\n\n"
    async for news in listening:
        if news is None:
            yield ": still here\n\n"
        elif await _may_hear(parts, news):
            yield written(news)
        if monotonic() > end:
            return


async def _may_hear(parts: Parts, news: News) -> bool:
    """Whether the change is of a study that the caller may see, or of none."""
    if news.change is None or not news.change.accession or acting().sight.labels is None:
        return True
    return await asyncio.to_thread(_may_see, parts, news.change.accession)


def _may_see(parts: Parts, accession: str) -> bool:
    with parts.house.database.read() as tx:
        return sight.may_see(tx, accession)


def written(news: News) -> str:
    """The event as a listener reads it."""
    change = news.change
    told = {} if change is None else {"accession": change.accession, "what": change.event}
    if change is not None and not change.accession:
        told["detail"] = change.detail
    return f"id: {news.id}\nevent: {news.kind}\ndata: {json.dumps(told)}\n\n"

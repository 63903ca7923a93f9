"""The images on which a model saw a finding, fetched from the archive for the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from adapter.errors import NotFound
from adapter.store import studies
from adapter.web.requests import House, InPath
from adapter.workflow.ai_modes import visible

router = APIRouter(include_in_schema=False)

_KEPT = "private, max-age=3600"


@router.get("/studies/{accession}/evidence")
async def evidence(
    accession: InPath,
    parts: House,
    finding: Annotated[str, Query(max_length=200)],
    number: Annotated[int, Query(ge=0, le=1_000)] = 0,
) -> Response:
    """One image of a finding of this study; nothing else of the archive."""
    if parts.archive is None:
        raise NotFound("no archive is set, see READOUT_DICOMWEB_URL", code="not-found")
    with parts.house.database.read() as tx:
        study = studies.get(tx, accession)
        known = {each.id: each for each in visible(tx, study, parts.house.tables)}
    seen = known[finding].evidence if finding in known else ()
    if number >= len(seen):
        raise NotFound("the finding names no such image", code="not-found")
    picture = await parts.archive.rendered(seen[number])
    return Response(picture.body, media_type=picture.media_type, headers={"Cache-Control": _KEPT})

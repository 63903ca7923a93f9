"""Audio in: streamed to disk, stored before it is answered; and out again, to be heard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile

from adapter.domain.dictation import Dictation
from adapter.domain.identifiers import Accession
from adapter.errors import Malformed, NotFound, Unsupported
from adapter.speech.formats import HEAD_BYTES, check_head, is_dictation_format
from adapter.store import dictations
from adapter.store.disk import storing
from adapter.web.answers import DictationView
from adapter.web.callers import Calling, own_author
from adapter.web.parts import Parts
from adapter.web.requests import House, InPath, media_type, parts_of
from adapter.web.views import dictation_view

router = APIRouter(prefix="/api/studies/{accession}/dictations", tags=["dictations"])

MOST_UPLOADS = 32
"""Uploads stored at once; more of them wait, so that other requests always find a thread."""

_CHUNK = 1 << 20
_FORM = "multipart/form-data"
_UNNAMED = "application/octet-stream"
_SOUND = re.compile(r"(audio|video)/[a-z0-9.+-]{1,60}|application/ogg")
_BINARY = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "audio/*": {"schema": _BINARY},
            _UNNAMED: {"schema": _BINARY},
            _FORM: {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
            },
        },
    }
}


@router.post(
    "",
    status_code=201,
    responses={200: {"model": DictationView, "description": "This audio is here already"}},
    openapi_extra=_BODY,
)
async def add_dictation(
    request: Request,
    response: Response,
    accession: InPath,
    caller: Calling,
    author: Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
) -> DictationView:
    """Store a recording: the audio itself as the body, or a form with one `file`.

    Its transcript and the report follow. What is no audio is kept for inspection, and refused.
    """
    head, author = _Head(), own_author(caller, author)
    if media_type(request) == _FORM:
        with storing("the recording"):  # a large form is kept in a file until it is whole
            await request.form(max_files=1, max_fields=4)
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Malformed("the form holds no file named `file`", location="/file")
            chunks = iter(lambda: file.file.read(_CHUNK), b"")
            kind = _sound_type((file.content_type or "").lower())
            stored, new = await _store(request, accession, head.watch(chunks), kind, author)
    else:
        kind = _sound_type(media_type(request))
        chunks = _pulled(request.stream())
        stored, new = await _store(request, accession, head.watch(chunks), kind, author)
    if not is_dictation_format(head.bytes):  # the site may have a converter for those
        check_head(head.bytes)
    response.status_code = 201 if new else 200
    return dictation_view(stored)


@router.get("/{id}/audio", response_class=FileResponse)
def audio(accession: InPath, id: str, parts: House) -> FileResponse:
    """The recording, byte for byte as it came."""
    with parts.house.database.read() as tx:
        which = dictations.get(tx, accession, id)
    held = ExitStack()
    try:
        path = held.enter_context(parts.house.audio.opened(which.audio_sha256))
    except FileNotFoundError:
        raise NotFound(f"the audio of {id} has been purged", code="not-found") from None
    kind = which.media_type if _SOUND.fullmatch(which.media_type) else _UNNAMED
    headers, after = {"ETag": f'"{which.audio_sha256}"'}, BackgroundTask(held.close)
    return FileResponse(path, media_type=kind, headers=headers, background=after)


class _Head:
    """Remembers the first bytes of what streams past."""

    def __init__(self) -> None:
        self.bytes = b""

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks."""
        for chunk in chunks:
            if len(self.bytes) < HEAD_BYTES:
                self.bytes = (self.bytes + chunk[:HEAD_BYTES])[:HEAD_BYTES]
            yield chunk


async def _store(
    request: Request, accession: Accession, chunks: Iterator[bytes], kind: str, author: str
) -> tuple[Dictation, bool]:
    """Write in a thread of its own, at the pace of the disk; (dictation, whether it is new)."""
    parts: Parts = parts_of(request)
    limiter: anyio.CapacityLimiter = request.app.state.uploads
    return await anyio.to_thread.run_sync(
        lambda: parts.dictations.store(accession, chunks, kind, author), limiter=limiter
    )


def _pulled(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    """The body, pulled chunk by chunk from a worker thread."""

    async def following() -> bytes:
        return await anext(stream, b"")

    return iter(lambda: anyio.from_thread.run(following), b"")


def _sound_type(told: str) -> str:
    if told in ("", _UNNAMED):
        return _UNNAMED
    if not _SOUND.fullmatch(told):
        raise Unsupported(
            f"Content-Type {told[:80]} is no audio; send audio/wav or another audio type",
            code="not-supported",
        )
    return told

"""Images of a study from the archive: QIDO-RS and WADO-RS (DICOM PS3.18 10.4, 10.6)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from adapter.dicom.dicomweb import SETTING
from adapter.domain.finding import Evidence
from adapter.errors import ConfigurationError, NotFound, TryAgain
from adapter.outbound import AddressRefused, Outbound, host_of

MOST_BYTES = 256 * 1024 * 1024
"""Largest answer that is read."""

_JSON = {"Accept": "application/dicom+json"}
_PLAIN = {  # what every reader can decode
    "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'
}
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_PATIENCE_S = 60.0
_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundImage:
    """One image as the archive lists it."""

    place: Evidence
    modality: str
    view: str
    patient_id: str


class StudyImages:
    """The archive at a base URL such as `https://pacs.example/dicom-web`."""

    def __init__(self, url: str) -> None:
        try:
            host = host_of(httpx.URL(url))
            self._outbound = Outbound.of([host], SETTING, public=False, loopback=True)
            self._base = str(self._outbound.check(url)).rstrip("/")
        except (AddressRefused, httpx.InvalidURL) as error:
            raise ConfigurationError(f"{SETTING}: {error}") from None

    async def find(self, study_uid: str, accession: str) -> list[FoundImage]:
        """The images of a study; none where the archive has not got it. Raises TryAgain."""
        uid = study_uid or await self._uid_of(accession)
        if not _UID.fullmatch(uid):
            return []
        listed = await self._json(f"/studies/{uid}/metadata")
        images = (_image(each) for each in listed if isinstance(each, dict))
        return [each for each in images if each is not None]

    async def read(self, place: Evidence) -> Dataset:
        """The image with its pixels; raises NotFound, TryAgain."""
        path = f"/studies/{place.study_uid}/series/{place.series_uid}/instances/{place.sop_uid}"
        answer, body = await self._get(path, _PLAIN)
        boundary = _BOUNDARY.search(answer.headers.get("content-type", ""))
        part = _first_part(body, boundary[1]) if boundary else body
        try:
            return dcmread(io.BytesIO(part))
        except (InvalidDicomError, EOFError, ValueError, OSError, AttributeError):
            raise NotFound("the archive gives no DICOM file", code="not-found") from None

    async def _uid_of(self, accession: str) -> str:
        found = await self._json(f"/studies?AccessionNumber={quote(accession, safe='')}&limit=2")
        uids = {_value(each, "0020000D") for each in found if isinstance(each, dict)}
        return uids.pop() if len(uids) == 1 else ""

    async def _json(self, path: str) -> list[Any]:
        answer, body = await self._get(path, _JSON)
        if answer.status_code in (204, 404):
            return []
        try:
            listed = json.loads(body or b"[]")
        except ValueError:
            raise TryAgain("the archive answers no JSON", after=60.0) from None
        return listed if isinstance(listed, list) else []

    async def _get(self, path: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        try:
            async with (
                self._outbound.client(timeout=_PATIENCE_S) as client,
                client.stream("GET", f"{self._base}{path}", headers=headers) as answer,
            ):
                body = b"".join([part async for part in _bounded(answer)])
        except (httpx.HTTPError, OSError) as error:
            told = f"the archive does not answer ({type(error).__name__})"
            raise TryAgain(told, after=60.0) from None
        if answer.status_code >= 500:
            raise TryAgain(f"the archive answers {answer.status_code}", after=60.0)
        if answer.status_code >= 400 and answer.status_code != 404:
            raise NotFound(f"the archive answers {answer.status_code}", code="not-found")
        return answer, body


async def _bounded(answer: httpx.Response) -> AsyncIterator[bytes]:
    size = 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise NotFound(f"the archive answers over {MOST_BYTES} bytes", code="too-long")
        yield part


def _image(told: dict[str, Any]) -> FoundImage | None:
    """An instance with pixels, of the DICOM JSON model (PS3.18 F.2)."""
    study, series, image = (_value(told, tag) for tag in ("0020000D", "0020000E", "00080018"))
    if not all(map(_UID.fullmatch, (study, series, image))) or not _value(told, "00280010"):
        return None
    return FoundImage(
        Evidence(study, series, image),
        _value(told, "00080060"),
        _value(told, "00185101").upper(),
        _value(told, "00100020"),
    )


def _value(told: dict[str, Any], tag: str) -> str:
    element = told.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    first = values[0] if isinstance(values, list) and values else ""
    return str(first) if isinstance(first, str | int | float) else ""


def _first_part(body: bytes, boundary: str) -> bytes:
    """The content of the first part of multipart/related (RFC 2387)."""
    mark = b"--" + boundary.encode()
    begin = body.find(b"\r\n\r\n", body.find(mark))
    end = body.find(b"\r\n" + mark, begin + 4)
    return body[begin + 4 : end] if 0 <= begin < end else b""

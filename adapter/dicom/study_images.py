"""Images of a study from the archive: QIDO-RS and WADO-RS (DICOM PS3.18 10.4, 10.6)."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from adapter.dicom import json_model as model
from adapter.dicom.dicomweb import archive_at
from adapter.dicom.json_model import DataSet
from adapter.dicom.multipart import read_parts
from adapter.domain.finding import Evidence
from adapter.errors import Malformed, NotFound, TryAgain
from adapter.outbound import body_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MOST_BYTES = 256 * 1024 * 1024
"""Largest answer that is read."""

_JSON = {"Accept": "application/dicom+json"}
_PLAIN = {  # what every reader can decode
    "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'
}
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_PATIENCE_S = 60.0


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
        self._outbound, self._base = archive_at(url)

    async def find(self, study_uid: str, accession: str) -> list[FoundImage]:
        """The images of a study; none where the archive has not got it. Raises TryAgain."""
        uid = study_uid or await self._uid_of(accession)
        if not _UID.fullmatch(uid):
            return []
        listed = await self._json(f"/studies/{uid}/metadata")
        images = map(_image, listed)
        return [each for each in images if each is not None]

    async def read(self, place: Evidence) -> Dataset:
        """The image with its pixels; raises NotFound, TryAgain."""
        path = f"/studies/{place.study_uid}/series/{place.series_uid}/instances/{place.sop_uid}"
        answer, body = await self._get(path, _PLAIN)
        try:
            from pydicom import dcmread  # with the first image: it takes 15 MB

            part, *_ = read_parts(answer.headers.get("content-type", ""), body, "application/dicom")
            return dcmread(io.BytesIO(part))
        except Exception as error:  # pydicom raises whatever its values lead to
            told = f"the archive gives no DICOM file ({type(error).__name__})"
            raise NotFound(told, code="not-found") from None

    async def _uid_of(self, accession: str) -> str:
        found = await self._json(f"/studies?AccessionNumber={quote(accession, safe='')}&limit=2")
        uids = {model.text(each, "0020000D") for each in found}
        return uids.pop() if len(uids) == 1 else ""

    async def _json(self, path: str) -> list[DataSet]:
        answer, body = await self._get(path, _JSON)
        if answer.status_code in (204, 404) or not body.strip():
            return []
        try:
            return model.read_json(body)
        except Malformed:
            raise TryAgain("the archive answers no DICOM JSON", after=60.0) from None

    async def _get(self, path: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        too_long = NotFound(f"the archive answers over {MOST_BYTES} bytes", code="too-long")
        try:
            async with (
                self._outbound.client(timeout=_PATIENCE_S) as client,
                client.stream("GET", f"{self._base}{path}", headers=headers) as answer,
            ):
                body = await body_of(answer, MOST_BYTES, too_long)
        except (httpx.HTTPError, OSError) as error:
            told = f"the archive does not answer ({type(error).__name__})"
            raise TryAgain(told, after=60.0) from None
        if answer.status_code >= 500:
            raise TryAgain(f"the archive answers {answer.status_code}", after=60.0)
        if answer.status_code >= 400 and answer.status_code != 404:
            raise NotFound(f"the archive answers {answer.status_code}", code="not-found")
        return answer, body


def _image(told: DataSet) -> FoundImage | None:
    """An instance with pixels, of the DICOM JSON model (PS3.18 F.2)."""
    study, series, image = (model.text(told, tag) for tag in ("0020000D", "0020000E", "00080018"))
    if not all(map(_UID.fullmatch, (study, series, image))) or not model.text(told, "00280010"):
        return None
    return FoundImage(
        Evidence(study, series, image),
        model.text(told, "00080060"),
        model.text(told, "00185101").upper(),
        model.text(told, "00100020"),
    )

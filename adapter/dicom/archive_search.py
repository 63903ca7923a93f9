"""Asks an archive for structured reports: QIDO-RS and WADO-RS metadata (PS3.18 10.6, 10.4)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple
from urllib.parse import urlencode

import httpx

from adapter.dicom import json_model as model
from adapter.dicom.equipment import EQUIPMENT
from adapter.dicom.json_model import DataSet
from adapter.dicom.structured_report import SOP_CLASSES
from adapter.errors import ConfigurationError, Malformed, NotFound, Rejected, TryAgain
from adapter.mapping.dicom_sources import DicomSource
from adapter.outbound import AddressRefused, Outbound, body_of, host_of, is_passing, wait_told
from adapter.secret_values import needed_secret

MOST_BYTES = 67_108_864
"""Longest answer that is read: a report of thousands of findings."""

_MOST_PAGES = 1_000
_MOST_SERIES = 20  # whose images are asked for their size, a report
_UID = re.compile(r"[0-9.]{1,64}")
_COUNTS = ("00201206", "00201208")  # of the study's series and instances
_SIZE = ("00280010", "00280011")
_PLANE = ("00200032", "00200037", "00280030", "00180050", "00200052")
_FRAMES, _POSITION = "00280008", "00200032"
_OF_FRAMES = ("52009229", "52009230")  # shared, and of each
_MOST_ENHANCED = 20  # images of many frames that are asked for the planes of these, a report
_TOLD = (*_SIZE, *_PLANE, _FRAMES, *EQUIPMENT)
_UIDS = ("0020000D", "0020000E", "00080018")
_KEPT = (*_UIDS, *_TOLD, *_OF_FRAMES)


class StudyFound(NamedTuple):
    """A study with structured reports; `mark` changes when something is added to it."""

    uid: str
    date: str  # YYYYMMDD
    mark: str


class ReportFound(NamedTuple):
    """One structured report."""

    study: str
    series: str
    uid: str


class ArchiveSearch:
    """One archive; raises ConfigurationError for an address or token that cannot be."""

    def __init__(self, source: DicomSource) -> None:
        self.source = source
        try:
            host = host_of(httpx.URL(source.url))
            where = f"url of dicom_sources, archive {source.name}"
            self._guard = Outbound.of([host], where, public=False, loopback=True)
            self._base = str(self._guard.check(source.url, secret=bool(source.token_env)))
        except (AddressRefused, httpx.InvalidURL) as error:
            raise ConfigurationError(f"dicom_sources, {source.name}: {error}") from None
        needed_secret(source.token_env)  # one that is missing shows at start

    async def studies(self, since: str) -> AsyncIterator[StudyFound]:
        """Studies since a day (YYYYMMDD) that hold structured reports. Raises TryAgain."""
        size = self.source.page_size
        for page in range(_MOST_PAGES):
            asked = [("StudyDate", f"{since}-"), ("limit", size), ("offset", page * size)]
            asked += [("ModalitiesInStudy", each) for each in self.source.modalities[:1]]
            asked += [("includefield", each) for each in _COUNTS]
            found = await self._search("studies", asked)
            for each in found:
                counts = "/".join(model.text(each, tag) for tag in _COUNTS)
                yield StudyFound(_uid(each, "0020000D"), model.text(each, "00080020"), counts)
            if len(found) < size:
                return

    async def reports(self, study: str) -> list[ReportFound]:
        """The structured reports of a study, of kinds that are read. Raises TryAgain."""
        found = list[ReportFound]()
        for modality in self.source.modalities:
            for series in await self._search(f"studies/{study}/series", [("Modality", modality)]):
                uid = _uid(series, "0020000E")
                for each in await self._search(f"studies/{study}/series/{uid}/instances", []):
                    if model.text(each, "00080016") in SOP_CLASSES:
                        found.append(ReportFound(study, uid, _uid(each, "00080018")))
        return found

    async def fetch(self, report: ReportFound) -> bytes:
        """The report as JSON, and behind it size, plane and device of each image it refers to.

        Raises TryAgain, NotFound (it is gone meanwhile) and Malformed.
        """
        place = f"studies/{report.study}/series/{report.series}/instances/{report.uid}/metadata"
        document = (await self._call(place) or [{}])[0]
        images = await self._images(document) if self.source.sizes else []
        return json.dumps([document, *images], ensure_ascii=False).encode()

    async def _images(self, document: DataSet) -> list[DataSet]:
        """Of the images of the series that the evidence names."""
        found = list[DataSet]()
        asked = [("includefield", each) for each in _TOLD]
        for study, series in _series(document)[:_MOST_SERIES]:
            place = f"studies/{study}/series/{series}/instances"
            found += await self._search(place, asked)
        framed = [each for each in found if model.text(each, _FRAMES) and _POSITION not in each]
        for each in framed[:_MOST_ENHANCED]:
            study, series, image = (_uid(each, tag) for tag in _UIDS)
            place = f"studies/{study}/series/{series}/instances/{image}/metadata"
            for whole in await self._search(place, []):
                each.update({tag: whole[tag] for tag in _OF_FRAMES if tag in whole})
        return [{tag: each[tag] for tag in _KEPT if tag in each} for each in found]

    async def _search(self, place: str, asked: Iterable[tuple[str, object]]) -> list[DataSet]:
        try:
            return await self._call(f"{place}?{urlencode(list(asked))}".rstrip("?"))
        except NotFound:
            return []

    async def _call(self, place: str) -> list[DataSet]:
        source, headers = self.source, {"Accept": "application/dicom+json"}
        token = needed_secret(source.token_env)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        wait = httpx.Timeout(source.answer_seconds, connect=source.connect_seconds)
        try:
            async with (
                asyncio.timeout(source.answer_seconds + source.connect_seconds),
                self._guard.client(secret=bool(token), timeout=wait) as client,
                client.stream("GET", f"{self._base}/{place}", headers=headers) as answer,
            ):
                too_long = Rejected(f"the archive answers with more than {MOST_BYTES} bytes")
                body = await body_of(answer, MOST_BYTES, too_long)
        except (httpx.RequestError, TimeoutError, OSError) as error:
            raise TryAgain(f"the archive does not answer ({type(error).__name__})") from None
        return _read(answer, body)


def _read(answer: httpx.Response, body: bytes) -> list[DataSet]:
    status = answer.status_code
    if status == 204:
        return []
    if status in (404, 410):
        raise NotFound("the archive does not have it", code="not-found")
    if is_passing(status):
        raise TryAgain(f"the archive answers HTTP {status}", wait_told(answer.headers))
    if status != 200:
        raise TryAgain(f"the archive refuses: HTTP {status}; look at its address and token")
    try:
        return model.read_json(body) if body.strip() else []
    except Malformed as error:
        raise TryAgain(f"the archive's answer cannot be read: {error}") from None


def _uid(found: DataSet, tag: str) -> str:
    """A UID that may stand in an address (PS3.5 9.1)."""
    told = model.text(found, tag)
    if not _UID.fullmatch(told):
        raise TryAgain("the archive's answer names no UID where one must be")
    return told


def _series(document: DataSet) -> list[tuple[str, str]]:
    """(study, series) of the evidence."""
    found = [
        (model.text(study, "0020000D"), model.text(series, "0020000E"))
        for tag in ("0040A375", "0040A385")
        for study in model.items(document, tag)
        for series in model.items(study, "00081115")
    ]
    whole = (each for each in found if all(map(_UID.fullmatch, each)))
    return list(dict.fromkeys(whole))

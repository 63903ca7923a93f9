"""Rendered pictures of an archive: WADO-RS, retrieve rendered (DICOM PS3.18 10.4.1.1.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

import httpx

from adapter.domain.finding import Evidence
from adapter.errors import ConfigurationError, NotFound, TryAgain
from adapter.outbound import AddressRefused, Outbound, body_of, host_of

SETTING = "READOUT_DICOMWEB_URL"
MOST_BYTES = 4_194_304
"""Largest picture that is passed on, in bytes."""

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")  # PS3.5 9.1
_LONGEST_UID = 64
_KINDS = ("image/jpeg", "image/png", "image/gif")
_PATIENCE_S = 10.0
_EDGE = 480  # pixels
_NO_STUDY = "2.25.0"  # PS3.5 B.2: of no image, and so quickly looked for
_SHUT = (401, 403)


class Picture(NamedTuple):
    """An image file and its media type."""

    body: bytes
    media_type: str


class Archive:
    """The archive at a base URL such as `https://pacs.example/dicom-web`."""

    def __init__(self, url: str) -> None:
        self._outbound, self._base = archive_at(url)

    async def check(self) -> None:
        """Raise TryAgain where it does not answer, or does not let us in."""
        place = f"{self._base}/studies?StudyInstanceUID={_NO_STUDY}&limit=1"
        accept = {"Accept": "application/dicom+json"}
        try:
            async with (
                self._outbound.client(timeout=_PATIENCE_S) as client,
                client.stream("GET", place, headers=accept) as answer,
            ):
                pass  # whatever it has to tell of no study is left where it is
        except (httpx.HTTPError, OSError) as error:
            raise _silent(error) from None
        if answer.status_code >= 500 or answer.status_code in _SHUT:
            raise TryAgain(f"the archive answers {answer.status_code}")

    async def rendered(self, evidence: Evidence) -> Picture:
        """The frame that a model names, as a picture. Raises NotFound, TryAgain."""
        uids = (evidence.study_uid, evidence.series_uid, evidence.sop_uid)
        if not all(len(uid) <= _LONGEST_UID and _UID.fullmatch(uid) for uid in uids):
            raise NotFound("the finding names no image by its UIDs", code="not-found")
        study, series, image = uids
        place = f"{self._base}/studies/{study}/series/{series}/instances/{image}"
        frame = f"/frames/{evidence.frame}" if evidence.frame else ""
        address = f"{place}{frame}/rendered?viewport={_EDGE},{_EDGE}"
        try:
            async with self._outbound.client(timeout=_PATIENCE_S) as client:
                return await _picture(client, address)
        except (httpx.HTTPError, OSError) as error:
            raise _silent(error) from None


def archive_at(url: str) -> tuple[Outbound, str]:
    """The guard that reaches it and its base URL; raises ConfigurationError."""
    try:
        outbound = Outbound.of([host_of(httpx.URL(url))], SETTING, public=False, loopback=True)
        return outbound, str(outbound.check(url)).rstrip("/")
    except (AddressRefused, httpx.InvalidURL) as error:
        raise ConfigurationError(f"{SETTING}: {error}") from None


def _silent(error: Exception) -> TryAgain:
    return TryAgain(f"the archive does not answer ({type(error).__name__})", after=5.0)


async def _picture(client: httpx.AsyncClient, address: str) -> Picture:
    accept = {"Accept": ", ".join(_KINDS)}
    async with client.stream("GET", address, headers=accept) as answer:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status_code >= 500:
            raise TryAgain(f"the archive answers {answer.status_code}", after=5.0)
        if answer.status_code != 200 or kind not in _KINDS:
            told = f"the archive has no picture of it ({answer.status_code} {kind})".strip()
            raise NotFound(told, code="not-found")
        too_long = NotFound(f"the picture is over {MOST_BYTES} bytes", code="too-long")
        return Picture(await body_of(answer, MOST_BYTES, too_long), kind)

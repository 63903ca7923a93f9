"""STOW-RS (PS3.18 10.5): structured reports of AI engines, posted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from adapter.dicom import json_model as model
from adapter.dicom.multipart import read_parts
from adapter.errors import Conflict, Malformed, Rejected, Unsupported
from adapter.web.parts import Parts
from adapter.web.requests import House, RawBody

PLACE = "/dicom-web/studies"
FILE = "application/dicom"
ANSWER = "application/dicom+json"


class DicomJson(JSONResponse):
    """A data set in the DICOM JSON Model."""

    media_type = ANSWER


router = APIRouter(prefix=PLACE, tags=["DICOMweb"], default_response_class=DicomJson)

# Failure Reason (0008,1197), PS3.18 annex I.2 and PS3.4 annex B.2.3
PROCESSING, NOT_SUPPORTED, MISMATCH, NOT_UNDERSTOOD = 0x0110, 0x0122, 0xA900, 0xC000

_PARTS = {"schema": {"type": "string", "format": "binary"}}
_DATA_SET = {"schema": {"type": "object"}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f'Parts of {FILE}: `multipart/related; type="{FILE}"; boundary=…`.',
        "content": {"multipart/related": _PARTS},
    },
    "responses": {
        "200": {"description": "All are stored", "content": {ANSWER: _DATA_SET}},
        "202": {"description": "Some are not", "content": {ANSWER: _DATA_SET}},
    },
}
_StudyUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$", description="DICOM study UID")]


@router.post("", openapi_extra=_BODY)
def store(request: Request, body: RawBody, parts: House) -> Response:
    """Store structured reports; the answer tells what became of each."""
    return _store(request, body, parts, "")


@router.post("/{study_uid}", openapi_extra=_BODY)
def store_into(study_uid: _StudyUid, request: Request, body: RawBody, parts: House) -> Response:
    """Store structured reports of this study."""
    return _store(request, body, parts, study_uid)


def _store(request: Request, body: bytes, parts: Parts, study_uid: str) -> Response:
    files = read_parts(request.headers.get("content-type", ""), body, FILE)
    host, port = request.client or ("", 0)
    told = [_one(each, parts, study_uid, host, f"{host}:{port}") for each in files]
    stored = [item for item, reason in told if reason is None]
    failed = [item | {"00081197": _value("US", reason)} for item, reason in told if reason]
    answer = dict(_sequences(stored, failed))
    status = 200 if not failed else 202 if stored else 409
    return DicomJson(answer, status)


def _one(
    body: bytes, parts: Parts, study_uid: str, sender: str, peer: str
) -> tuple[dict[str, Any], int | None]:
    """(reference to the instance, failure reason)."""
    report: model.DataSet = {}
    try:
        report = model.read_file(body)
        _check_study(report, study_uid)
        parts.ai_posts.dicom.take(body, sender, peer)
    except Conflict:
        reason = PROCESSING
    except Unsupported:
        reason = NOT_SUPPORTED
    except _OtherStudy as error:
        parts.ai_posts.dicom.refuse(body, sender, peer, error)
        reason = MISMATCH
    except Malformed:
        reason = NOT_UNDERSTOOD
    except Rejected:
        reason = MISMATCH
    else:
        return _reference(report), None
    return _reference(report), reason


class _OtherStudy(Rejected):
    """The report is of another study than that of the address."""


def _check_study(report: model.DataSet, study_uid: str) -> None:
    if study_uid and model.text(report, "0020000D") != study_uid:
        raise _OtherStudy("the report is of another study than that of the address")


def _reference(report: model.DataSet) -> dict[str, Any]:
    tags = (("00081150", "00080016"), ("00081155", "00080018"))
    return {to: _value("UI", told) for to, of in tags if (told := model.text(report, of))}


def _sequences(stored: list[Any], failed: list[Any]) -> Iterator[tuple[str, Any]]:
    if stored:
        yield "00081199", {"vr": "SQ", "Value": stored}
    if failed:
        yield "00081198", {"vr": "SQ", "Value": failed}


def _value(vr: str, told: object) -> dict[str, Any]:
    return {"vr": vr, "Value": [told]}

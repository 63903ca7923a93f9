"""The FHIR R4 endpoint: imaging orders as ServiceRequest, stored before they are answered."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from adapter import __version__
from adapter.domain.event import Event
from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage, MessageState
from adapter.domain.order import OrderEvent, OrderStatus
from adapter.errors import Malformed
from adapter.fhir.json_body import read_object
from adapter.store import studies
from adapter.web import problems
from adapter.web.parts import Parts
from adapter.web.problems import FHIR_JSON
from adapter.web.requests import House, RawBody, check_media_type

router = APIRouter(prefix="/fhir", tags=["fhir"])

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_ETAG = re.compile(r'(?:W/)?"(\d+)"')
_BODY = {
    "requestBody": {
        "required": True,
        "description": "A FHIR R4 ServiceRequest with an identifier of type ACSN.",
        "content": {FHIR_JSON: {"schema": {"type": "object", "title": "ServiceRequest"}}},
    }
}


@router.post("/ServiceRequest", status_code=201, response_class=JSONResponse, openapi_extra=_BODY)
def create(request: Request, body: RawBody, parts: House) -> Response:
    """Take an order; the same order again changes nothing and answers 200."""
    return _take(request, body, parts, None)


@router.put("/ServiceRequest/{id}", response_class=JSONResponse, openapi_extra=_BODY)
def update(request: Request, id: str, body: RawBody, parts: House) -> Response:
    """Change an order, or make it; `If-Match` names the version that is to be changed."""
    if not _ID.fullmatch(id) or read_object(body).get("id") != id:
        raise Malformed(
            "the id of the resource must be the id in the address, 1 to 64 of A-Z a-z 0-9 . -",
            location="ServiceRequest.id",
            code="value",
        )
    return _take(request, body, parts, id)


@router.get("/metadata", response_class=JSONResponse)
def capabilities(parts: House) -> JSONResponse:
    """The CapabilityStatement."""
    return JSONResponse(capability_statement(parts.house.now()), media_type=FHIR_JSON)


def capability_statement(date: str) -> dict[str, Any]:
    """What this endpoint does, no more."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Readout", "version": __version__},
        "implementation": {"description": "Readout order intake"},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": "ServiceRequest",
                        "interaction": [{"code": "create"}, {"code": "update"}],
                        "versioning": "versioned-update",
                        "updateCreate": True,
                        "readHistory": False,
                    }
                ],
            }
        ],
    }


class _Precondition:
    """Looks at the study inside the transaction, before the order changes it."""

    def __init__(self, request: Request, id: str | None) -> None:
        self._if_match = request.headers.get("if-match", "").strip()
        self._id = id
        self.created = False
        self.accession = ""

    def __call__(self, tx: sa.Connection, events: Sequence[Event]) -> None:
        """Raise VersionMoved or Malformed when this request may not go on."""
        self.accession = next(e.order.accession for e in events if isinstance(e, OrderEvent))
        study = studies.find(tx, self.accession, lock=True)
        self.created = study is None or study.order_status is OrderStatus.TEMPORARY
        if self._id not in (None, self.accession) and studies.find(tx, str(self._id)):
            raise Malformed(
                f"the order {self._id} has another accession number than this resource",
                location="ServiceRequest.identifier",
                code="conflict",
            )
        if self._if_match:
            self._check_version(study.version if study else None)

    def _check_version(self, version: int | None) -> None:
        asked = _ETAG.fullmatch(self._if_match)
        same = asked is not None and version == int(asked[1])
        if not same and not (self._if_match == "*" and version):
            now = f'it is W/"{version}" now' if version else "there is no such order"
            raise problems.VersionMoved(f"If-Match does not hold: {now}", code="conflict")


def _take(request: Request, body: bytes, parts: Parts, id: str | None) -> Response:
    check_media_type(request, FHIR_JSON, "application/json")
    precondition = _Precondition(request, id)
    state = parts.intake.take(_message(request, body, parts, id), precondition)
    created = precondition.created and state is not MessageState.DUPLICATE
    with parts.house.database.read() as tx:
        version = studies.get(tx, precondition.accession).version
    new_id = id or resource_id(precondition.accession)
    place = request.url_for("create")
    headers = {"Location": f"{place}/{new_id}", "ETag": f'W/"{version}"'}
    status = 201 if created else 200
    if "return=minimal" in request.headers.get("prefer", ""):
        return Response(None, status, headers, FHIR_JSON)
    return JSONResponse(_echo(body, new_id, version), status, headers, FHIR_JSON)


def _message(request: Request, body: bytes, parts: Parts, id: str | None) -> InboundMessage:
    sha256 = sha256_hex(body)
    client = request.client
    return InboundMessage(
        protocol="fhir",
        peer=f"{client.host}:{client.port}" if client else "",
        sender=client.host if client else "fhir",
        # the same POST again is a repeat; the same PUT again may take a later change back
        control_id=sha256[:20] if id is None else uuid.uuid4().hex[:20],
        type="ServiceRequest",
        body=body,
        body_sha256=sha256,
        received_at=parts.house.now(),
    )


def resource_id(accession: str) -> str:
    """The logical id of an order: its accession, or a hash of one that FHIR ids cannot hold."""
    return accession if _ID.fullmatch(accession) else sha256_hex(accession.encode())


def _echo(body: bytes, id: str, version: int) -> dict[str, Any]:
    resource: dict[str, Any] = json.loads(body.decode("utf-8-sig"))
    meta = {**(resource.get("meta") or {}), "versionId": str(version)}
    return {**resource, "id": id, "meta": meta}

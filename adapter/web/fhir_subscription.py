"""Where FHIR servers tell of changed orders: rest-hooks of R4, and topic-based notifications."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from adapter.web.fhir_answers import FhirResponse, check_fhir_json, outcome
from adapter.web.fhir_endpoint import ORDERS, takes
from adapter.web.parts import Parts
from adapter.web.requests import House, RawBody

router = APIRouter(prefix="/fhir/subscription", tags=["fhir"], default_response_class=FhirResponse)

_TOLD = takes("Bundle", "A notification Bundle, the changed ServiceRequest, or nothing.")


@router.post("/{name}", openapi_extra=_TOLD)
def notify(name: str, request: Request, body: RawBody, parts: House) -> Response:
    """A server tells that orders have changed; they are read again from it."""
    return _heard(name, request, body, parts)


@router.post(f"/{{name}}/{ORDERS}", openapi_extra=_TOLD)
def notify_created(name: str, request: Request, body: RawBody, parts: House) -> Response:
    """The same, by servers that post what has changed as to a server of their kind."""
    return _heard(name, request, body, parts)


@router.put(f"/{{name}}/{ORDERS}/{{id}}", openapi_extra=_TOLD)
def notify_updated(name: str, id: str, request: Request, body: RawBody, parts: House) -> Response:
    """The same, by servers that put what has changed under its id."""
    return _heard(name, request, body, parts, id)


def _heard(name: str, request: Request, body: bytes, parts: Parts, id: str = "") -> Response:
    if body.strip():
        check_fhir_json(request)
    shown = request.headers.get("authorization", "")
    parts.fhir_sources.heard(name, shown, body, id)
    return FhirResponse(outcome("informational", "heard; the orders are read again"))

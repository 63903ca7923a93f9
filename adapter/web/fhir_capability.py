"""The CapabilityStatement, read from the routes themselves."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute

from adapter import __version__
from adapter.fhir.elements import Json
from adapter.web import fhir_bundles, fhir_endpoint
from adapter.web.fhir_answers import FhirResponse
from adapter.web.problems import FHIR_JSON
from adapter.web.requests import House

router = APIRouter(prefix="/fhir", tags=["fhir"], default_response_class=FhirResponse)

_INTERACTIONS = {"create": "create", "update": "update", "read": "read", "search": "search-type"}
_CONDITION = "a condition is identifier=system|value"
_MESSAGES = (
    "Messages of any event that bring a ServiceRequest: POST to the base or to $process-message; "
    "answered at once."
)
_SEARCHED = {"identifier": "token", "_id": "token"}


@router.get("/metadata")
def capabilities(parts: House) -> FhirResponse:
    """The CapabilityStatement."""
    return FhirResponse(capability_statement(parts.house.now()))


def routes() -> list[APIRoute]:
    """Every route of the FHIR endpoint."""
    routers = (fhir_endpoint.router, fhir_bundles.router, router)
    return [each for one in routers for each in one.routes if isinstance(each, APIRoute)]


def capability_statement(date: str) -> Json:
    """What this endpoint does, no more."""
    served = {route.endpoint.__name__ for route in routes()}
    rest: Json = {
        "mode": "server",
        "resource": [_orders(served)],
        "interaction": [
            {"code": each} for each in ("transaction", "batch") if "take_bundle" in served
        ],
    }
    statement: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Readout", "version": __version__},
        "implementation": {"description": "Readout order intake"},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON],
        "rest": [rest],
    }
    if "process_message" in served:
        statement["messaging"] = [{"documentation": _MESSAGES}]
    return statement


def _orders(served: Iterable[str]) -> Json:
    found = set(served)
    return {
        "type": fhir_endpoint.ORDERS,
        "documentation": f"R5 is taken too, and answered as R4; {_CONDITION}.",
        "interaction": [{"code": code} for name, code in _INTERACTIONS.items() if name in found],
        "versioning": "versioned-update",
        "readHistory": False,
        "updateCreate": "update" in found,
        "conditionalCreate": "create" in found,
        "conditionalUpdate": "update_where" in found,
        "referencePolicy": ["literal", "logical", "local"],
        "searchParam": [{"name": name, "type": kind} for name, kind in _SEARCHED.items()],
    }

"""Imaging orders as ServiceRequest (FHIR R4, R5), stored before they are answered."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import from_thread
from fastapi import APIRouter, Query, Request, Response

from adapter.domain.order import OrderEvent
from adapter.errors import Malformed, Rejected
from adapter.fhir.bundles import COLLECTION, OrderBundle, collected
from adapter.fhir.elements import Json, present
from adapter.fhir.identifiers import identifier_search, read_tokens
from adapter.fhir.json_body import read_object
from adapter.fhir.orders import read_order
from adapter.fhir.references import self_contained
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.web.fhir_answers import FhirResponse, check_fhir_json, headers_of, only, outcome, wants
from adapter.web.parts import Parts
from adapter.web.problems import FHIR_JSON
from adapter.web.requests import House, RawBody
from adapter.workflow.fhir_intake import Arrival, Asked, check_id
from adapter.workflow.fhir_reading import Current

router = APIRouter(prefix="/fhir", tags=["fhir"], default_response_class=FhirResponse)

ORDERS = "ServiceRequest"
_MOST = 100


def takes(title: str, description: str) -> dict[str, Any]:
    """The OpenAPI entry of a body of this resource type."""
    schema = {"type": "object", "title": title, "required": ["resourceType"]}
    body = {
        "required": True,
        "description": description,
        "content": {FHIR_JSON: {"schema": schema}},
    }
    return {"requestBody": body}


_ORDER = takes(ORDERS, "A FHIR R4 or R5 ServiceRequest with an identifier of type ACSN.")


@router.post(f"/{ORDERS}", status_code=201, openapi_extra=_ORDER)
def create(request: Request, body: RawBody, parts: House) -> Response:
    """Take an order; said again it changes nothing and answers 200, as with `If-None-Exist`."""
    unless = request.headers.get("if-none-exist", "").strip().rpartition("?")[2]
    return _take(request, body, parts, Asked(unless=unless))


@router.put(f"/{ORDERS}/{{id}}", openapi_extra=_ORDER)
def update(request: Request, id: str, body: RawBody, parts: House) -> Response:
    """Change an order, or make it; `If-Match` names the version that is to be changed."""
    check_id(id, read_object(body))
    return _take(request, body, parts, Asked(id=id, if_match=_if_match(request)))


@router.put(f"/{ORDERS}", openapi_extra=_ORDER)
def update_where(request: Request, body: RawBody, parts: House, identifier: str = "") -> Response:
    """Change the one order with this identifier, or make it; several are refused with 412."""
    only(request.query_params, "identifier")
    if not identifier:
        raise Malformed(
            "name the order: ServiceRequest?identifier=system|value", location="identifier"
        )
    asked = Asked(search=request.url.query, if_match=_if_match(request))
    identifier_search(asked.search)
    return _take(request, body, parts, asked)


@router.get(f"/{ORDERS}/{{id}}")
def read(id: str, request: Request, parts: House) -> Response:
    """The order as it stands, whichever protocol brought it."""
    current = parts.fhir_reading.read(id)
    headers = headers_of(current)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return FhirResponse(None, 304, headers)
    return FhirResponse(current.resource, 200, headers)


@router.get(f"/{ORDERS}")
def search(
    request: Request,
    parts: House,
    identifier: str = "",
    id: Annotated[str | None, Query(alias="_id")] = None,
    count: Annotated[int, Query(alias="_count", ge=0)] = _MOST,
) -> Response:
    """Orders by `identifier` (system|value) or `_id`, as a searchset."""
    only(request.query_params, "identifier", "_id", "_count")
    if not identifier and id is None:
        raise Malformed(
            "name the orders: ServiceRequest?identifier=system|value or ?_id=1",
            location="identifier",
            code="required",
        )
    tokens = read_tokens(identifier) if identifier else []
    found = parts.fhir_reading.search(tokens, None if id is None else id.split(",")[:_MOST])
    place = str(request.url_for("create"))
    entries = [
        {"fullUrl": f"{place}/{each.id}", "resource": each.resource, "search": {"mode": "match"}}
        for each in found[:count]
    ]
    link = [{"relation": "self", "url": str(request.url)}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": link}
    return FhirResponse(bundle | present(entry=entries))


def _if_match(request: Request) -> str:
    return request.headers.get("if-match", "").strip()


def _take(request: Request, body: bytes, parts: Parts, asked: Asked) -> Response:
    check_fhir_json(request)
    sender, peer = who(request)
    message = parts.fhir.message(body, sender, peer, ORDERS)
    try:
        beside = from_thread.run(parts.fhir_sources.beside, body)
    except Rejected as error:
        parts.fhir.refuse(message, error)
        raise
    if beside:
        whole = collected(read_object(body), beside)
        message = parts.fhir.message(whole, sender, peer, ORDERS)

    def arrived(stored: bytes) -> list[Arrival]:
        return [Arrival(*_read(stored, parts.fhir_orders), asked)]

    (taken,) = parts.fhir.take(message, arrived)
    current = parts.fhir_reading.read(taken.id)
    address = f"{request.url_for('create')}/{taken.id}"
    headers = headers_of(current, address)
    status = 201 if taken.created else 200
    return FhirResponse(_preferred(request, current, taken.changed), status, headers)


def _read(stored: bytes, mapping: FhirOrderMapping) -> tuple[Json, OrderEvent]:
    """An order as it came, or with what was fetched for it; complete in itself."""
    resource = read_object(stored)
    if resource.get("type") != COLLECTION:
        return resource, read_order(resource, mapping)
    bundle = OrderBundle(resource)
    event = bundle.read(0, mapping)
    return self_contained(bundle.entries[0]["resource"], bundle.beside.used), event


def _preferred(request: Request, current: Current, changed: bool) -> Json | None:
    """What the sender wants to see: its resource with our id and version, or less."""
    wanted = wants(request)
    if wanted == "minimal":
        return None
    if wanted == "OperationOutcome":
        return outcome("informational", "the order is taken" if changed else "nothing changed")
    return current.resource


def who(request: Request) -> tuple[str, str]:
    """(sender, peer): the client's address without and with its port."""
    client = request.client
    return (client.host, f"{client.host}:{client.port}") if client else ("fhir", "")

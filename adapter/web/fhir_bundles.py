"""Bundles of orders, at the base or at $process-message, and of AI results."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from adapter import __version__
from adapter.domain.message import MessageState
from adapter.errors import Malformed, ReadoutError, Rejected, TryAgain
from adapter.fhir.bundles import OrderBundle, check_message, collected
from adapter.fhir.elements import Json, present
from adapter.fhir.json_body import read_object
from adapter.fhir.outcome import operation_outcome
from adapter.fhir.references import self_contained
from adapter.web.fhir_answers import FhirResponse, check_fhir_json, outcome
from adapter.web.fhir_endpoint import ORDERS, takes, who
from adapter.web.parts import Parts
from adapter.web.problems import status_of
from adapter.web.requests import House, RawBody
from adapter.workflow.ai_fhir import FHIR_RESULT, is_result
from adapter.workflow.fhir_intake import Arrival, Asked, Taken, check_id

router = APIRouter(prefix="/fhir", tags=["fhir"], default_response_class=FhirResponse)

_BUNDLE = takes("Bundle", "A FHIR R4 Bundle of type transaction, batch or message, with orders.")
_BESIDE = "read with the orders that refer to it; not kept as a resource of its own"


@router.post("", openapi_extra=_BUNDLE)
def take_bundle(request: Request, body: RawBody, parts: House) -> Response:
    """Take the orders of a transaction or message, all of them or none; of a batch, each alone.

    A Bundle without orders that holds Observations, ImagingSelections or DiagnosticReports is a
    result of an AI engine.
    """
    return _take(request, body, parts, "transaction", "batch", "message")


@router.post("/$process-message", openapi_extra=_BUNDLE)
def process_message(request: Request, body: RawBody, parts: House) -> Response:
    """Take the orders of a message (R4 2.4); the answer is a message."""
    return _take(request, body, parts, "message")


def _take(request: Request, body: bytes, parts: Parts, *types: str) -> Response:
    check_fhir_json(request)
    sender, peer = who(request)
    try:
        resource = read_object(body)
        if is_result(resource):
            return _take_result(body, sender, peer, parts)
        bundle = OrderBundle(resource)
        if bundle.type not in types:
            told = f"the type of the Bundle must be {' or '.join(types)}"
            raise Rejected(told, location="Bundle.type", code="not-supported")
    except Rejected as error:
        parts.fhir.refuse(parts.fhir.message(body, sender, peer, "Bundle"), error)
        raise

    def together(_stored: bytes) -> list[Arrival]:
        asked = [asked_of(bundle, index) for index in bundle.orders]
        return arrivals(bundle, asked, parts)

    def take_all() -> list[Taken]:
        return parts.fhir.take(parts.fhir.message(body, sender, peer, "Bundle"), together)

    if bundle.type == "message":
        return _message(bundle, parts, take_all)
    if bundle.type == "transaction":
        taken = dict(zip(bundle.orders, take_all(), strict=True))
        return _answer(bundle, {index: _done(each) for index, each in taken.items()})
    found = {index: _alone(bundle, index, parts, sender, peer) for index in bundle.orders}
    return _answer(bundle, found)


def _take_result(body: bytes, sender: str, peer: str, parts: Parts) -> Response:
    """Findings of an AI engine: all of them stand beside the report of the one study, or none."""
    message = parts.fhir.message(body, sender, peer, "Bundle", FHIR_RESULT)
    state = parts.intake.take(message._replace(control_id=message.body_sha256[:20]))
    if state is MessageState.WAITING:
        told = "stored: the findings wait for the order of their study"
        return FhirResponse(outcome("informational", told), HTTPStatus.ACCEPTED)
    again = state is MessageState.DUPLICATE
    told = "these findings are here already" if again else "the findings are taken"
    return FhirResponse(outcome("informational", told))


def arrivals(bundle: OrderBundle, asked: Sequence[Asked], parts: Parts) -> list[Arrival]:
    """Every order of a Bundle, with what it refers to contained in it; raises Rejected."""
    events = bundle.read_all(parts.fhir_orders)
    resources = []
    for index in bundle.orders:
        bundle.read(index, parts.fhir_orders)
        resources.append(self_contained(bundle.entries[index]["resource"], bundle.beside.used))
    return [Arrival(*each) for each in zip(resources, events, asked, strict=True)]


def asked_of(bundle: OrderBundle, index: int) -> Asked:
    """What entry.request asks for; of a message nothing. Raises Malformed."""
    request = bundle.request(index)
    if not request:
        return Asked()
    place, url = f"Bundle.entry[{index}].request", urlsplit(str(request.get("url") or ""))
    steps = url.path.strip("/").split("/")
    resource = bundle.entries[index]["resource"]
    try:
        if request["method"] == "POST" and steps[-1:] == [ORDERS]:
            unless = str(request.get("ifNoneExist") or "").rpartition("?")[2]
            return Asked(unless=unless)
        if_match = str(request.get("ifMatch") or "")
        if request["method"] == "PUT" and steps[-2:-1] == [ORDERS]:
            check_id(steps[-1], resource)
            return Asked(id=steps[-1], if_match=if_match)
        if request["method"] == "PUT" and steps[-1:] == [ORDERS] and url.query:
            return Asked(search=url.query, if_match=if_match)
    except Malformed as error:
        raise Malformed(str(error), location=place, code=error.code) from None
    told = f"POST {ORDERS}, PUT {ORDERS}/id or PUT {ORDERS}?identifier=system|value"
    raise Malformed(f"the url must be that of {told}", location=f"{place}.url", code="value")


def _alone(bundle: OrderBundle, index: int, parts: Parts, sender: str, peer: str) -> Json:
    """One order of a batch: kept with what it refers to, and answered by itself."""
    resource = bundle.entries[index]["resource"]
    message = parts.fhir.message(collected(resource, []), sender, peer, ORDERS)
    try:
        event = bundle.read(index, parts.fhir_orders)
        used = list(bundle.beside.used)
        body = collected(resource, used, bundle.entries[index].get("fullUrl") or "")
        message = parts.fhir.message(body, sender, peer, ORDERS)
        arrival = Arrival(self_contained(resource, used), event, asked_of(bundle, index))
    except Rejected as error:
        parts.fhir.refuse(message, error)
        return _refused(error)
    try:
        (taken,) = parts.fhir.take(message, lambda _: [arrival])
    except ReadoutError as error:
        return _refused(error)
    return _done(taken)


def _done(taken: Taken) -> Json:
    place = f"{ORDERS}/{taken.id}/_history/{taken.version}"
    status = "201 Created" if taken.created else "200 OK"
    return {"status": status, "location": place, "etag": f'W/"{taken.version}"'}


def _refused(error: ReadoutError) -> Json:
    status = HTTPStatus(status_of(error))
    return {"status": f"{status.value} {status.phrase}", "outcome": operation_outcome(error)}


def _answer(bundle: OrderBundle, responses: dict[int, Json]) -> Response:
    beside = {"status": "200 OK", "outcome": outcome("informational", _BESIDE)}
    entries = [{"response": responses.get(n, beside)} for n in range(len(bundle.entries))]
    answer = {"resourceType": "Bundle", "type": f"{bundle.type}-response", "entry": entries}
    return FhirResponse(answer)


def _message(bundle: OrderBundle, parts: Parts, take: Callable[[], list[Taken]]) -> Response:
    """The response message; refused, its HTTP status is that of the refusal too."""
    try:
        header = check_message(bundle, parts.fhir_orders)
        take()
    except ReadoutError as error:
        code = "transient-error" if isinstance(error, TryAgain) else "fatal-error"
        told = bundle.entries[0]["resource"]
        return FhirResponse(_reply(told, code, operation_outcome(error)), status_of(error))
    return FhirResponse(_reply(header, "ok", None))


def _reply(header: Json, code: str, why: Json | None) -> Json:
    address = f"urn:uuid:{uuid.uuid4()}"
    reply = {
        "resourceType": "MessageHeader",
        **present(eventUri=header.get("eventUri"), eventCoding=header.get("eventCoding")),
        "source": {"name": "Readout", "version": __version__, "endpoint": "urn:readout"},
        "response": {
            "identifier": str(header.get("id") or "unknown"),
            "code": code,
            **present(details={"reference": address} if why else None),
        },
    }
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": reply}]
    if why:
        entries.append({"fullUrl": address, "resource": why})
    return {"resourceType": "Bundle", "type": "message", "entry": entries}

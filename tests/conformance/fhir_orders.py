"""What the FHIR endpoint reads of orders, as tables; the tests probe each line."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from adapter import errors
from adapter.domain.identifiers import Accession, Phi
from adapter.domain.order import Code, Order, OrderStatus
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus, Study
from adapter.fhir import bundles, gathering, json_body
from adapter.fhir.codes import ORDER_INTENTS, ORDER_STATUS, PRIORITY, SIDES
from adapter.fhir.notifications import Kind
from adapter.fhir.subscriptions import write_subscription
from adapter.fhir.tasks import task_status
from adapter.mapping.fhir_sources import FhirSource
from adapter.web.fhir_capability import routes
from adapter.web.shell import JSON_LIMIT

ELEMENTS = [
    ("identifier", "R", "ACSN: the accession number; PLAC, FILL: numbers of the order; "
     "`urn:dicom:uid`: the study instance UID", "accession_types, *_systems"),
    ("status", "R", "state of the order, see below", ""),
    ("intent", "R", "must authorise, see below", ""),
    ("doNotPerform", "RE", "refused when true", ""),
    ("priority", "RE", "priority, see below", ""),
    ("code", "R", "the procedure: the coding that the user selected, else the first, and the text",
     ""),
    ("orderDetail", "RE", "modality: the first coding of DICOM CID 29", ""),
    ("category", "RE", "modality, where orderDetail names none", ""),
    ("subject", "R", "patient: MRN, name, birth date, sex", "mrn_systems"),
    ("encounter", "RE", "class of the patient; must be of the same patient", "patient_classes"),
    ("requester", "RE", "who ordered, through a PractitionerRole too", ""),
    ("occurrence[x]", "RE", "start of the examination: dateTime, or start of the Period", ""),
    ("reasonCode", "RE", "reason for the examination", ""),
    ("bodySite", "RE", "side, by SNOMED CT code or by the words left, right, both", ""),
    ("supportingInfo", "RE", "an ImagingStudy: its UID; must be of the same patient", ""),
    ("replaces", "RE", "these orders end", ""),
    ("requisition", "RE", "links the orders of one Bundle", ""),
    ("contained", "RE", "what references lead to", ""),
]  # fmt: skip
"""(element, usage, what is read, keys of fhir_orders.yaml)."""

R5 = [
    ("code.concept", "code"),
    ("orderDetail.parameter.valueCodeableConcept", "orderDetail"),
    ("reason.concept", "reasonCode"),
    ("reason.reference", "reasonReference"),
    ("supportingInfo.reference", "supportingInfo"),
]
"""(element of R5, the element of R4 that it becomes)."""

_SOURCE = FhirSource.model_validate(
    {
        "name": "north",
        "base_url": "https://ehr.north.example/fhir",
        "subscription": {
            "endpoint": "https://readout.north.example/fhir/subscription/north",
            "secret_env": "NORTH_SECRET",
            "topic": "https://ehr.north.example/topics/imaging-orders",
            "filters": ["ServiceRequest?status=active"],
        },
    }
)


def interactions() -> Iterator[tuple[str, str]]:
    """(method and path, what it does)."""
    for route in routes():
        method = ", ".join(sorted(route.methods))
        yield f"`{method} {route.path}`", inspect.getdoc(route.endpoint) or ""


def statuses() -> Iterator[tuple[str, str, str]]:
    """(ServiceRequest.status, action, state of the order)."""
    for status, (action, state) in ORDER_STATUS.items():
        yield status, action, state or "stays; an order that is not known is refused"


def codes() -> Iterator[tuple[str, str]]:
    """(what, by code)."""
    yield "intents taken", ", ".join(sorted(ORDER_INTENTS))
    yield "priority", ", ".join(f"{code}: {meaning}" for code, meaning in PRIORITY.items())
    yield "side (SNOMED CT)", ", ".join(f"{code}: {side}" for code, side in SIDES.items())


def refusals() -> Iterator[tuple[int, str]]:
    """(HTTP status, meaning)."""
    kinds = {
        errors.Malformed: "the body or the address cannot be read",
        errors.NotFound: "nothing is there",
        errors.Conflict: "the id or the identifier is of another order",
        errors.PreconditionFailed: "If-Match does not hold, or a condition fits several orders",
        errors.TooLarge: "too large, or too many entries",
        errors.Unsupported: "another media type than JSON",
        errors.Rejected: "FHIR or the site's rules do not allow it; `expression` names the element",
    }
    yield from sorted((kind.http_status, told) for kind, told in kinds.items())
    yield 503, "passing trouble; Retry-After says when to come again"


def limits() -> Iterator[tuple[str, str]]:
    """(what, how much)."""
    yield "body", f"{JSON_LIMIT:,} bytes"
    yield "entries of a Bundle", str(bundles.MOST_ENTRIES)
    yield "nesting", f"{json_body.MAX_DEPTH} levels"
    yield "resources fetched for one order", str(gathering._MOST)


def tasks() -> Iterator[tuple[str, ...]]:
    """(state of the order, Task.status by state of the report …)."""
    for state in OrderStatus:
        yield state, *(task_status(_study(state, report)) for report in ReportStatus)


def notifications() -> Iterator[tuple[str, str]]:
    """(type, what follows)."""
    meanings = {
        Kind.HANDSHAKE: "nothing",
        Kind.HEARTBEAT: "a search, where events have not come",
        Kind.EVENT: "each order named is read again; a search where one is not named, or an event "
        "before it has not come",
        Kind.QUERY_STATUS: "as a heartbeat",
        Kind.QUERY_EVENT: "as a heartbeat",
    }
    yield from meanings.items()


def subscription() -> str:
    """The Subscription that we put on a server."""
    rule = _SOURCE.subscription
    assert rule is not None
    resource = write_subscription(_SOURCE, rule, "…", "2026-01-03T10:00:00.000+00:00")
    return json.dumps(resource, indent=2, ensure_ascii=False)


def _study(state: OrderStatus, report: ReportStatus) -> Study:
    order = Order(Accession("A"), Patient(Phi("")), Code("X"))
    known: dict[str, Any] = {"order_status": state, "report_status": report}
    return Study(order=order, version=1, created_at="", updated_at="", **known)

"""By what an order in FHIR is found: its accession and its patient's number."""

from __future__ import annotations

from adapter.domain.message import SearchKeys
from adapter.errors import Rejected
from adapter.fhir.orders import read_service_request
from adapter.mapping.fhir_orders import FhirOrderMapping


def read_keys(body: bytes, mapping: FhirOrderMapping) -> SearchKeys:
    """The keys of a ServiceRequest; nothing of what is refused as one."""
    try:
        order = read_service_request(body, mapping).order
    except Rejected:
        return SearchKeys()
    return SearchKeys((order.accession,), (order.patient.mrn,) if order.patient.mrn else ())

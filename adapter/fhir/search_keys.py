"""By what an order in FHIR is found: its accession and its patient's number."""

from __future__ import annotations

from adapter.domain.message import SearchKeys
from adapter.errors import Rejected
from adapter.fhir.bundles import read_orders
from adapter.mapping.fhir_orders import FhirOrderMapping


def read_keys(body: bytes, mapping: FhirOrderMapping) -> SearchKeys:
    """The keys of a ServiceRequest or a Bundle of them; nothing of what is refused."""
    try:
        orders = [event.order for event in read_orders(body, mapping)]
    except Rejected:
        return SearchKeys()
    numbers = dict.fromkeys(order.patient.mrn for order in orders if order.patient.mrn)
    return SearchKeys(tuple(order.accession for order in orders), tuple(numbers))

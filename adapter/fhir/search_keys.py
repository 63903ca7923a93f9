"""By what an order in FHIR is found: accessions, numbers of its patient and of the order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter.domain.identifiers import Phi
from adapter.domain.message import SearchKeys
from adapter.errors import Rejected
from adapter.fhir.bundles import read_orders
from adapter.fhir.identifiers import of_type
from adapter.fhir.json_body import read_object
from adapter.mapping.fhir_orders import FhirOrderMapping


def read_keys(body: bytes, mapping: FhirOrderMapping) -> SearchKeys:
    """The keys of a ServiceRequest or a Bundle of them; else what their identifiers tell."""
    try:
        orders = [event.order for event in read_orders(body, mapping)]
    except Rejected:
        return _leniently(body, mapping)
    patients = dict.fromkeys(order.patient.mrn for order in orders if order.patient.mrn)
    numbers = (each for order in orders for each in (order.placer_number, order.filler_number))
    return SearchKeys(
        tuple(order.accession for order in orders),
        tuple(patients),
        tuple(dict.fromkeys(filter(None, numbers))),
        tuple(order for order in orders if order.patient.mrn),
    )


def _leniently(body: bytes, mapping: FhirOrderMapping) -> SearchKeys:
    """By the types and systems of all identifiers, whatever resource holds them."""
    try:
        resource = read_object(body)
    except Rejected:
        return SearchKeys()
    found = list(identifiers_in(resource))
    placers = of_type(found, "PLAC", mapping.placer_systems)
    fillers = of_type(found, "FILL", mapping.filler_systems)
    patients = of_type(found, "MR", mapping.mrn_systems)
    return SearchKeys(
        tuple(of_type(found, "ACSN", mapping.accession_systems)),
        tuple(map(Phi, patients)),
        tuple(dict.fromkeys(placers + fillers)),
    )


def identifiers_in(value: Any) -> Iterator[dict[str, Any]]:
    """Everything that has the shape of an Identifier with a value."""
    if isinstance(value, dict):
        if isinstance(value.get("value"), str) and _has_type(value.get("type", {})):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from identifiers_in(each)


def _has_type(concept: Any) -> bool:
    codings = concept.get("coding", []) if isinstance(concept, dict) else None
    return isinstance(codings, list) and all(
        isinstance(each, dict) and isinstance(each.get("code", ""), str) for each in codings
    )

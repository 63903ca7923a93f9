"""Bundles that bring orders: transaction, batch, message, and what Readout collects itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from adapter.domain.identifiers import Accession
from adapter.domain.order import OrderEvent
from adapter.errors import Rejected, TooLarge
from adapter.fhir.elements import Json, present
from adapter.fhir.json_body import read_object, write_object
from adapter.fhir.orders import read_order
from adapter.fhir.references import Beside
from adapter.fhir.validation import validate
from adapter.mapping.fhir_orders import FhirOrderMapping

MOST_ENTRIES = 1000
COLLECTION = "collection"
"""Type of the Bundles in which Readout keeps an order with what its references led to."""
_REQUESTS = ("transaction", "batch")
_READ = ("Patient", "Practitioner", "PractitionerRole", "Encounter", "ImagingStudy", "Organization")


class OrderBundle:
    """A checked Bundle; raises Rejected with the path of the first thing that is wrong."""

    def __init__(self, bundle: Json) -> None:
        if bundle.get("resourceType") != "Bundle":
            _refuse("resourceType must be ServiceRequest or Bundle", "", "not-supported")
        entries = bundle.get("entry")
        if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
            raise TooLarge(
                f"a Bundle may hold {MOST_ENTRIES} entries; send several",
                location="Bundle.entry",
                code="too-costly",
            )
        _check_skeleton(bundle)
        self.type: str = bundle["type"]
        self.entries: list[Json] = bundle.get("entry") or []
        self.beside = Beside()
        for index, entry in enumerate(self.entries):
            self._check_entry(index, entry)
        if not self.orders:
            _refuse("the Bundle holds no ServiceRequest", "Bundle.entry", "required")

    @property
    def orders(self) -> list[int]:
        """Where the ServiceRequests stand."""
        return [n for n, each in enumerate(self.entries) if _kind(each) == "ServiceRequest"]

    def request(self, index: int) -> Json:
        """Bundle.entry.request; {} where there is none."""
        found: Json = self.entries[index].get("request") or {}
        return found

    def read(self, index: int, mapping: FhirOrderMapping) -> OrderEvent:
        """One order; raises Rejected with its path in the Bundle. `beside.used` is what it used."""
        self.beside.used.clear()
        try:
            return read_order(self.entries[index]["resource"], mapping, self.beside)
        except Rejected as error:
            raise _at(error, f"Bundle.entry[{index}].resource") from None

    def read_all(self, mapping: FhirOrderMapping) -> list[OrderEvent]:
        """Every order; those of one requisition are linked. Raises Rejected."""
        events = [self.read(index, mapping) for index in self.orders]
        seen: set[str] = set()
        for index, event in zip(self.orders, events, strict=True):
            if event.order.accession in seen:
                path = f"Bundle.entry[{index}].resource.identifier"
                _refuse("two orders of the Bundle have one accession number", path, "duplicate")
            seen.add(event.order.accession)
        return _linked(events, [_requisition(self.entries[each]) for each in self.orders])

    def _check_entry(self, index: int, entry: Json) -> None:
        place = f"Bundle.entry[{index}]"
        resource, request = entry.get("resource"), entry.get("request") or {}
        if self.type in _REQUESTS and request.get("method") not in ("POST", "PUT"):
            told = "give a request with method POST or PUT; nothing else is done in a Bundle"
            _refuse(told, f"{place}.request", "not-supported")
        if resource is None:
            _refuse(f"{place} has no resource", place, "required")
        try:
            if resource["resourceType"] in _READ:
                validate(resource)
            self.beside.add(entry.get("fullUrl") or "", resource)
        except Rejected as error:
            location = f"{place}.fullUrl" if error.code == "duplicate" else ""
            raise _at(error, f"{place}.resource", location) from None


def read_orders(body: bytes, mapping: FhirOrderMapping) -> list[OrderEvent]:
    """The orders of a ServiceRequest or a Bundle; raises Malformed or Rejected."""
    resource = read_object(body)
    if resource.get("resourceType") == "ServiceRequest":
        return [read_order(resource, mapping)]
    bundle = OrderBundle(resource)
    if bundle.type == "message":
        check_message(bundle, mapping)
    return bundle.read_all(mapping)


def check_message(bundle: OrderBundle, mapping: FhirOrderMapping) -> Json:
    """The MessageHeader of a message (R4 2.4); raises Rejected when it is not of orders."""
    header: Json = bundle.entries[0]["resource"]
    place = "Bundle.entry[0].resource"
    if header["resourceType"] != "MessageHeader":
        _refuse("the first entry of a message must be its MessageHeader", place, "structure")
    try:
        validate(header)
    except Rejected as error:
        raise _at(error, place) from None
    event = header.get("eventUri") or (header.get("eventCoding") or {}).get("code") or ""
    if mapping.message_events and event not in mapping.message_events:
        told = "this event is not taken; name it in message_events of mappings/fhir_orders.yaml"
        _refuse(told, f"{place}.event", "not-supported")
    return header


def collected(order: Json, beside: list[tuple[str, Json]], address: str = "") -> bytes:
    """An order and the resources that it refers to, as Readout keeps them."""
    entries = [(address, order), *beside]
    bundle = {
        "resourceType": "Bundle",
        "type": COLLECTION,
        "entry": [present(fullUrl=url, resource=resource) for url, resource in entries],
    }
    return write_object(bundle).encode()


def _check_skeleton(bundle: Json) -> None:
    """Everything of the Bundle but the resources; those that are read are checked one by one."""
    entries = bundle.get("entry")
    bare = dict(bundle)
    if isinstance(entries, list):
        for index, entry in enumerate(entries):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            typed = isinstance(resource, dict) and isinstance(resource.get("resourceType"), str)
            if resource is not None and not typed:
                path = f"Bundle.entry[{index}].resource"
                _refuse(f"{path} has no resourceType", path, "structure")
        bare["entry"] = [_bare(each) for each in entries]
    validate(bare)
    if not bundle.get("type"):
        _refuse("Bundle.type is required", "Bundle.type", "required")


def _bare(entry: object) -> object:
    if not isinstance(entry, dict) or "resource" not in entry:
        return entry
    rest = {name: part for name, part in entry.items() if name != "resource"}
    return rest or {"fullUrl": "urn:uuid:00000000-0000-0000-0000-000000000000"}


def _linked(events: list[OrderEvent], groups: list[str]) -> list[OrderEvent]:
    """The orders of one requisition know each other, as those of one HL7 v2 message do."""

    def others(number: int) -> Iterator[Accession]:
        yield from events[number].order.linked
        for other, event in enumerate(events):
            if other != number and groups[number] and groups[other] == groups[number]:
                yield event.order.accession

    return [
        replace(event, order=replace(event.order, linked=tuple(dict.fromkeys(others(number)))))
        for number, event in enumerate(events)
    ]


def _requisition(entry: Json) -> str:
    told = entry["resource"].get("requisition") or {}
    return f"{told.get('system') or ''}|{told['value']}" if told.get("value") else ""


def _kind(entry: Json) -> str:
    return str(entry["resource"]["resourceType"])


def _at(error: Rejected, place: str, location: str = "") -> Rejected:
    """The same refusal, told by its place in the Bundle."""
    kind = re.match(r"[A-Z]\w+", error.location)
    within = error.location[kind.end() :] if kind else ""
    told = location or f"{place}{within}"
    return type(error)(f"{told}: {error}", location=told, code=error.code)


def _refuse(told: str, location: str, code: str) -> NoReturn:
    raise Rejected(told, location=location, code=code)

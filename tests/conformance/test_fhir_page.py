"""The page is that of the code, and what it says of the elements that are read is so."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from adapter.errors import Rejected
from adapter.fhir.bundles import read_orders
from adapter.fhir.json_body import write_object
from adapter.fhir.release5 import to_r4
from adapter.mapping.fhir_orders import FhirOrderMapping
from adapter.web.fhir_capability import capability_statement
from tests.conformance import fhir_orders
from tests.conformance.fhir_page import PAGE, page
from tests.fhir.samples import service_request

SCT = "http://snomed.info/sct"
OTHER = {
    "resourceType": "Patient",
    "id": "other",
    "identifier": [{"system": "urn:oid:2.999.1", "value": "MRN-9"}],
}
VISIT = {
    "resourceType": "Encounter",
    "id": "visit",
    "status": "planned",
    "class": {"code": "AMB"},
    "subject": {"reference": "#other"},
}
CHANGED: dict[str, Any] = {
    "identifier": [{**service_request()["identifier"][2], "value": "ACC-7"}],
    "status": "on-hold",
    "intent": "proposal",
    "doNotPerform": True,
    "priority": "routine",
    "code": {"text": "CT head"},
    "orderDetail": [{"text": "none"}],
    "category": [],
    "subject": {"identifier": {"value": "7"}},
    "encounter": {"reference": "#visit"},
    "requester": {"display": "Somebody"},
    "occurrencePeriod": {"start": "2026-02-02"},
    "reasonCode": [{"text": "Pain"}],
    "bodySite": [{"coding": [{"system": SCT, "code": "24028007"}]}],
    "supportingInfo": [
        {
            "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"},
            "type": "ImagingStudy",
        }
    ],
    "replaces": [{"reference": "ServiceRequest/7"}],
    "contained": [],
}
"""A value by which each element changes what the sample order means."""
UNREAD: dict[str, Any] = {
    "authoredOn": "2026-02-02",
    "asNeededBoolean": True,
    "basedOn": [{"reference": "ServiceRequest/9"}],
    "extension": [{"url": "urn:x", "valueString": "y"}],
    "implicitRules": "urn:rules",
    "instantiatesCanonical": ["urn:plan"],
    "instantiatesUri": ["urn:plan"],
    "insurance": [{"reference": "Coverage/1"}],
    "language": "de",
    "locationCode": [{"text": "ward"}],
    "locationReference": [{"reference": "Location/1"}],
    "meta": {"versionId": "9"},
    "modifierExtension": [],
    "note": [{"text": "left"}],
    "patientInstruction": "Fast",
    "performer": [{"display": "Radiology"}],
    "performerType": {"text": "radiologist"},
    "quantityQuantity": {"value": 2},
    "reasonReference": [{"reference": "Condition/1"}],
    "relevantHistory": [{"reference": "Provenance/1"}],
    "specimen": [{"reference": "Specimen/1"}],
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "id": "other-id",
}


def meaning(resource: dict[str, Any]) -> object:
    """The order, or the element for which it is refused."""
    told = {name: part for name, part in resource.items() if part != []}
    try:
        return read_orders(write_object(told).encode(), FhirOrderMapping())
    except Rejected as error:
        return error.location


def changed(**elements: Any) -> dict[str, Any]:
    resource = service_request() | elements
    if "encounter" in elements:
        resource["contained"] = [*service_request()["contained"], OTHER, VISIT]
    if "supportingInfo" in elements:
        resource["identifier"] = resource["identifier"][:3]
    if "category" in elements:
        del resource["orderDetail"]
        coding = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}
        resource["category"] = [{"coding": [coding]}]
    return resource


def read_elements() -> set[str]:
    return {name.removesuffix("[x]") for name, *_ in fhir_orders.ELEMENTS}


def test_the_page_is_that_of_the_code() -> None:
    assert PAGE.read_text() == page(), "run make conformance"


@pytest.mark.parametrize("name", list(CHANGED))
def test_an_element_said_to_be_read_changes_what_the_order_means(name: str) -> None:
    assert meaning(changed(**{name: CHANGED[name]})) != meaning(service_request())


@pytest.mark.parametrize("name", list(UNREAD))
def test_no_other_element_does(name: str) -> None:
    assert meaning(changed(**{name: UNREAD[name]})) == meaning(service_request())


def test_every_element_of_r4_is_one_or_the_other() -> None:
    fields = {field.alias or name for name, field in ServiceRequest.model_fields.items()}
    choices = ("occurrence", "asNeeded", "quantity")
    every = {next((each for each in choices if name.startswith(each)), name) for name in fields}
    probed = {next((each for each in choices if name.startswith(each)), name) for name in UNREAD}
    plain = {name for name in every if not name.startswith(("_", "fhir_comments", "resource"))}
    assert plain - probed == read_elements()


def test_required_elements_are() -> None:
    for name, usage, *_ in fhir_orders.ELEMENTS:
        told = changed()
        told.pop(name.replace("[x]", "Period"), None)
        missing = meaning(told)
        refused = isinstance(missing, str) and missing.startswith(f"ServiceRequest.{name}")
        assert refused is (usage == "R"), name


def test_each_element_of_r5_becomes_the_one_of_r4() -> None:
    concept, reference = {"text": "x"}, {"reference": "Condition/1"}
    told = to_r4(
        {
            "code": {"concept": concept},
            "orderDetail": [{"parameter": [{"valueCodeableConcept": concept}]}],
            "reason": [{"concept": concept}, {"reference": reference}],
            "supportingInfo": [{"reference": reference}],
        }
    )
    assert set(told) == {after for _, after in fhir_orders.R5}


def test_every_call_of_the_capability_statement_is_on_the_page() -> None:
    statement = capability_statement("2026-01-01")
    assert statement["rest"][0]["resource"][0]["type"] == "ServiceRequest"
    calls = [call for call, _ in fhir_orders.interactions()]
    assert "`POST /fhir`" in calls
    assert "`GET /fhir/ServiceRequest/{id}`" in calls

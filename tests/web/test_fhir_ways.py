"""By whatever way an order comes, the study is the one that HL7 v2 makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapter.domain.order import Code
from tests.fakes.fhir_place import ACSN, place_at
from tests.fakes.fhir_source import source_double
from tests.web.conftest import Site
from tests.web.test_fhir_endpoint import FHIR

OBR = {2: "PL1", 3: "FI1", 4: "36572-6^XR chest^http://loinc.org", 5: "S", 16: "P77^Referrer^Rae"}
OBR |= {18: "A1", 24: "DX", 31: "Cough"}
SEGMENTS = (
    r"MSH|^~\&|EHR|NORTH|READOUT|RAD|20260301080000||ORM^O01|C1|P|2.5.1",
    "PID|1||M1^^^urn:mrn^MR||Example^Erin||19610412|F",
    "ORC|NW|PL1|FI1",
    "OBR|" + "|".join(OBR.get(number, "") for number in range(1, 32)),
)
HL7V2 = "".join(f"{each}\r" for each in SEGMENTS).encode()
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:mrn", "value": "M1"}],
    "name": [{"family": "Example", "given": ["Erin"]}],
    "birthDate": "1961-04-12",
    "gender": "female",
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "identifier": [{"value": "P77"}],
    "name": [{"family": "Referrer", "given": ["Rae"]}],
}


def number(kind: str, value: str) -> dict[str, Any]:
    coding = {**ACSN["coding"][0], "code": kind}
    return {"type": {"coding": [coding]}, "value": value}


ORDER = {
    "resourceType": "ServiceRequest",
    "id": "o",
    "identifier": [number("ACSN", "A1"), number("PLAC", "PL1"), number("FILL", "FI1")],
    "status": "active",
    "intent": "order",
    "priority": "stat",
    "code": {"coding": [{"system": "http://loinc.org", "code": "36572-6"}], "text": "XR chest"},
    "orderDetail": [
        {"coding": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"}]}
    ],
    "subject": {"reference": "Patient/p"},
    "requester": {"reference": "Practitioner/d"},
    "reasonCode": [{"text": "Cough"}],
}
CONTAINED = {
    **ORDER,
    "contained": [PATIENT, DOCTOR],
    "subject": {"reference": "#p"},
    "requester": {"reference": "#d"},
}
R5 = {
    **{name: part for name, part in CONTAINED.items() if name != "reasonCode"},
    "code": {"concept": ORDER["code"]},
    "orderDetail": [
        {"parameter": [{"code": {"text": "modality"}, "valueCodeableConcept": each}]}
        for each in ORDER["orderDetail"]
    ],
    "reason": [{"concept": {"text": "Cough"}}],
}


def bundle(kind: str, *first: Any) -> dict[str, Any]:
    entries: list[Any] = [{"resource": each} for each in first]
    for each in (ORDER, PATIENT, DOCTOR):
        place = f"{each['resourceType']}/{each['id']}"
        asked = {"request": {"method": "PUT", "url": place}} if kind != "message" else {}
        entries.append({"fullUrl": f"http://ehr/{place}", "resource": each, **asked})
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


HEADER = {
    "resourceType": "MessageHeader",
    "id": "m",
    "eventUri": "urn:order",
    "source": {"endpoint": "urn:ehr"},
}
WAYS: dict[str, tuple[str, str, Any]] = {
    "create": ("POST", "/fhir/ServiceRequest", CONTAINED),
    "update": ("PUT", "/fhir/ServiceRequest/o", CONTAINED),
    "conditional update": ("PUT", "/fhir/ServiceRequest?identifier=A1", CONTAINED),
    "R5": ("POST", "/fhir/ServiceRequest", R5),
    "transaction": ("POST", "/fhir", bundle("transaction")),
    "batch": ("POST", "/fhir", bundle("batch")),
    "message": ("POST", "/fhir/$process-message", bundle("message", HEADER)),
}


OTHER = Code("OTHER", "Another examination")


def study_of(site: Site) -> dict[str, Any]:
    """The study without what tells the way by which it came."""
    found = dict(site.client.get("/api/studies/A1").json())
    order = {name: each for name, each in found["order"].items() if name != "source"}
    return {name: found[name] for name in ("patient", "priority", "order_status")} | order


@pytest.fixture
def expected(site: Site) -> dict[str, Any]:
    """What HL7 v2 makes of the order, on the same site: later ways change nothing of it."""
    message = site.parts.fhir.message(HL7V2, "EHR|NORTH", "", "ORM^O01", "hl7v2")
    site.parts.intake.take(message)
    found = study_of(site)
    assert found["priority"] == "stat"
    return found


@pytest.mark.parametrize("way", list(WAYS))
def test_each_way_makes_the_study_of_hl7v2(site: Site, expected: dict[str, Any], way: str) -> None:
    method, url, body = WAYS[way]
    site.workflow.order("A1", procedure=OTHER)
    assert study_of(site) != expected
    answer = site.client.request(method, url, content=json.dumps(body), headers=FHIR)
    assert answer.is_success, answer.text
    assert study_of(site) == expected


def test_a_server_that_is_searched_makes_it_too(site: Site, expected: dict[str, Any]) -> None:
    site.workflow.order("A1", procedure=OTHER)
    with source_double() as (ehr, url):
        for each in (PATIENT, DOCTOR, ORDER):
            ehr.put(each)
        place_at(site.workflow, ehr, url).run()
    assert study_of(site) == expected


def test_a_body_over_the_limit_is_refused_before_it_is_read(site: Site) -> None:
    large = b'{"resourceType": "Bundle", "type": "transaction", "entry": [' + b" " * 52_428_800
    answer = site.client.post("/fhir", content=large, headers=FHIR)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (413, "too-long")
    assert site.client.get("/api/messages").json()["messages"] == []

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from adapter.store import findings
from tests.web.conftest import Site
from tests.web.test_fhir_endpoint import FHIR, issue, numbered

PATIENT = "urn:uuid:11111111-1111-4111-8111-111111111111"
DOCTOR = "urn:uuid:22222222-2222-4222-8222-222222222222"
NUMBER = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
EVENT = {"system": "urn:events", "code": "imaging-order"}


def patient(number: str = "MRN-1001", **elements: Any) -> dict[str, Any]:
    one = {"system": "urn:oid:2.999.1", "value": number}
    name = [{"family": "Example", "given": ["Erin"]}]
    return {"resourceType": "Patient", "identifier": [one], "name": name, **elements}


def order(accession: str, **elements: Any) -> dict[str, Any]:
    """An order that refers to what comes beside it."""
    resource = numbered(accession)
    del resource["contained"]
    beside = {"subject": {"reference": PATIENT}, "requester": {"reference": DOCTOR}}
    return resource | beside | elements


def entry(resource: dict[str, Any], url: str = "", method: str = "POST", **more: Any) -> Any:
    full = more.pop("full", None)
    request = {"method": method, "url": url or resource["resourceType"], **more}
    return {"resource": resource, "request": request} | ({"fullUrl": full} if full else {})


def bundle(*entries: Any, type: str = "transaction") -> dict[str, Any]:
    doctor = {
        "resourceType": "Practitioner",
        "identifier": [{"value": "P77"}],
        "name": [{"family": "Referrer"}],
    }
    beside = [entry(patient(), full=PATIENT), entry(doctor, full=DOCTOR)]
    return {"resourceType": "Bundle", "type": type, "entry": [*entries, *beside]}


def message(*orders: dict[str, Any], **header: Any) -> dict[str, Any]:
    head = {
        "resourceType": "MessageHeader",
        "id": "m-1",
        "eventCoding": EVENT,
        "source": {"endpoint": "urn:ehr"},
        **header,
    }
    whole = bundle(*(entry(each) for each in orders), type="message")
    bare = [{k: v for k, v in each.items() if k != "request"} for each in whole["entry"]]
    return whole | {"entry": [{"resource": head}, *bare]}


def post(site: Site, body: object, url: str = "/fhir") -> Any:
    return site.client.post(url, content=json.dumps(body), headers=FHIR)


def studies(site: Site) -> list[str]:
    return sorted(each["accession"] for each in site.client.get("/api/studies").json()["studies"])


def test_a_transaction_with_its_patient_becomes_a_study(site: Site) -> None:
    answer = post(site, bundle(entry(order("A1"))))
    assert answer.status_code == 200
    Bundle.model_validate(answer.json())
    first, *beside = (each["response"] for each in answer.json()["entry"])
    assert first == {
        "status": "201 Created",
        "location": "ServiceRequest/A1/_history/1",
        "etag": 'W/"1"',
    }
    assert [each["status"] for each in beside] == ["200 OK", "200 OK"]
    study = site.client.get("/api/studies/A1").json()
    assert (study["patient"]["mrn"], study["patient"]["family"]) == ("MRN-1001", "Example")
    assert "Referrer" in study["order"]["requester"]


def test_what_is_read_back_needs_nothing_of_the_bundle(site: Site) -> None:
    post(site, bundle(entry(order("A1"))))
    told = site.client.get("/fhir/ServiceRequest/A1").json()
    assert "urn:uuid" not in json.dumps(told)
    assert [each["resourceType"] for each in told["contained"]] == ["Patient", "Practitioner"]
    again = site.client.put("/fhir/ServiceRequest/A1", content=json.dumps(told), headers=FHIR)
    assert again.status_code == 200
    assert site.client.get("/api/studies/A1").json()["patient"]["mrn"] == "MRN-1001"


def test_a_transaction_again_changes_nothing_until_its_patient_does(site: Site) -> None:
    post(site, bundle(entry(order("A1")), entry(order("A2"))))
    again = post(site, bundle(entry(order("A1")), entry(order("A2"))))
    assert [each["response"].get("etag") for each in again.json()["entry"][:2]] == ['W/"1"'] * 2
    changed = bundle(entry(order("A1")))
    changed["entry"][1]["resource"]["birthDate"] = "1961-04-12"
    assert post(site, changed).json()["entry"][0]["response"]["etag"] == 'W/"2"'


def test_a_transaction_is_taken_whole_or_not_at_all(site: Site) -> None:
    for wrong in (
        entry(order("A2", status="nonsense")),
        entry(order("A2", id="X"), "ServiceRequest/X", "PUT", ifMatch='W/"4"'),
        entry(order("A1")),
    ):
        answer = post(site, bundle(entry(order("A1")), wrong))
        assert answer.status_code in (412, 422), answer.text
        assert issue(answer)["severity"] == "error"
        assert studies(site) == []


def test_the_place_in_the_bundle_is_named(site: Site) -> None:
    answer = post(site, bundle(entry(order("A1")), entry(order("A2", status="nonsense"))))
    assert issue(answer)["expression"] == ["Bundle.entry[1].resource.status"]
    unknown = post(site, bundle(entry(order("A1", subject={"reference": "urn:uuid:0"}))))
    assert issue(unknown)["expression"] == ["Bundle.entry[0].resource.subject.reference"]
    wrong = bundle(entry(order("A1")))
    wrong["entry"][1]["resource"]["gender"] = "F"
    assert issue(post(site, wrong))["expression"] == ["Bundle.entry[1].resource.gender"]


def test_a_batch_takes_what_is_right(site: Site) -> None:
    body = bundle(
        entry(order("A1")), entry(order("A2", status="nonsense")), entry(order("A3")), type="batch"
    )
    answer = post(site, body)
    assert answer.status_code == 200
    Bundle.model_validate(answer.json())
    told = [each["response"] for each in answer.json()["entry"]]
    assert [each["status"][:3] for each in told] == ["201", "422", "201", "200", "200"]
    assert told[1]["outcome"]["issue"][0]["code"] == "code-invalid"
    assert studies(site) == ["A1", "A3"]
    refused = site.client.get("/api/messages?state=refused").json()["messages"]
    assert len(refused) == 1


def test_conditions_inside_a_bundle(site: Site) -> None:
    where = "ServiceRequest?identifier=urn:oid:2.999.3|A1"
    put = post(site, bundle(entry(order("A1"), where, "PUT")))
    assert put.json()["entry"][0]["response"]["status"] == "201 Created"
    unless = entry(order("A1", priority="routine"), ifNoneExist=where)
    told = post(site, bundle(unless)).json()["entry"][0]["response"]
    assert told["status"] == "200 OK"
    assert site.client.get("/api/studies/A1").json()["priority"] == "stat"


def test_a_conditional_reference_finds_its_patient(site: Site) -> None:
    subject = {"reference": "Patient?identifier=urn:oid:2.999.1|MRN-1001"}
    post(site, bundle(entry(order("A1", subject=subject))))
    assert site.client.get("/api/studies/A1").json()["patient"]["family"] == "Example"
    elsewhere = {"reference": "Patient?identifier=urn:oid:2.999.1|MRN-7"}
    post(site, bundle(entry(order("A2", subject=elsewhere))))
    assert site.client.get("/api/studies/A2").json()["patient"]["mrn"] == "MRN-7"


def test_the_orders_of_a_requisition_know_each_other(site: Site) -> None:
    one = {"requisition": {"system": "urn:r", "value": "R1"}}
    post(site, bundle(entry(order("A1", **one)), entry(order("A2", **one)), entry(order("A3"))))
    linked = {
        each: site.client.get(f"/api/studies/{each}").json()["order"]["linked"]
        for each in ("A1", "A2", "A3")
    }
    assert linked == {"A1": ["A2"], "A2": ["A1"], "A3": []}


def test_another_patient_in_what_the_order_refers_to_is_refused(site: Site) -> None:
    other = "urn:uuid:33333333-3333-4333-8333-333333333333"
    visit = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"code": "AMB"},
        "subject": {"reference": other},
    }
    body = bundle(
        entry(order("A1", encounter={"reference": "urn:uuid:e"})),
        entry(visit, full="urn:uuid:e"),
        entry(patient("MRN-9"), full=other),
    )
    answer = post(site, body)
    assert (answer.status_code, issue(answer)["code"]) == (422, "business-rule")
    named = {"reference": PATIENT, "identifier": {"system": "urn:oid:2.999.1", "value": "MRN-9"}}
    assert post(site, bundle(entry(order("A1", subject=named)))).status_code == 422
    assert studies(site) == []


def test_the_class_of_the_visit_is_told(site: Site) -> None:
    visit = {"resourceType": "Encounter", "status": "planned", "class": {"code": "EMER"}}
    body = bundle(
        entry(order("A1", encounter={"reference": "urn:uuid:e"})), entry(visit, full="urn:uuid:e")
    )
    assert post(site, body).status_code < 300
    assert site.client.get("/api/studies/A1").json()["order"]["patient_class"] == "E"
    assert "emergency" in site.client.get("/studies/A1").text


def test_circles_of_references_end(site: Site) -> None:
    full = [f"urn:uuid:{n}{n}{n}{n}{n}{n}{n}{n}-1111-4111-8111-111111111111" for n in (4, 5)]
    roles = [
        {"resourceType": "PractitionerRole", "practitioner": {"reference": full[1 - n]}}
        for n in (0, 1)
    ]
    orders = [
        order(f"A{n}", basedOn=[{"reference": full[1 - n]}], replaces=[{"reference": full[1 - n]}])
        for n in (0, 1)
    ]
    in_circle = [entry(each, full=one) for each, one in zip(orders, full, strict=True)]
    assert post(site, bundle(*in_circle)).status_code == 200
    circle = order("A9", requester={"reference": full[0]})
    body = bundle(
        entry(circle), *(entry(each, full=one) for each, one in zip(roles, full, strict=True))
    )
    answer = post(site, body)
    assert (answer.status_code, studies(site)) == (422, ["A0", "A1"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"resourceType": "Patient"}, 422, "not-supported"),
        ({"resourceType": "Bundle"}, 422, "required"),
        ({"resourceType": "Bundle", "type": "transaction"}, 422, "required"),
        ({"resourceType": "Bundle", "type": "parcel"}, 422, "code-invalid"),
        ({"resourceType": "Bundle", "type": "transaction", "entry": [5]}, 422, None),
        ({"resourceType": "Bundle", "type": "transaction", "entry": {"resource": 5}}, 422, None),
        (bundle(entry(patient())), 422, "required"),
        (bundle(entry(order("A1"), method="GET")), 422, "not-supported"),
        (bundle(entry(order("A1"), "Patient")), 400, "value"),
        (bundle(entry(order("A1", id="B"), "ServiceRequest/A", "PUT")), 400, "value"),
        (bundle(entry(order("A1")), entry(patient(), full=PATIENT)), 422, "duplicate"),
        (bundle(entry(order("A1")), type="collection"), 422, "not-supported"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{}] * 1001}, 413, "too-costly"),
    ],
)
def test_wrong_bundles_leave_nothing(
    shared: Site, body: Any, status: int, code: str | None
) -> None:
    answer = post(shared, body)
    assert (answer.status_code, issue(answer)["code"]) == (status, code or issue(answer)["code"])
    assert studies(shared) == []


@pytest.mark.parametrize("url", ["/fhir", "/fhir/$process-message"])
def test_a_message_is_answered_by_a_message(site: Site, url: str) -> None:
    answer = post(site, message(order("A1"), order("A2")), url)
    assert answer.status_code == 200
    Bundle.model_validate(answer.json())
    header = answer.json()["entry"][0]["resource"]
    assert header["response"] == {"identifier": "m-1", "code": "ok"}
    assert header["eventCoding"] == EVENT
    assert studies(site) == ["A1", "A2"]


def test_a_message_that_is_refused_says_why(site: Site) -> None:
    answer = post(site, message(order("A1"), order("A2", intent="plan")))
    assert answer.status_code == 422
    header, why = (each["resource"] for each in answer.json()["entry"])
    assert header["response"]["code"] == "fatal-error"
    assert header["response"]["details"]["reference"] == answer.json()["entry"][1]["fullUrl"]
    assert why["issue"][0]["expression"] == ["Bundle.entry[2].resource.intent"]
    assert studies(site) == []
    headless = message(order("A1"))
    del headless["entry"][0]
    assert post(site, headless).status_code == 422


def test_a_bundle_is_found_in_the_log_and_replayed_from_its_bytes(site: Site) -> None:
    post(site, bundle(entry(order("A1")), entry(order("A2"))))
    site.parts.log.index()
    (row,) = site.client.get("/api/messages?accession=A2").json()["messages"]
    asked = {"person": {"id": "1"}, "force": True}
    assert site.client.post(f"/api/messages/{row['id']}/replay", json=asked).status_code in (
        200,
        202,
    )


def test_a_bundle_of_findings_is_a_result_of_an_ai_engine(site: Site) -> None:
    finding = {
        "resourceType": "Observation",
        "status": "preliminary",
        "code": {"text": "Left pneumothorax"},
        "basedOn": [{"identifier": {"type": NUMBER, "value": "A1"}}],
    }
    body = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": finding}]}
    headers = {"Content-Type": "application/fhir+json"}
    waiting = site.client.post("/fhir", json=body, headers=headers)
    assert (waiting.status_code, waiting.json()["resourceType"]) == (202, "OperationOutcome")
    site.workflow.order("A2")
    other = json.loads(json.dumps(body).replace('"A1"', '"A2"'))
    assert site.client.post("/fhir", json=other, headers=headers).status_code == 200
    with site.workflow.database.read() as tx:
        (one,) = findings.of_study(tx, "A2")
    assert (one.finding, one.text) == ("pneumothorax", "Left pneumothorax")

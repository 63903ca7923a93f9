from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.servicerequest import ServiceRequest

from adapter.domain.message import MessageState
from adapter.domain.order import OrderAction, OrderStatus, Side
from adapter.fhir.orders import read_order
from adapter.store import messages
from adapter.workflow.fhir_intake import resource_id
from tests.web.conftest import Site

SAMPLE = Path(__file__).parent.parent / "samples" / "fhir" / "service_request.json"
URL = "/fhir/ServiceRequest"
FHIR = {"Content-Type": "application/fhir+json"}


def order(**elements: object) -> dict[str, Any]:
    resource = json.loads(SAMPLE.read_text()) | elements
    return {name: value for name, value in resource.items() if value is not None}


def send(site: Site, method: str, url: str, body: object, **headers: str) -> Any:
    return site.client.request(method, url, content=json.dumps(body), headers={**FHIR, **headers})


def issue(answer: Any) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json()["resourceType"] == "OperationOutcome"
    found: dict[str, Any] = answer.json()["issue"][0]
    return found


def test_an_order_becomes_a_study(site: Site) -> None:
    answer = send(site, "POST", URL, order())
    assert answer.status_code == 201
    assert answer.headers["location"] == "http://localhost/fhir/ServiceRequest/ACC-2001"
    assert answer.headers["etag"] == 'W/"1"'
    meta = {"versionId": "1", "lastUpdated": "2026-03-01T12:00:00.000+00:00"}
    assert answer.json() == order() | {"id": "ACC-2001", "meta": meta}
    study = site.client.get("/api/studies/ACC-2001").json()
    assert study["patient"]["mrn"] == "MRN-1001"
    assert study["order"]["source"] == "fhir"


def test_the_same_order_again_changes_nothing(site: Site) -> None:
    send(site, "POST", URL, order())
    again = send(site, "POST", URL, order())
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')
    assert len(site.client.get("/api/studies").json()["studies"]) == 1


def test_the_same_order_at_the_same_moment_is_taken_once(site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(site, "POST", URL, order()), range(16)))
    assert sorted(each.status_code for each in answers) == [200] * 15 + [201]
    assert {each.headers["etag"] for each in answers} == {'W/"1"'}


def test_an_order_may_follow_its_dictation(site: Site) -> None:
    site.dictate("ACC-2001", "no pneumothorax period")
    assert send(site, "POST", URL, order()).status_code == 201
    site.workflow.jobs.run()
    assert site.workflow.sent() == [("ACC-2001", "preliminary")]


def test_put_changes_the_order_and_may_change_it_back(site: Site) -> None:
    url = f"{URL}/EHR-7"
    for priority, status in (("stat", 201), ("routine", 200), ("stat", 200)):
        answer = send(site, "PUT", url, order(id="EHR-7", priority=priority))
        assert answer.status_code == status
        study = site.client.get("/api/studies/ACC-2001").json()
        assert study["priority"] == priority
    assert answer.headers["etag"] == 'W/"3"'


def test_if_match_holds_a_lost_update_back(site: Site) -> None:
    send(site, "POST", URL, order())
    url = f"{URL}/ACC-2001"
    mine = order(id="ACC-2001", priority="routine")
    assert send(site, "PUT", url, mine, **{"If-Match": 'W/"1"'}).status_code == 200
    theirs = send(site, "PUT", url, order(id="ACC-2001"), **{"If-Match": 'W/"1"'})
    assert theirs.status_code == 412
    assert issue(theirs)["code"] == "conflict"
    assert site.client.get("/api/studies/ACC-2001").json()["priority"] == "routine"
    assert send(site, "PUT", url, order(id="ACC-2001"), **{"If-Match": "*"}).status_code == 200


def test_if_match_of_an_order_that_is_not_there_fails(site: Site) -> None:
    answer = send(site, "PUT", f"{URL}/X", order(id="X"), **{"If-Match": "*"})
    assert answer.status_code == 412
    assert site.client.get("/api/studies/ACC-2001").status_code == 404


def test_put_needs_one_id(site: Site) -> None:
    answer = send(site, "PUT", f"{URL}/X", order(id="Y"))
    assert answer.status_code == 400
    assert issue(answer)["expression"] == ["ServiceRequest.id"]


def test_put_cannot_move_an_order_to_another_accession(site: Site) -> None:
    site.workflow.order("A1")
    answer = send(site, "PUT", f"{URL}/A1", order(id="A1"))
    assert (answer.status_code, issue(answer)["code"]) == (409, "conflict")
    assert site.client.get("/api/studies/ACC-2001").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code", "expression"),
    [
        (order(subject=None), 422, "required", "ServiceRequest.subject"),
        (order(status="nonsense"), 422, "code-invalid", "ServiceRequest.status"),
        (order(identifier=[]), None, None, None),
        (order(code=None), 422, "required", "ServiceRequest.code"),
        (order(unknownElement=1), 422, "structure", None),
        ({"resourceType": "Patient"}, 422, "not-supported", None),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_kept(
    site: Site, body: object, status: int | None, code: str | None, expression: str | None
) -> None:
    answer = send(site, "POST", URL, body)
    told = issue(answer)
    assert answer.status_code == status or status is None
    assert answer.status_code in (400, 422)
    assert told["code"] == code or code is None
    if expression:
        assert told["expression"] == [expression]
    with site.workflow.database.read() as tx:
        (kept,) = messages.recent(tx, 10, MessageState.REFUSED)
    assert json.loads(kept.body) == body
    assert site.client.get("/api/studies").json()["studies"] == []


def test_what_is_not_json_is_refused(site: Site) -> None:
    for body in (b"", b"{", b"\xff\xfe", b"[]"):
        answer = site.client.post(URL, content=body, headers=FHIR)
        assert answer.status_code == 400
        assert issue(answer)["code"] == "structure"


def test_another_media_type_is_refused(site: Site) -> None:
    answer = site.client.post(URL, content=b"<x/>", headers={"Content-Type": "application/xml"})
    assert (answer.status_code, issue(answer)["code"]) == (415, "not-supported")


def test_other_addresses_answer_operation_outcomes(site: Site) -> None:
    assert issue(site.client.get("/fhir/Patient/1"))["code"] == "not-found"
    wrong = site.client.delete(f"{URL}/A1")
    assert (wrong.status_code, issue(wrong)["code"]) == (405, "not-supported")
    long = site.client.post(URL, content=b"x" * 30_000, headers=FHIR)
    assert (long.status_code, issue(long)["code"]) == (413, "too-long")


def test_an_empty_answer_when_asked_for(site: Site) -> None:
    answer = send(site, "POST", URL, order(), Prefer="return=minimal")
    assert (answer.status_code, answer.content) == (201, b"")


def test_the_capability_statement_is_valid_and_true(site: Site) -> None:
    answer = site.client.get("/fhir/metadata")
    statement = CapabilityStatement.model_validate(answer.json())
    (rest,) = statement.rest
    (resource,) = rest.resource
    send(site, "POST", URL, order())
    one = f"{URL}/ACC-2001"
    calls = {
        "create": ("POST", URL, order()),
        "update": ("PUT", one, order(id="ACC-2001")),
        "read": ("GET", one, None),
        "search-type": ("GET", f"{URL}?_id=ACC-2001", None),
    }
    said = {each.code for each in resource.interaction}
    for code, (method, url, body) in calls.items():
        assert (send(site, method, url, body).status_code == 200) is (code in said), code
    assert said == set(calls)
    assert {each.code for each in rest.interaction} == {"transaction", "batch"}
    for parameter in resource.searchParam:
        assert send(site, "GET", f"{URL}?{parameter.name}=x", None).json()["total"] == 0
    where = f"{URL}?identifier=urn:oid:2.999.3|ACC-2001"
    assert resource.conditionalUpdate
    assert send(site, "PUT", where, order()).status_code == 200
    assert resource.conditionalCreate
    assert resource.updateCreate


def test_what_was_said_before_the_last_is_no_repeat(site: Site) -> None:
    for priority in ("stat", "routine", "stat"):
        answer = send(site, "POST", URL, order(priority=priority))
        assert site.client.get("/api/studies/ACC-2001").json()["priority"] == priority
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"3"')


def test_a_repeat_does_not_take_back_what_others_changed_but_an_update_does(site: Site) -> None:
    send(site, "POST", URL, order())
    site.workflow.order("ACC-2001", OrderAction.CANCEL, OrderStatus.CANCELLED)
    assert send(site, "POST", URL, order()).headers["etag"] == 'W/"2"'
    told = send(site, "GET", f"{URL}/ACC-2001", None).json()
    assert told["status"] == "revoked"
    assert send(site, "PUT", f"{URL}/ACC-2001", order(id="ACC-2001")).headers["etag"] == 'W/"3"'
    assert send(site, "GET", f"{URL}/ACC-2001", None).json()["status"] == "active"


def test_what_is_read_is_what_was_sent_with_every_digit(site: Site) -> None:
    body = json.dumps(order(quantityQuantity={"value": "@"})).replace('"@"', "5.10")
    site.client.put(f"{URL}/E.1", content=body.replace("{", '{"id": "E.1",', 1), headers=FHIR)
    answer = site.client.get(f"{URL}/E.1")
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')
    assert '"value":5.10}' in answer.text
    again = site.client.get(f"{URL}/E.1", headers={"If-None-Match": 'W/"1"'})
    assert (again.status_code, again.content) == (304, b"")


def test_an_order_of_hl7v2_is_read_as_a_valid_service_request(site: Site) -> None:
    site.workflow.order("A 1", side=Side.LEFT, study_uid="1.2.3", scheduled_at="20260102103000")
    found = send(site, "GET", f"{URL}?identifier=A 1", None).json()
    (entry,) = found["entry"]
    ServiceRequest.model_validate(entry["resource"])
    read = read_order(json.loads(json.dumps(entry["resource"])))
    assert (read.status, read.order.accession) == (OrderStatus.SCHEDULED, "A 1")
    assert (read.order.patient.mrn.reveal(), read.order.side) == ("SYN1", Side.LEFT)
    assert (read.order.study_uid, read.order.scheduled_at) == ("1.2.3", "20260102")


def test_conditional_update(site: Site) -> None:
    where = f"{URL}?identifier=urn:oid:2.999.3|ACC-2001"
    assert send(site, "PUT", where, order()).status_code == 201
    assert send(site, "PUT", where, order(priority="routine")).status_code == 200
    assert site.client.get("/api/studies/ACC-2001").json()["priority"] == "routine"
    other = send(site, "PUT", where, numbered("ACC-9"))
    assert (other.status_code, issue(other)["code"]) == (409, "conflict")
    assert site.client.get("/api/studies/ACC-9").status_code == 404
    for wrong in (URL, f"{URL}?identifier=", f"{URL}?patient=1", f"{URL}?identifier=a|b&x=1"):
        assert send(site, "PUT", wrong, order()).status_code == 400


def numbered(accession: str, shared: str = "") -> dict[str, Any]:
    """The sample under another accession, with an identifier that others may have too."""
    resource = json.loads(SAMPLE.read_text().replace("ACC-2001", accession))
    if shared:
        resource["identifier"].append({"system": "urn:shared", "value": shared})
    return dict(resource)


def test_conditional_create(site: Site) -> None:
    unless = {"If-None-Exist": "ServiceRequest?identifier=urn:shared|S"}
    assert send(site, "POST", URL, numbered("A1", "S"), **unless).status_code == 201
    again = send(site, "POST", URL, numbered("A2", "S"), **unless)
    assert again.status_code == 200
    assert again.headers["location"].endswith("/ServiceRequest/A1")
    assert site.client.get("/api/studies/A2").status_code == 404
    send(site, "POST", URL, numbered("A2", "S"))
    several = send(site, "POST", URL, numbered("A3", "S"), **unless)
    assert (several.status_code, issue(several)["code"]) == (412, "multiple-matches")
    where = f"{URL}?identifier=urn:shared|S"
    assert send(site, "PUT", where, numbered("A1", "S")).status_code == 412
    assert site.client.get("/api/studies/A3").status_code == 404


def test_one_id_names_one_order(site: Site) -> None:
    send(site, "PUT", f"{URL}/E-7", numbered("A1") | {"id": "E-7"})
    moved = send(site, "PUT", f"{URL}/E-7", numbered("A2") | {"id": "E-7"})
    assert (moved.status_code, issue(moved)["code"]) == (409, "conflict")
    assert site.client.get("/api/studies/A2").status_code == 404


@pytest.mark.parametrize("status", ["draft", "unknown"])
def test_a_draft_is_no_order_yet(site: Site, status: str) -> None:
    answer = send(site, "POST", URL, order(status=status))
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["ServiceRequest.status"])
    assert site.client.get("/api/studies").json()["studies"] == []
    send(site, "POST", URL, order())
    assert send(site, "POST", URL, order(status=status)).status_code == 200
    assert site.client.get("/api/studies/ACC-2001").json()["order_status"] == "scheduled"


def test_an_order_that_replaces_another_ends_it(site: Site) -> None:
    send(site, "PUT", f"{URL}/OLD", numbered("A1") | {"id": "OLD"})
    site.workflow.order("A3")  # another patient's
    replaces = [{"reference": "ServiceRequest/OLD"}, {"reference": "ServiceRequest/A3"}]
    send(site, "POST", URL, numbered("A2") | {"replaces": replaces})
    states = {
        one: site.client.get(f"/api/studies/{one}").json()["order_status"]
        for one in ("A1", "A2", "A3")
    }
    assert states == {"A1": "cancelled", "A2": "scheduled", "A3": "scheduled"}


def test_deep_large_and_foreign_bodies_leave_nothing(site: Site) -> None:
    deep = "[" * 5_000 + "]" * 5_000
    for body, status in ((f'{{"resourceType": {deep}}}', 400), ('{"a": 1, "a": 2}', 400)):
        for url in (URL, "/fhir"):
            answer = site.client.post(url, content=body, headers=FHIR)
            assert (answer.status_code, issue(answer)["severity"]) == (status, "error")
    assert site.client.get("/api/studies").json()["studies"] == []


def test_an_accession_that_is_no_fhir_id_gets_one() -> None:
    assert resource_id("A.1-b") == "A.1-b"
    assert resource_id("A/1") != resource_id("A 1")
    assert len(resource_id("A/1")) == 64

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from adapter.domain.message import MessageState
from adapter.store import messages
from adapter.web.fhir_endpoint import resource_id
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
    assert answer.json() == order() | {"id": "ACC-2001", "meta": {"versionId": "1"}}
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
    assert answer.status_code == 400
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
    (resource,) = statement.rest[0].resource
    routes = site.client.get("/openapi.json").json()["paths"]
    verbs = {"create": ("post", URL), "update": ("put", f"{URL}/{{id}}")}
    for interaction in resource.interaction:
        verb, path = verbs[interaction.code]
        assert verb in routes[path]


def test_an_accession_that_is_no_fhir_id_gets_one() -> None:
    assert resource_id("A.1-b") == "A.1-b"
    assert resource_id("A/1") != resource_id("A 1")
    assert len(resource_id("A/1")) == 64

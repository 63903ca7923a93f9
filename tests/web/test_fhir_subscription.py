from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.fhir_place import PATIENT, SECRET, Place, notification, order, place_at
from tests.fakes.fhir_source import source_double
from tests.web.conftest import Site
from tests.web.test_fhir_endpoint import FHIR, issue

URL = "/fhir/subscription/ehr"


@pytest.fixture
def place(site: Site) -> Iterator[Place]:
    with source_double() as (ehr, url):
        ehr.put(PATIENT)
        found = place_at(site.workflow, ehr, url)
        site.parts.fhir_sources.feeds = found.sources.feeds
        found.run()
        yield found


def hear(site: Site, method: str, url: str, body: Any = None, **headers: str) -> Any:
    shown = {"Authorization": f"Bearer {SECRET}", **FHIR, **headers}
    content = b"" if body is None else json.dumps(body).encode()
    return site.client.request(method, url, content=content, headers=shown)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", None),
        ("POST", "", order("1")),
        ("POST", "/ServiceRequest", order("1")),
        ("PUT", "/ServiceRequest/1", order("1")),
        ("POST", "", notification("event-notification", 1, (1, "1"))),
        ("POST", "", notification("event-notification", 7, (7, ""))),
    ],
)
def test_each_way_of_telling_ends_in_the_study(
    site: Site, place: Place, method: str, path: str, body: Any
) -> None:
    place.ehr.put(order("1"))
    answer = hear(site, method, f"{URL}{path}", body)
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "OperationOutcome")
    place.run()
    assert site.client.get("/api/studies/ACC-1").json()["order"]["source"] == "fhir"


def test_wrong_calls_are_refused(site: Site, place: Place) -> None:
    for shown in ("", "Bearer wrong", "Basic x"):
        answer = hear(site, "POST", URL, None, Authorization=shown)
        assert (answer.status_code, issue(answer)["code"]) == (401, "login")
    assert hear(site, "POST", "/fhir/subscription/other").status_code == 404
    assert hear(site, "POST", URL, {"resourceType": "Patient"}).status_code == 422
    assert hear(site, "POST", URL, [1]).status_code == 400
    xml = {"Content-Type": "application/fhir+xml"}
    assert hear(site, "POST", URL, order("1"), **xml).status_code == 415
    assert place.run() == []


def test_an_id_that_is_none_only_makes_us_search(site: Site, place: Place) -> None:
    place.ehr.put(order("1"))
    for path in ("/ServiceRequest/..%2FPatient%2Fp", "/ServiceRequest/%2e%2e"):
        hear(site, "PUT", f"{URL}{path}", order("1"))
    place.run()
    assert {path.partition("?")[0] for path in place.ehr.paths()} == {
        "/fhir/ServiceRequest",
        "/fhir/Patient/p",
        "/fhir/Task",
    }


def test_what_a_posted_order_names_on_a_known_server_is_fetched(site: Site, place: Place) -> None:
    base = place.sources.feeds["ehr"].server.base
    told = order("1", subject={"reference": f"{base}/Patient/p"})
    answer = site.client.post("/fhir/ServiceRequest", content=json.dumps(told), headers=FHIR)
    assert answer.status_code == 201
    assert site.client.get("/api/studies/ACC-1").json()["patient"]["mrn"] == "M1"
    again = site.client.post("/fhir/ServiceRequest", content=json.dumps(told), headers=FHIR)
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')
    place.ehr.fail["Patient"] = 503
    told["priority"] = "stat"
    away = site.client.post("/fhir/ServiceRequest", content=json.dumps(told), headers=FHIR)
    assert (away.status_code, issue(away)["code"]) == (503, "transient")
    place.ehr.fail["Patient"] = 404
    gone = site.client.post("/fhir/ServiceRequest", content=json.dumps(told), headers=FHIR)
    assert gone.status_code in (404, 422)
    assert site.client.get("/api/studies/ACC-1").json()["priority"] == "routine"
    for stranger in ("http://127.0.0.1:9/fhir/Patient/p", "http://169.254.169.254/Patient/1"):
        told["subject"] = {"reference": stranger}
        refused = site.client.post("/fhir/ServiceRequest", content=json.dumps(told), headers=FHIR)
        assert issue(refused)["expression"] == ["ServiceRequest.subject.identifier"]

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from adapter.clock import SystemClock
from adapter.mapping.ehr_launch import EhrLaunch, LaunchIssuer
from adapter.oauth.client_keys import key_set
from adapter.web.app import build_app
from tests.fakes.smart_server import SmartServer, running_smart_server
from tests.fhir.test_smart_auth import write_key
from tests.web.conftest import Site

ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.fixture(scope="module")
def running() -> Iterator[SmartServer]:
    with running_smart_server() as server:
        yield server


@pytest.fixture
def ehr(running: SmartServer, shared: Site) -> SmartServer:
    shared.workflow.order("A1")
    mrn = _study(shared, "A1").patient.mrn.reveal()
    running.launch = {
        "patient": "p1",
        "fhirContext": [{"reference": "ImagingStudy/s1"}],
    }
    running.resources = {
        "Patient/p1": {"identifier": [{"type": MR, "value": mrn}]},
        "Patient/p2": {"identifier": [{"type": MR, "value": "OTHER"}]},
        "ImagingStudy/s1": {"identifier": [{"type": ACSN, "value": "A1"}]},
        "ServiceRequest/r1": {"identifier": [{"system": "urn:acc", "value": "A1"}]},
        "ImagingStudy/s2": {"identifier": [{"type": ACSN, "value": "UNKNOWN"}]},
        "Practitioner/dr1": {
            "identifier": [{"system": "urn:npi", "value": "77"}],
            "name": [{"family": "Curie", "given": ["Marie"]}],
        },
    }
    for place, resource in running.resources.items():
        resource["resourceType"] = place.partition("/")[0]
    running.launch["id_claims"] = {"fhirUser": f"{running.url}/Practitioner/dr1"}
    running.configuration["code_challenge_methods_supported"] = ["S256"]
    running.configuration["authorization_endpoint"] = f"{running.url}/authorize"
    return running


@pytest.fixture
def browser(shared: Site, ehr: SmartServer) -> TestClient:
    return _browser(shared, ehr)


def _browser(shared: Site, ehr: SmartServer, **changed: Any) -> TestClient:
    told = {
        "iss": ehr.url,
        "client_id": "readout",
        "accession_systems": ("urn:acc",),
        "practitioner_systems": ("urn:npi",),
    }
    issuer = LaunchIssuer(**(told | changed))
    launch = EhrLaunch(address="http://localhost", issuers=(issuer,))
    house = replace(shared.parts.house, clock=SystemClock())  # the EHR has the time of day
    app = build_app(replace(shared.parts, house=house, ehr_launch=launch))
    return TestClient(
        app, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False
    )


def _study(shared: Site, accession: str) -> Any:
    from adapter.store import studies

    with shared.parts.house.database.read() as tx:
        return studies.get(tx, accession).order


def go(browser: TestClient, ehr: SmartServer, **query: str) -> Any:
    """To the EHR and back; what the browser gets in the end."""
    asked = {"iss": ehr.url, "launch": "l-1"} | query
    first = browser.get("/launch", params=asked, headers=LINK)
    if first.status_code != 303:
        return first
    back = httpx.get(first.headers["location"], trust_env=False).headers["location"]
    return browser.get(back.removeprefix("http://localhost"), headers=LINK)


def place(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r'content="0; url=([^"]+)"', answer.text)
    assert found
    return found[1]


def test_the_study_in_context_is_opened_by_its_user(
    shared: Site, browser: TestClient, ehr: SmartServer
) -> None:
    assert place(go(browser, ehr)) == "/studies/A1"
    person = shared.parts.sign_in.person(browser.cookies["readout_session"])
    assert person is not None
    assert (person.id, person.family, person.given) == ("77", "Curie", "Marie")
    same = {"sec-fetch-site": "same-origin"}
    assert browser.get("/", headers=same).status_code == 200
    assert not [name for name in browser.cookies if name.startswith("readout_launch_")]


def test_an_order_in_context_and_a_slash_at_the_end_of_iss(
    browser: TestClient, ehr: SmartServer
) -> None:
    ehr.launch["fhirContext"] = [{"reference": "ServiceRequest/r1"}]
    assert place(go(browser, ehr, iss=f"{ehr.url}/")) == "/studies/A1"


def test_without_a_study_the_worklist_is_opened(browser: TestClient, ehr: SmartServer) -> None:
    ehr.launch.pop("fhirContext")
    assert place(go(browser, ehr)) == "/"


def test_the_shared_context_that_the_ehr_names_is_joined_for_its_user(
    shared: Site, browser: TestClient, ehr: SmartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[tuple[str, ...]] = []

    async def join(*told: str) -> None:
        joined.append(told)

    monkeypatch.setattr(shared.parts.contexts, "join_launched", join)
    ehr.launch |= {"hub.url": "https://hub.example/hub", "hub.topic": "t-77"}
    assert place(go(browser, ehr)) == "/studies/A1"
    assert joined == [("https://hub.example/hub", "t-77", "77")]


def test_what_the_ehr_is_asked(browser: TestClient, ehr: SmartServer) -> None:
    answer = browser.get("/launch", params={"iss": ehr.url, "launch": "l-1"}, headers=LINK)
    address = urlsplit(answer.headers["location"])
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (query["aud"], query["launch"]) == (ehr.url, "l-1")
    assert query["redirect_uri"] == "http://localhost/launch/back"
    assert len(query["state"]) >= 32
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def refused(shared: Site, browser: TestClient, answer: Any, status: int, words: str) -> None:
    assert answer.status_code == status
    assert words in answer.text
    assert "readout_session" not in browser.cookies


def test_another_patients_study_is_refused(
    shared: Site, browser: TestClient, ehr: SmartServer
) -> None:
    ehr.launch["patient"] = "p2"
    refused(shared, browser, go(browser, ehr), 403, "not of the patient")
    ehr.launch["id_claims"] = {}
    ehr.launch.pop("patient")
    refused(shared, browser, go(browser, ehr), 403, "not of the patient")


def test_a_study_that_is_not_here_yet(shared: Site, browser: TestClient, ehr: SmartServer) -> None:
    ehr.launch["fhirContext"] = [{"reference": "ImagingStudy/s2"}]
    refused(shared, browser, go(browser, ehr), 404, "has not come yet")


def test_several_studies_in_context(shared: Site, browser: TestClient, ehr: SmartServer) -> None:
    shared.workflow.order("A2")
    second = {"resourceType": "ImagingStudy", "identifier": [{"type": ACSN, "value": "A2"}]}
    ehr.resources["ImagingStudy/s3"] = second
    ehr.launch["fhirContext"] = [{"reference": f"ImagingStudy/{each}"} for each in ("s1", "s3")]
    refused(shared, browser, go(browser, ehr), 422, "open one of them")


@pytest.mark.parametrize("iss", ["", "https://evil.example/fhir", "http://169.254.169.254"])
def test_an_ehr_that_is_not_listed_is_not_asked(
    shared: Site, browser: TestClient, ehr: SmartServer, iss: str
) -> None:
    refused(shared, browser, go(browser, ehr, iss=iss), 403, "ehr_launch.yaml")


def test_another_browser_cannot_finish_a_launch(
    shared: Site, browser: TestClient, ehr: SmartServer
) -> None:
    """Someone is led to finish what another has begun: he would work in the other's name."""
    first = browser.get("/launch", params={"iss": ehr.url, "launch": "l"}, headers=LINK)
    back = httpx.get(first.headers["location"], trust_env=False).headers["location"]
    other = _browser(shared, ehr)
    answer = other.get(back.removeprefix("http://localhost"), headers=LINK)
    refused(shared, other, answer, 403, "has not begun")
    wrong = re.sub(r"state=.", "state=~", back).removeprefix("http://localhost")
    refused(shared, browser, browser.get(wrong, headers=LINK), 403, "has not begun")


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "other"},
        {"aud": "other"},
        {"iss": "https://other.example"},
        {"exp": 1_600_000_000},
    ],
)
def test_an_identity_of_something_else_is_refused(
    shared: Site, browser: TestClient, ehr: SmartServer, wrong: dict[str, Any]
) -> None:
    ehr.launch["id_claims"] = wrong
    answer = go(browser, ehr)
    assert answer.status_code in (401, 403)
    assert "readout_session" not in browser.cookies


def test_a_code_works_once(shared: Site, browser: TestClient, ehr: SmartServer) -> None:
    first = browser.get("/launch", params={"iss": ehr.url, "launch": "l"}, headers=LINK)
    back = httpx.get(first.headers["location"], trust_env=False).headers["location"]
    ehr.codes.clear()
    answer = browser.get(back.removeprefix("http://localhost"), headers=LINK)
    refused(shared, browser, answer, 403, "gives no token")


def test_a_refusal_by_the_ehr(shared: Site, browser: TestClient, ehr: SmartServer) -> None:
    first = browser.get("/launch", params={"iss": ehr.url, "launch": "l"}, headers=LINK)
    query = parse_qs(urlsplit(first.headers["location"]).query)
    back = {"error": "access_denied", "state": query["state"][0]}
    answer = browser.get("/launch/back", params=back, headers=LINK)
    refused(shared, browser, answer, 403, "has not let you in")


def test_an_ehr_without_pkce_or_with_an_inside_endpoint(
    shared: Site, browser: TestClient, ehr: SmartServer
) -> None:
    ehr.configuration["authorization_endpoint"] = "http://10.0.0.1/authorize"
    refused(shared, browser, go(browser, ehr), 403, "authorization_endpoint")
    ehr.configuration["code_challenge_methods_supported"] = ["plain"]
    refused(shared, browser, go(browser, ehr), 403, "PKCE")


def test_a_confidential_client_signs(shared: Site, ehr: SmartServer, tmp_path: Path) -> None:
    key = write_key(tmp_path / "key.pem", ec.generate_private_key(ec.SECP384R1()))
    ehr.client_keys, ehr.confidential = lambda: key_set((key,)), True
    try:
        signing = _browser(shared, ehr, keys=(key,))
        assert place(go(signing, ehr)) == "/studies/A1"
        unsigned = _browser(shared, ehr)
        refused(shared, unsigned, go(unsigned, ehr), 403, "gives no token")
    finally:
        ehr.confidential = False

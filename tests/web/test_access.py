from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from adapter.domain.audit import Verb
from adapter.errors import ConfigurationError
from adapter.settings import Settings
from adapter.store import audit
from adapter.store.audit import Wanted
from adapter.web.access import open_access
from adapter.web.app import build_app
from adapter.web.needs import Need, need
from tests.fakes.issuer import AUDIENCE, Issuer, running_issuer
from tests.web.conftest import Site

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def client(shared: Site, issuer: Issuer) -> TestClient:
    settings = Settings(auth_issuer=issuer.url, auth_audience=f"other, {AUDIENCE}", auth_tenant="t")
    access = open_access(
        settings, shared.parts.plug_in, shared.parts.outbound, shared.parts.house.clock
    )
    app = build_app(replace(shared.parts, access=access))
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


def bearer(issuer: Issuer, scope: str = "", **changed: object) -> dict[str, str]:
    token = issuer.token(**({"scope": scope, "tid": "t"} | changed))
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/", "readout.read"),
        ("GET", "/api/studies", "readout.read"),
        ("GET", "/messages", "readout.queues"),
        ("POST", "/api/messages/search", "readout.queues"),
        ("GET", "/api/messages/7", "readout.messages"),
        ("POST", "/api/messages/7/replay", "readout.queues"),
        ("GET", "/setup/users", "readout.admin"),
        ("POST", "/api/check", "readout.check"),
        ("POST", "/v1/process", "readout.check"),
        ("POST", "/api/studies/A1/ai-findings", "readout.write"),
        ("", "/api/studies/A1/dictate", "readout.write"),
        ("POST", "/api/studies/A1/report/sign", "readout.sign"),
        ("POST", "/api/studies/A1/report/addendum", "readout.sign"),
        ("POST", "/fhir/ServiceRequest", "system/ServiceRequest.c"),
        ("PUT", "/fhir/ServiceRequest/A1", "system/ServiceRequest.u"),
        ("GET", "/fhir/ServiceRequest/A1", "system/ServiceRequest.r"),
        ("GET", "/fhir/ServiceRequest", "system/ServiceRequest.s"),
        ("POST", "/fhir", "system/Bundle.c"),
        ("POST", "/nothing/here", "readout.admin"),
    ],
)
def test_what_each_place_needs(method: str, path: str, scope: str) -> None:
    assert need(method, path) == Need((scope,))


def test_open_places_hold_no_more_than_they_say() -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/fhir/metadata", "/openapi.json"):
        assert need("GET", path) is None
    for path in ("/healthz/x", "/metricsx", "/fhir/metadata/x", "/", "/api", "/launchx"):
        assert need("GET", path) is not None


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/ServiceRequest.c", True),
        ("system/*.cruds", True),
        ("user/ServiceRequest.write", True),
        ("system/*.*", True),
        ("system/ServiceRequest.rs", False),
        ("system/Patient.c", False),
        ("patient/ServiceRequest.c", False),
        ("system/ServiceRequest.c?status=active", False),
        ("system/ServiceRequest", False),
        ("readout.write", False),
    ],
)
def test_smart_scopes(scope: str, granted: bool) -> None:
    assert need("POST", "/fhir/ServiceRequest").met_by(frozenset({scope})) is granted


def test_without_a_token_nothing_is_answered_but_health(client: TestClient) -> None:
    for path in ("/healthz", "/readyz", "/health/readiness", "/fhir/metadata"):
        assert client.get(path).status_code == 200
    for path in ("/api/studies", "/api/messages", "/events"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    for path in ("/", "/messages", "/nowhere"):  # pages: a person is asked, not a program
        assert client.get(path, follow_redirects=False).headers["location"].startswith("/sign-in")
    order = client.post("/fhir/ServiceRequest", json={})
    assert order.status_code == 401
    assert order.json()["issue"][0]["code"] == "login"


def test_a_token_reaches_as_far_as_its_scopes(client: TestClient, issuer: Issuer) -> None:
    reading = bearer(issuer, "readout.read")
    assert client.get("/api/studies", headers=reading).status_code == 200
    refused = client.post("/api/studies/A1/ai-findings", headers=reading, json={})
    assert refused.status_code == 403
    assert 'scope="readout.write"' in refused.headers["www-authenticate"]
    order = client.post("/fhir/ServiceRequest", headers=reading, json={})
    assert (order.status_code, order.json()["issue"][0]["code"]) == (403, "forbidden")
    allowed = bearer(issuer, "system/ServiceRequest.cu", aud=["other"])
    assert client.post("/fhir/ServiceRequest", headers=allowed, json={}).status_code in (400, 422)


@pytest.mark.parametrize(
    "wrong",
    [{"exp": 1_600_000_000}, {"aud": "x"}, {"iss": "https://x.example"}, {"tid": "u"}],
)
def test_a_bad_token_is_401_and_stores_nothing(
    shared: Site, client: TestClient, issuer: Issuer, wrong: dict[str, object]
) -> None:
    before = shared.client.get("/api/messages").json()["messages"]
    headers = bearer(issuer, "system/*.cruds readout.write", **wrong)
    assert client.post("/fhir/ServiceRequest", headers=headers, json={}).status_code == 401
    assert client.post("/api/studies/A1/ai-findings", headers=headers, json={}).status_code == 401
    assert shared.client.get("/api/messages").json()["messages"] == before


def test_a_token_that_names_a_person_signs_in_that_name_alone(
    shared: Site, client: TestClient, issuer: Issuer
) -> None:
    accession = "TOKEN1"
    shared.workflow.order(accession)
    shared.dictate(accession, "No pneumothorax.")
    shared.workflow.clear(accession)
    place = f"/api/studies/{accession}/report/sign"
    named = bearer(issuer, "readout.sign", fhirUser="https://fhir.example/Practitioner/1001")
    other = client.post(place, headers=named, json={"person": {"id": "1002"}})
    assert (other.status_code, other.json()["code"]) == (403, "person")
    done = client.post(place, headers=named, json={"person": {"id": "1001", "family": "Roe"}})
    assert done.status_code == 200, done.text
    signed = shared.client.get(f"/api/studies/{accession}/report").json()
    assert "Roe" in str(signed)
    with shared.workflow.database.read() as tx:
        rows = audit.listed(tx, Wanted(verb=Verb.SIGN, accession=accession), 10)
    assert [(row.kind, row.agent) for row in rows] == [("person", "1001")]


def test_a_live_dictation_needs_a_token(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/api/studies/A1/dictate"),
    ):
        pass


def test_an_issuer_that_is_away_is_503(shared: Site) -> None:
    settings = Settings(auth_issuer="http://127.0.0.1:9", auth_audience=AUDIENCE)
    access = open_access(
        settings, shared.parts.plug_in, shared.parts.outbound, shared.parts.house.clock
    )
    app = build_app(replace(shared.parts, access=access))
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    with running_issuer() as other:
        answer = client.get("/api/studies", headers=bearer(other))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_other_machines_are_served_only_with_an_issuer_or_by_an_explicit_word(shared: Site) -> None:
    def access(**settings: object) -> object:
        parts = shared.parts
        return open_access(Settings(**settings), parts.plug_in, parts.outbound, parts.house.clock)

    for host in ("0.0.0.0", "::", "10.1.2.3", "readout.hospital.example"):
        with pytest.raises(ConfigurationError, match="READOUT_AUTH_ISSUER"):
            access(http_host=host)
    access(http_host="0.0.0.0", http_without_tokens=True)
    kept = {"http_host": "0.0.0.0", "auth_issuer": "https://login.example"}
    for way in ({"auth_issuer": "https://login.example"}, {"http_own_tokens": True}):
        with pytest.raises(ConfigurationError, match="READOUT_HTTP_CERTIFICATE"):
            access(http_host="0.0.0.0", auth_audience="readout", **way)
    access(**kept, auth_audience="readout", http_without_tls=True)
    access(**kept, auth_audience="readout", http_certificate="door.pem")
    access(http_host="0.0.0.0", http_own_tokens=True, http_without_tls=True)
    with pytest.raises(ConfigurationError, match="READOUT_AUTH_AUDIENCE"):
        access(auth_issuer="https://login.example")

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from adapter.web.app import build_app
from tests.web.conftest import MAX_BODY, Site

JSON = {"Content-Type": "application/json"}


def at(site: Site, server: str, host: str) -> TestClient:
    """A client that reaches the socket `server` under the name `host`."""
    client = TestClient(build_app(site.parts), base_url=f"http://{server}")
    client.headers["host"] = host
    return client


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:80", "app.localhost"])
def test_loopback_names_are_served(site: Site, host: str) -> None:
    assert at(site, "127.0.0.1", host).get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[", ""]
)
def test_a_rebound_name_is_refused(site: Site, host: str) -> None:
    answer = at(site, "127.0.0.1", host).get("/api/studies")
    assert (answer.status_code, answer.json()["code"]) == (403, "host")


def test_an_address_that_is_not_loopback_has_any_name(site: Site) -> None:
    assert at(site, "192.0.2.1", "readout.example").get("/healthz").status_code == 200


def test_names_of_a_reverse_proxy_are_served(site: Site) -> None:
    app = build_app(site.parts)
    client = TestClient(app, base_url="http://127.0.0.1", headers={"host": "ris.example"})
    assert client.get("/healthz").status_code == 403
    object.__setattr__(site.parts, "host_names", ("ris.example",))
    client = TestClient(
        build_app(site.parts), base_url="http://127.0.0.1", headers={"host": "ris.example"}
    )
    assert client.get("/healthz").status_code == 200


def test_pages_of_other_sites_cannot_post(site: Site) -> None:
    body = {"files": {"file": ("d.wav", b"RIFF no", "audio/wav")}}
    url = "/api/studies/A1/dictations"
    for origin in ("https://evil.example", "null", "http://localhost:81"):
        answer = site.client.post(url, headers={"Origin": origin}, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    own = site.client.post(url, headers={"Origin": "http://localhost"}, **body)
    assert own.status_code == 201


def test_every_answer_forbids_scripts_and_sniffing(site: Site) -> None:
    for path in ("/", "/sign-in", "/api/studies", "/nothing", "/fhir/metadata", "/healthz"):
        headers = site.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_json_over_the_limit_is_refused_by_length_and_while_streaming(site: Site) -> None:
    url = "/api/studies/A1/report/sign"
    big = b"[" + b" " * MAX_BODY
    assert site.client.post(url, content=big, headers=JSON).status_code == 413
    streamed = site.client.post(url, content=iter([big[:10], big[10:]]), headers=JSON)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too-long")


def test_a_length_that_is_no_number_is_refused(site: Site) -> None:
    headers = {**JSON, "Content-Length": "-1"}
    answer = site.client.post("/api/studies/A1/report/sign", content=b"{}", headers=headers)
    assert answer.status_code == 400


def test_over_tls_a_browser_is_told_to_stay_with_it(site: Site) -> None:
    name = "strict-transport-security"
    told = TestClient(build_app(site.parts), base_url="https://127.0.0.1").get("/healthz").headers
    assert "max-age=31536000" in told[name]
    assert name not in at(site, "127.0.0.1", "127.0.0.1").get("/healthz").headers

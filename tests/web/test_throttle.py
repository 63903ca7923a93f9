from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from adapter.web.access import Access
from adapter.web.app import build_app
from adapter.web.throttle import Throttle, address_of
from adapter.workflow.service_tokens import ServiceTokens
from tests.fakes.house import DR_GRAY, ROLES
from tests.web.conftest import Site


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def client(site: Site, throttle: Throttle, **changed: Any) -> TestClient:
    parts = replace(site.parts, throttle=throttle, **changed)
    return TestClient(build_app(parts), base_url="http://localhost")


def test_an_address_that_asks_too_often_waits(shared: Site) -> None:
    seconds = Seconds()
    browser = client(shared, Throttle(calls=3, clock=seconds))
    assert [browser.get("/api/studies").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    late = browser.get("/api/studies")
    assert (late.json()["code"], late.headers["retry-after"]) == ("throttled", "20")
    assert browser.get("/fhir/ServiceRequest").json()["resourceType"] == "OperationOutcome"
    assert browser.get("/readyz").status_code == 200  # who watches the service is not counted
    seconds.now = 20.0
    assert [browser.get("/api/studies").status_code for _ in range(2)] == [200, 429]


def test_signing_in_is_slow_for_who_tries(shared: Site) -> None:
    seconds = Seconds()
    browser = client(shared, Throttle(tries=2, clock=seconds))
    headers = {"Origin": "http://localhost"}

    def attempt(code: str = "guess") -> int:
        sent = {"code": code}
        return browser.post("/sign-in", data=sent, headers=headers).status_code

    assert [attempt() for _ in range(4)] == [401, 401, 429, 429]
    code = shared.parts.sign_in.new_code(DR_GRAY, ROLES)
    assert attempt(code) == 429  # a right guess is not told either
    seconds.now = 60.0
    assert attempt(code) == 200


def test_bad_tokens_are_counted_and_good_ones_pass(shared: Site) -> None:
    own = ServiceTokens(
        shared.workflow.database, shared.workflow.clock, frozenset({"readout.read"})
    )
    good = {"Authorization": f"Bearer {own.create('pace', ['readout.read'], 1)}"}
    caller = client(shared, Throttle(tries=2, clock=Seconds()), access=Access(None, None, own))
    bad = {"Authorization": "Bearer rdo_nothing"}
    tried = [caller.get("/api/studies", headers=bad).status_code for _ in range(3)]
    assert tried == [401, 401, 429]
    assert caller.get("/api/studies", headers=good).status_code == 200
    assert caller.post("/api/check", headers=good, json={}).status_code == 403


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("10.1.2.3", 5), "10.1.2.3"),
        (("2001:db8::1:2", 5), "2001:db8::"),
        (("2001:db8:0:1::9", 5), "2001:db8:0:1::"),
        (("testclient", 5), "testclient"),
        (None, ""),
    ],
)
def test_addresses_of_one_subscriber_count_together(client: object, address: str) -> None:
    assert address_of({"client": client}) == address


def test_programs_without_an_issuer_show_tokens_of_our_own(shared: Site) -> None:
    own = ServiceTokens(
        shared.workflow.database, shared.workflow.clock, frozenset({"readout.read"})
    )
    secret = own.create("required", ["readout.read"], 1)
    caller = client(shared, Throttle(), access=Access(None, None, own, required=True))
    answer = caller.get("/api/studies")
    assert (answer.status_code, "readout token create" in answer.text) == (401, True)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    headers = {"Authorization": f"Bearer {secret}"}
    assert caller.get("/api/studies", headers=headers).status_code == 200
    own.revoke("required")
    assert caller.get("/api/studies", headers=headers).status_code == 401

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from adapter.mapping.files import MappingFiles
from adapter.mapping.roles import load_roles
from adapter.store.sessions import Ticket
from adapter.web.access import Access
from adapter.web.callers import COOKIE, Callers, is_open
from adapter.web.needs import OPEN, listed, need
from adapter.web.shell import Shell
from adapter.web.throttle import Throttle
from adapter.workflow.access_trail import AccessTrail
from tests.conformance import access_page
from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site

ROLES = load_roles(MappingFiles())
BROWSER = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
ROUTES = sorted(set(access_page.routes()))


def test_every_route_stands_in_the_table() -> None:
    forgotten = [
        (method, path)
        for method, path in ROUTES
        if not (is_open(path) or path.startswith("/fhir") or listed(method, path) is not None)
    ]
    assert not forgotten


def test_the_page_of_access_is_that_of_the_code() -> None:
    assert access_page.PAGE.read_text() == access_page.page(), "run make conformance"


@pytest.fixture
def door(shared: Site) -> Callable[..., TestClient]:
    """The shell around something that answers everything: what passes it is 200."""

    def opened(*roles: str) -> TestClient:
        callers = Callers(shared.parts.sign_in, Access(), ROLES, shared.parts.study_access)
        shell = Shell(
            PlainTextResponse("passed"),
            1000,
            (),
            callers,
            _no_page,
            Throttle(),
            AccessTrail(shared.workflow.database),
        )
        client = TestClient(shell, base_url="http://localhost", headers=BROWSER)
        client.cookies.set(COOKIE, shared.parts.sign_in.open(Ticket(DR_GRAY, "", roles)))
        return client

    return opened


def _no_page(_request: Any, _error: Any) -> None:
    return None


@pytest.mark.parametrize("role", [*ROLES.roles, "", "unknown"])
def test_each_role_reaches_what_the_table_says_and_nothing_else(
    door: Callable[..., TestClient], role: str
) -> None:
    client, held = door(role), ROLES.scopes([role])
    for method, path in ROUTES:
        if not method:
            continue  # a WebSocket passes the same check
        place = path.replace("{name:path}", "x").replace("{accession}", "A1")
        needed = need(method, path)
        expected = needed is None or is_open(path) or needed.met_by(held)
        answer = client.request(method, place, follow_redirects=False)
        assert answer.status_code == (200 if expected else 403), (method, path)
        if not expected:
            assert needed is not None
            assert needed.scope in answer.text


def test_what_roles_are_for(door: Callable[..., TestClient]) -> None:
    report = "/api/studies/A1/report"
    allowed = {
        "radiologist": ["/studies/A1", f"{report}/sign", f"{report}/retract"],
        "resident": ["/studies/A1", f"{report}/hand-over", f"{report}/wet-read"],
        "integrator": ["/messages/7", "/api/deliveries/7/resend", "/destinations/ris/pause"],
        "admin": ["/setup/users", "/setup/file", "/destinations/ris/pause"],
    }
    refused = {
        "radiologist": ["/messages", "/setup", "/destinations/ris/pause"],
        "resident": [f"{report}/sign", f"{report}/correct", f"{report}/hand-back"],
        "integrator": ["/", "/studies/A1", "/api/studies/A1/report", f"{report}/sign", "/setup"],
        "admin": ["/", "/api/studies/A1", f"{report}/sign", "/messages/7"],
    }
    for places, status in ((allowed, 200), (refused, 403)):
        for role, paths in places.items():
            client = door(role)
            for path in paths:
                changes = path.rpartition("/")[2].isalpha() and path.count("/") > 2
                method = "POST" if changes and "/setup" not in path else "GET"
                method = "GET" if path.endswith("/report") else method
                assert client.request(method, path).status_code == status, (role, path)


def test_open_places_hold_no_page_of_the_workspace() -> None:
    for path in ("/logins", "/login/x", "/launchx", "/staticx", "/api", "/", "/healthz/x"):
        assert not OPEN.fullmatch(path)

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from adapter.clock import SystemClock
from adapter.errors import ConfigurationError
from adapter.mapping.roles import Roles
from adapter.settings import Settings
from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from adapter.web.entry import open_login
from tests.fakes.issuer import Issuer, running_issuer
from tests.web.conftest import Site

HERE = "http://localhost"
CLIENT, SECRET = "readout", "se+cret/"
LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}
BROWSER = {"Sec-Fetch-Site": "same-origin"}
CAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
MAPPED = {
    "roles": {"radiologist": ["readout.read", "readout.sign"], "resident": ["readout.read"]},
    "claims": [{"claim": "realm.groups", "roles": {"attending": "radiologist"}}],
}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def browser(shared: Site, issuer: Issuer) -> TestClient:
    """A browser that nobody has signed in with, at a site with a login."""
    settings = Settings(
        login_issuer=issuer.url,
        login_client_id=CLIENT,
        login_client_secret=SECRET,
        http_address=HERE,
    )
    login = open_login(settings, SystemClock())
    parts = replace(shared.parts, login=login, roles=Roles.model_validate(MAPPED))
    client = TestClient(build_app(parts), base_url=HERE, raise_server_exceptions=False)
    client.follow_redirects = False
    return client


def begin(browser: TestClient, next_: str = "/") -> dict[str, str]:
    """Go to the login; what the provider is asked."""
    sent = browser.get("/login", params={"next": next_})
    assert sent.status_code == 303
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    return {name: values[0] for name, values in asked.items()}


def prepare(issuer: Issuer, asked: dict[str, str], **changed: Any) -> None:
    """What the provider will say of who has signed in there."""
    claims = {
        "aud": CLIENT,
        "sub": "u-1",
        "nonce": asked["nonce"],
        "fhirUser": "Practitioner/1001",
        "family_name": "Gray",
        "given_name": "Ada",
        "realm": {"groups": ["staff", "attending"]},
        **changed,
    }
    issuer.code = "c0de"
    issuer.answer = {"access_token": "at", "id_token": issuer.token(**claims)}


def back(browser: TestClient, asked: dict[str, str], **changed: str) -> Response:
    params = {"code": "c0de", "state": asked["state"], **changed}
    return browser.get("/login/back", params=params, headers=CAME)


def test_a_login_becomes_a_session_of_that_person_with_their_roles(
    shared: Site, browser: TestClient, issuer: Issuer
) -> None:
    asked = begin(browser, "/studies/A1")
    assert asked["redirect_uri"] == f"{HERE}/login/back"
    assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid profile")
    prepare(issuer, asked)
    done = back(browser, asked)
    assert (done.status_code, "url=/studies/A1" in done.text) == (200, True)
    digest = hashlib.sha256(issuer.asked_for["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert issuer.asked_for["redirect_uri"] == asked["redirect_uri"]
    assert browser.get("/api/studies", headers=BROWSER).status_code == 200
    (session,) = [each for each in shared.parts.sign_in.listed() if each.how == "login"]
    assert (session.person.id, session.person.family, session.roles) == (
        "1001",
        "Gray",
        ("radiologist",),
    )
    shared.parts.sign_in.revoke(session.sha256[:12], "1")
    assert browser.get("/api/studies", headers=BROWSER).status_code == 401


def test_a_session_set_before_the_login_is_never_signed_in(
    browser: TestClient, issuer: Issuer
) -> None:
    browser.cookies.set(COOKIE, "fixed-by-somebody", domain="localhost.local", path="/")
    asked = begin(browser)
    prepare(issuer, asked)
    given = back(browser, asked).headers["set-cookie"]
    assert f"{COOKIE}=" in given
    assert "fixed-by-somebody" not in given
    assert "HttpOnly" in given


def test_an_answer_that_this_browser_has_not_asked_for_is_refused(
    browser: TestClient, issuer: Issuer
) -> None:
    asked = begin(browser)
    prepare(issuer, asked)
    other = TestClient(browser.app, base_url=HERE)
    assert back(other, asked).status_code == 403  # login CSRF: the state of another browser
    assert back(browser, asked, state="made-up").status_code == 403
    assert issuer.asked_for == {}  # nothing of it was even tried
    assert back(browser, asked).status_code == 200
    replayed = back(browser, asked)
    assert replayed.status_code == 403
    assert COOKIE not in replayed.headers.get("set-cookie", "")


def test_a_code_is_good_once_and_only_by_the_issuer_that_was_asked(
    browser: TestClient, issuer: Issuer
) -> None:
    asked = begin(browser)
    prepare(issuer, asked)
    assert back(browser, asked, iss="https://evil.example").status_code == 403
    assert back(browser, asked, code="stolen").status_code == 403
    assert back(browser, asked).status_code == 403  # the provider has used it up
    assert back(browser, asked, code="").status_code == 403


def none(claims: dict[str, Any], _key: Any) -> str:
    return f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(claims)}."


def confused(claims: dict[str, Any], published: dict[str, Any]) -> str:
    """Signed with the published key as if it were a shared secret."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
    mac = hmac.new(json.dumps(published).encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another login"},
        {"nonce": None},
        {"exp": 1_600_000_000},
        {"exp": int(time.time()) - 120},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "other"]},  # several, and no azp
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"azp": "other"},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"sub": None},
    ],
)
def test_an_id_token_that_is_not_for_us_now_signs_nobody_in(
    browser: TestClient, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    asked = begin(browser)
    prepare(issuer, asked, **wrong)
    answer = back(browser, asked)
    assert answer.status_code in (401, 403)
    assert COOKIE not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("forged", [none, confused])
def test_forged_id_tokens(
    browser: TestClient, issuer: Issuer, forged: Callable[[dict[str, Any], Any], str]
) -> None:
    asked = begin(browser)
    prepare(issuer, asked)
    claims = issuer.claims(aud=CLIENT, nonce=asked["nonce"])
    issuer.answer["id_token"] = forged(claims, issuer.published[0])
    assert back(browser, asked).status_code == 401


def test_clocks_may_differ_a_little_and_keys_may_rotate(
    browser: TestClient, issuer: Issuer
) -> None:
    digest = hashlib.sha256(b"at").digest()[:16]
    at_hash = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = begin(browser)
    prepare(issuer, asked, exp=int(time.time()) - 20, at_hash=at_hash, aud=[CLIENT], azp=CLIENT)
    assert back(browser, asked).status_code == 200
    issuer.add_key("second")
    issuer.published = issuer.published[1:]
    asked = begin(browser)
    prepare(issuer, asked)
    issuer.answer["id_token"] = issuer.token(
        "second", aud=CLIENT, nonce=asked["nonce"], realm={"groups": ["attending"]}
    )
    login = browser.app.state.parts.login
    login._keys._tried = None  # the pause between two fetches is over
    assert back(browser, asked).status_code == 200


def test_who_has_no_role_here_is_told_so(browser: TestClient, issuer: Issuer) -> None:
    asked = begin(browser)
    prepare(issuer, asked, realm={"groups": ["staff"]})
    answer = back(browser, asked)
    assert (answer.status_code, "no role here" in answer.text) == (403, True)


def test_signing_out_leads_to_the_provider(browser: TestClient, issuer: Issuer) -> None:
    asked = begin(browser)
    prepare(issuer, asked)
    back(browser, asked)
    out = browser.post("/sign-out", headers={**BROWSER, "Origin": HERE})
    assert f"{issuer.url}/end_session?client_id=readout" in out.text
    assert browser.get("/api/studies", headers=BROWSER).status_code == 401


def test_a_logout_at_the_provider_ends_the_session_here(
    browser: TestClient, issuer: Issuer
) -> None:
    def tell(**changed: Any) -> int:
        claims = {"aud": CLIENT, "sub": "u-1", "jti": "j1", "events": LOGOUT, **changed}
        told = browser.post("/login/ended", data={"logout_token": issuer.token(**claims)})
        return told.status_code

    asked = begin(browser)
    prepare(issuer, asked, sid="s1")
    back(browser, asked)
    for wrong in (
        {"nonce": "n"},
        {"events": {}},
        {"aud": "x"},
        {"iat": int(time.time()) - 3600},
        {"jti": None},
        {"sub": None},
    ):
        assert tell(**wrong) == 400, wrong
    assert tell(sub="somebody-else", jti="j2") == 200
    assert browser.get("/api/studies", headers=BROWSER).status_code == 200
    assert tell() == 200
    assert browser.get("/api/studies", headers=BROWSER).status_code == 401
    assert tell() == 400  # used


def test_the_entrance_offers_the_login_and_keeps_the_link(browser: TestClient) -> None:
    page = browser.get("/sign-in", params={"next": "/system"}).text
    assert 'href="/login?next=%2Fsystem"' in page
    assert 'name="code"' in page


def test_a_login_needs_its_settings(shared: Site) -> None:
    with pytest.raises(ConfigurationError, match="READOUT_HTTP_ADDRESS"):
        open_login(Settings(login_issuer="https://login.example"), SystemClock())
    assert open_login(Settings(), SystemClock()) is None
    assert shared.client.get("/login").status_code == 404

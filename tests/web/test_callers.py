"""Who is let in: sessions, programs of this machine, and nobody from another site."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from adapter.web.app import build_app
from adapter.web.callers import COOKIE
from adapter.workflow.sign_in import name_of
from tests.fakes.house import DR_GRAY, ROLES
from tests.web.conftest import Site

OWN = "http://localhost"
BROWSER = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
SIGN = "/api/studies/A1/report/sign"
BODY = {"person": {"id": "123"}}


def visitor(site: Site, **headers: str) -> TestClient:
    """A browser or program that has not signed in."""
    return TestClient(build_app(site.parts), base_url=OWN, headers=headers, follow_redirects=False)


def sign_in(site: Site, client: TestClient) -> str:
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    done = client.post("/sign-in", data={"code": code}, headers={"Origin": OWN})
    assert done.status_code == 303
    return str(client.cookies[COOKIE])


def test_a_page_leads_to_the_entrance_and_back(site: Site) -> None:
    client = visitor(site)
    answer = client.get("/messages?x=1")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/sign-in?next=%2Fmessages%3Fx%3D1",
    )  # fmt: skip
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    shown = client.get(f"/sign-in?code={code}&next=/messages")
    assert 'value="/messages"' in shown.text
    done = client.post(
        "/sign-in", data={"code": code, "next": "/messages"}, headers={"Origin": OWN}
    )
    assert (done.status_code, done.headers["location"]) == (303, "/messages")
    kept = done.headers["set-cookie"]
    for each in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
        assert each in kept
    assert client.get("/messages").status_code == 200


def test_over_tls_the_cookie_is_secure_and_of_this_host_alone(site: Site) -> None:
    over_tls = "https://localhost"
    client = TestClient(build_app(site.parts), base_url=over_tls, follow_redirects=False)
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    done = client.post("/sign-in", data={"code": code}, headers={"Origin": over_tls})
    kept = done.headers["set-cookie"]
    assert kept.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in kept
    assert "Domain" not in kept
    assert client.get("/messages").status_code == 200
    secret = client.cookies[f"__Host-{COOKIE}"]
    plain = TestClient(build_app(site.parts), base_url=over_tls, follow_redirects=False)
    plain.cookies.set(COOKIE, secret)
    assert plain.get("/messages").status_code == 303


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://e.example", "/\\evil", "javascript:x"]
)
def test_the_entrance_leads_nowhere_else(site: Site, place: str) -> None:
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    done = visitor(site).post(
        "/sign-in", data={"code": code, "next": place}, headers={"Origin": OWN}
    )
    assert done.headers["location"] == "/"


def test_a_link_works_once_and_not_for_ever(site: Site) -> None:
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    first, second = visitor(site, Origin=OWN), visitor(site, Origin=OWN)
    assert first.post("/sign-in", data={"code": code}).status_code == 303
    refused = second.post("/sign-in", data={"code": code})
    assert refused.status_code == 401
    assert "readout sign-in" in refused.text
    old = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    site.workflow.clock.forward(timedelta(hours=25).total_seconds())
    assert second.post("/sign-in", data={"code": old}).status_code == 401


def test_a_session_fixed_by_somebody_else_never_becomes_signed_in(site: Site) -> None:
    fixed = {"Cookie": f"{COOKIE}=chosen-by-the-attacker", "Origin": OWN}
    code = site.parts.sign_in.new_code(DR_GRAY, ROLES)
    done = visitor(site).post("/sign-in", data={"code": code}, headers=fixed)
    assert done.status_code == 303
    assert done.cookies[COOKIE] != "chosen-by-the-attacker"
    attacker = visitor(site, Cookie=f"{COOKIE}=chosen-by-the-attacker")
    assert attacker.get("/").status_code == 303


def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    client = visitor(site)
    before = sign_in(site, client)
    after = sign_in(site, client)
    assert before != after
    assert visitor(site, Cookie=f"{COOKIE}={before}").get("/").status_code == 303
    assert visitor(site, Cookie=f"{COOKIE}={after}").get("/").status_code == 200


def test_an_administrator_sees_sessions_and_ends_one(site: Site) -> None:
    other = visitor(site, **BROWSER)
    sign_in(site, other)
    name = name_of(site.parts.sign_in.listed()[-1])
    place = f"/setup/users/{name}/end"
    assert place in site.client.get("/setup/users").text
    ended = site.client.post(place, headers={"Origin": OWN}, follow_redirects=False)
    assert ended.status_code == 303
    assert other.get("/messages").status_code == 303
    assert site.client.get("/setup/users").status_code == 200


def test_a_session_ends_by_signing_out_and_by_time(site: Site) -> None:
    client = visitor(site)
    session = sign_in(site, client)
    assert client.post("/sign-out", headers={"Origin": OWN}).status_code == 303
    assert visitor(site, Cookie=f"{COOKIE}={session}").get("/").status_code == 303
    session = sign_in(site, client)
    site.workflow.clock.forward(timedelta(hours=12.1).total_seconds())
    late = visitor(site, Cookie=f"{COOKIE}={session}", **BROWSER)
    assert late.get("/").status_code == 303
    answer = late.post(SIGN, json=BODY, headers={"Origin": OWN})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")


def test_a_program_of_this_machine_calls_without_a_session(site: Site) -> None:
    client = visitor(site)
    assert client.get("/api/studies").status_code == 200
    assert client.post(SIGN, json=BODY).status_code == 404


def test_a_browser_calls_with_a_session_only(site: Site) -> None:
    client = visitor(site, **BROWSER)
    answer = client.get("/api/studies")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")
    assert client.post(SIGN, json=BODY, headers={"Origin": OWN}).status_code == 401
    sign_in(site, client)
    assert client.get("/api/studies").status_code == 200
    assert client.post(SIGN, json=BODY, headers={"Origin": OWN}).status_code == 404


@pytest.mark.parametrize("came", ["cross-site", "same-site"])
def test_another_site_gets_nothing_but_a_link(site: Site, came: str) -> None:
    client = visitor(site, **{"Sec-Fetch-Site": came, "Sec-Fetch-Mode": "no-cors"})
    client.cookies.set(COOKIE, sign_in(site, visitor(site)))
    for path in ("/api/studies", "/", "/events", "/metrics"):
        answer = client.get(path, headers={"Sec-Fetch-Dest": "image"})
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=link).status_code == 200
    framed = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert client.get("/", headers=framed).status_code == 403
    assert client.post(SIGN, json=BODY, headers=link).status_code == 403


def test_a_session_without_an_origin_changes_nothing(site: Site) -> None:
    client = visitor(site)
    client.cookies.set(COOKIE, sign_in(site, visitor(site)))
    answer = client.post(SIGN, json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin")


def test_a_socket_from_another_site_is_refused(site: Site) -> None:
    place, own = "/api/studies/A1/dictate", {"Origin": "http://testserver"}
    client = visitor(site)
    for headers in ({"Origin": "https://evil.example"}, own):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(place, headers=headers):
            pass
    session = {"Cookie": f"{COOKIE}={sign_in(site, visitor(site))}"}
    foreign = session | {"Origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(place, headers=foreign):
        pass
    with client.websocket_connect(place, headers=own | session):
        pass


def test_no_page_can_be_framed_or_run_what_it_does_not_bring(site: Site) -> None:
    headers = site.client.get("/").headers
    policy = headers["content-security-policy"]
    for each in ("default-src 'none'", "script-src 'self'", "style-src 'self'",
                 "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
                 "require-trusted-types-for 'script'"):  # fmt: skip
        assert each in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"


def test_a_broken_cookie_is_no_session(site: Site) -> None:
    for cookie in (f"{COOKIE}=", f'{COOKIE}="', "=;=", f"{COOKIE}=\xff\xfe", "\x01"):
        client = visitor(site)
        answer = client.get("/", headers={"Cookie": cookie.encode("latin-1")})
        assert answer.status_code == 303


def test_the_theme_is_kept_and_comes_with_the_page(site: Site) -> None:
    assert "data-theme" not in site.client.get("/").text
    site.client.post("/theme", data={"theme": "dark", "next": "/"})
    page = site.client.get("/").text
    assert '<html lang="en" data-theme="dark">' in page
    assert '<meta name="color-scheme" content="dark">' in page
    site.client.post("/theme", data={"theme": '"><script>', "next": "/"})
    assert "data-theme" not in site.client.get("/").text


def test_a_session_acts_under_its_own_name_alone(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "the heart is normal in size period")
    browser = visitor(site, **BROWSER, Origin=OWN)
    sign_in(site, browser)
    for path in ("report/sign", "report/hand-over", "lock"):
        answer = browser.post(f"/api/studies/A1/{path}", json={"person": {"id": "999"}})
        assert (answer.status_code, answer.json()["code"]) == (403, "person")
    assert browser.post("/api/studies/A1/lock", json=BODY).status_code == 200

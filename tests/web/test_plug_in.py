from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.mapping.plug_in import Entra, PlugIn
from adapter.settings import Settings
from adapter.web.access import open_access
from adapter.web.app import build_app
from tests.fakes.issuer import Issuer, running_issuer
from tests.peers.plug_in_contract import ANSWER, REFUSAL
from tests.web.conftest import Site

TENANT = "11111111-2222-3333-4444-555555555555"
OURS = "66666666-7777-8888-9999-000000000000"
PLATFORM = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
REPORT = (
    "FINDINGS:\nThere is a 12 nodule in the left upper lobe. Normal uterus.\n"
    "IMPRESSION:\nRight upper lobe nodule 12 mm."
)


def asked(text: str = REPORT, **more: Any) -> dict[str, Any]:
    patient = {"dateOfBirth": "1960-01-15", "biologicalSex": "Male"}
    return {
        "extensibilityApiVersion": "1.0.0",
        "sessionData": {"correlation_id": "c1", "session_start": "2026-03-01T08:57:35.978Z"},
        "patientInformation": patient,
        "report": {"reportText": text},
    } | more


def found(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    ANSWER.validate(answer.json())
    return answer.json()["payload"]["qualityCheckResult"]["recommendations"]


def by_check(recommendations: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["additionalInfo"]["check"]: each for each in recommendations}


def test_checks_are_recommendations_with_exact_places(shared: Site) -> None:
    told = by_check(found(shared.client.post("/v1/process", json=asked())))
    assert {"unit_missing", "sex_mismatch", "side_against_findings"} <= set(told)
    for each in told.values():
        for place in each["provenance"]:
            assert REPORT[place["startPosition"] : place["endPosition"]] == place["text"]
    sex = told["sex_mismatch"]
    assert sex["provenance"] == [{"text": "uterus", "startPosition": 62, "endPosition": 68}]
    assert (sex["qualityCheckType"], sex["severityScorePercent"]) == ("Clinical", 90)


@pytest.mark.parametrize(
    ("before", "line_end"), [("\ufeff", "\n"), ("", "\r\n"), ("𝒞 🫁\n", "\n"), ("\ufeff😀", "\r\n")]
)
def test_places_hold_whatever_stands_before_them(shared: Site, before: str, line_end: str) -> None:
    text = before + REPORT.replace("\n", line_end)
    told = by_check(found(shared.client.post("/v1/process", json=asked(text))))
    (place,) = told["sex_mismatch"]["provenance"]
    start = text.index("uterus")
    assert (place["startPosition"], place["endPosition"]) == (start, start + 6)
    assert told["sex_mismatch"]["additionalInfo"]["offsets"] == "code_points"


def test_positions_may_count_utf16(shared: Site) -> None:
    client = _client(shared, shared.parts.plug_in.model_copy(update={"offsets": "utf16"}))
    text = "😀 " + REPORT
    told = by_check(found(client.post("/v1/process", json=asked(text))))
    (place,) = told["sex_mismatch"]["provenance"]
    units = text.encode("utf-16-le")[2 * place["startPosition"] : 2 * place["endPosition"]]
    assert units.decode("utf-16-le") == place["text"] == "uterus"
    assert told["sex_mismatch"]["additionalInfo"]["offsets"] == "utf16"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from([*REPORT.split(" "), "\r\n", "\ufeff", "😀", "___", "[ ]", "left", "No"]),
        max_size=60,
    )
)
def test_every_place_is_what_it_quotes(shared: Site, words: list[str]) -> None:
    text = " ".join(words)
    for each in found(shared.client.post("/v1/process", json=asked(text))):
        for place in each["provenance"]:
            assert text[place["startPosition"] : place["endPosition"]] == place["text"]


def test_what_lacks_has_no_place(shared: Site) -> None:
    told = by_check(found(shared.client.post("/v1/process", json=asked("FINDINGS: Clear lungs."))))
    assert told["impression_missing"]["provenance"] == []


def test_a_check_that_is_not_offered_stays_away(shared: Site) -> None:
    offered = {"unit_missing": shared.parts.plug_in.checks["unit_missing"]}
    client = _client(shared, shared.parts.plug_in.model_copy(update={"checks": offered}))
    assert set(by_check(found(client.post("/v1/process", json=asked())))) == {"unit_missing"}


def test_a_retry_has_the_same_answer_and_its_identifiers_come_back(shared: Site) -> None:
    headers = {"x-ms-request-id": "r-1", "x-ms-correlation-id": "c-1", "x-dre-site": "north"}
    first, again = (
        shared.client.post("/v1/process", json=asked(), headers=headers) for _ in range(2)
    )
    assert first.content == again.content
    assert first.headers["x-ms-request-id"] == "r-1"
    assert first.headers["x-ms-correlation-id"] == "c-1"
    wrong = shared.client.post("/v1/process", content=b"{", headers=headers)
    assert wrong.headers["x-ms-request-id"] == "r-1"
    far = shared.client.post("/v1/process", json=asked(), headers={"x-ms-request-id": "x" * 999})
    assert "x-ms-request-id" not in far.headers


@pytest.mark.parametrize(
    "change",
    [
        {"sessionData": None},
        {"report": None},
        {"report": {}},
        {"report": {"reportText": 7}},
        {"report": {"reportText": "x" * 100_001}},
        {"patientInformation": {"biologicalSex": "male"}},
        {"patientInformation": {"dateOfBirth": "15.01.1960"}},
        {"patientInformation": {"dateOfBirth": "1960-02-30"}},
    ],
)
def test_a_wrong_request_is_400_in_the_form_of_the_contract(
    shared: Site, change: dict[str, Any]
) -> None:
    answer = shared.client.post("/v1/process", json=asked(**change))
    assert answer.status_code == 400
    REFUSAL.validate(answer.json())


def test_what_is_no_json_is_400(shared: Site) -> None:
    for content, kind in ((b"{", "application/json"), (b"\xff", "application/json"), (b"a", "x/y")):
        answer = shared.client.post("/v1/process", content=content, headers={"content-type": kind})
        assert answer.status_code == 400
        REFUSAL.validate(answer.json())
    REFUSAL.validate(shared.client.get("/v1/process").json())


def test_members_that_we_do_not_know_and_blank_patients_are_taken(shared: Site) -> None:
    for patient in ({}, {"dateOfBirth": "", "biologicalSex": ""}, {"x": 1}, None):
        found(shared.client.post("/v1/process", json=asked(patientInformation=patient, other=[1])))


def test_a_fault_inside_is_500_and_tells_nothing(
    shared: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Doe^Jane")

    monkeypatch.setattr("adapter.web.plug_in.check_text", broken)
    answer = shared.client.post("/v1/process", json=asked())
    assert answer.status_code == 500
    REFUSAL.validate(answer.json())
    assert "Doe" not in answer.text


def test_health_in_the_words_of_the_platform(site: Site) -> None:
    assert site.client.get("/health/liveness").json() == {"status": "Healthy"}
    assert site.client.get("/health/readiness").json() == {"status": "Healthy"}
    site.parts.intake.stop()
    answer = site.client.get("/health/readiness")
    assert (answer.status_code, answer.json()) == (503, {"status": "Unhealthy"})


def _client(shared: Site, plug_in: PlugIn) -> TestClient:
    access = open_access(Settings(), plug_in, shared.parts.outbound, shared.parts.house.clock)
    app = build_app(replace(shared.parts, plug_in=plug_in, access=access))
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def guarded(shared: Site, issuer: Issuer) -> TestClient:
    entra = Entra(
        tenant=TENANT, audiences=(OURS,), callers=(PLATFORM,), keys_url=f"{issuer.url}/keys"
    )
    return _client(shared, shared.parts.plug_in.model_copy(update={"entra": entra}))


def entra_token(issuer: Issuer, **changed: Any) -> str:
    usual = {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": OURS,
        "azp": PLATFORM,
        "tid": TENANT,
        "idtyp": "app",
    }
    return issuer.token(**(usual | changed))


def call(client: TestClient, token: str) -> Any:
    return client.post("/v1/process", json=asked(), headers={"Authorization": f"Bearer {token}"})


def test_the_platforms_tokens_are_accepted_in_both_forms(
    guarded: TestClient, issuer: Issuer
) -> None:
    found(call(guarded, entra_token(issuer)))
    old = {"iss": f"https://sts.windows.net/{TENANT}/", "azp": None, "appid": PLATFORM}
    found(call(guarded, entra_token(issuer, **old)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.microsoftonline.com/other/v2.0"},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0/"},
        {"aud": PLATFORM},
        {"azp": OURS},
        {"azp": None},
        {"tid": "other"},
        {"idtyp": "user"},
        {"exp": 1_600_000_000},
        {"algorithm": "RS384"},
    ],
)
def test_a_token_of_somebody_else_is_401(
    guarded: TestClient, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    answer = call(guarded, entra_token(issuer, **wrong))
    assert answer.status_code == 401
    REFUSAL.validate(answer.json())
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_nothing_is_read_of_a_call_without_token(guarded: TestClient) -> None:
    answer = guarded.post("/v1/process", content=b"{", headers={"x-ms-request-id": "r-1"})
    assert (answer.status_code, answer.headers["x-ms-request-id"]) == (401, "r-1")
    assert guarded.get("/health/liveness").status_code == 200

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from adapter.errors import ConfigurationError, NeedsPerson, TryAgain
from adapter.store import studies
from adapter.web.problems import Problem, answer
from tests.web.conftest import Site


def problem(response: Any) -> Problem:
    assert response.headers["content-type"] == "application/problem+json"
    return Problem.model_validate(response.json())


def test_an_unknown_address_is_a_problem(site: Site) -> None:
    assert problem(site.client.get("/api/nothing")).code == "not-found"
    assert problem(site.client.delete("/api/studies")).status == 405


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'{"person": 1}'])
def test_a_wrong_body_is_a_problem(site: Site, body: bytes) -> None:
    response = site.client.post(
        "/api/studies/A1/report/sign", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422)
    assert problem(response).pointer


def test_a_wrong_value_is_not_repeated(site: Site) -> None:
    body = {"person": {"id": "1", "surname": "Somebody"}}
    told = problem(site.client.post("/api/studies/A1/report/sign", json=body))
    assert told.pointer == "/person/surname"
    assert "Somebody" not in told.detail


def test_a_bug_tells_its_number_and_nothing_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("patient Demo Jane SYN1")

    monkeypatch.setattr(studies, "listed", broken)
    structlog.reset_defaults()
    with capture_logs() as lines:
        response = site.client.get("/api/studies")
    told = problem(response)
    assert (told.status, told.code) == (500, "internal")
    assert "Demo" not in response.text
    (line,) = [each for each in lines if each["event"] == "http_failed"]
    assert line["number"] in told.detail
    assert "Demo" not in repr(lines)


def test_a_bug_under_fhir_is_an_outcome(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.web.fhir_capability.capability_statement", lambda _: {}["missing"])
    response = site.client.get("/fhir/metadata")
    assert response.status_code == 500
    assert response.json()["issue"][0]["code"] == "exception"


def test_a_database_that_is_away_asks_to_try_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("select secret", {}, Exception("gone"))

    monkeypatch.setattr(studies, "listed", away)
    response = site.client.get("/api/studies")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "secret" not in response.text


def test_two_writers_of_one_row_ask_to_try_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(*_: object) -> None:
        raise sa.exc.IntegrityError("insert secret", {}, Exception("unique"))

    monkeypatch.setattr(studies, "listed", twice)
    response = site.client.get("/api/studies")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(TryAgain("later"), 503), (NeedsPerson("look"), 409), (ConfigurationError("mend"), 500)],
)
def test_each_kind_of_error_has_its_status(error: Any, status: int) -> None:
    assert answer(error, "/api").status_code == status
    assert answer(error, "/fhir/metadata").status_code == status

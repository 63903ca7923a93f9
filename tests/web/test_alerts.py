"""Dismissals, communications and the alert budget over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Site

GRAY = {"id": "123", "family": "Gray", "given": "Ada"}
TOLD = {
    "finding": "pneumothorax",
    "identified_at": "2026-01-02T10:00:00+01:00",
    "sender": GRAY,
    "receiver": "Dr. Grey, ward 4",
    "received_at": "2026-01-02T10:20:00+01:00",
    "method": "telephone",
}


def report(site: Site) -> Any:
    return site.client.get("/api/studies/A1/report").json()


def flags(site: Site, code: str) -> list[Any]:
    return [flag for flag in report(site)["flags"] if flag["code"] == code]


def post(site: Site, path: str, body: dict[str, Any]) -> Any:
    answer = site.client.post(f"/api/studies/A1/{path}", json=body)
    site.workflow.jobs.run()
    return answer


@pytest.fixture
def urgent(site: Site) -> Site:
    """A report with a finding that cannot wait."""
    site.workflow.order("A1")
    site.dictate("A1", "findings colon small right pneumothorax period")
    return site


def test_a_flag_is_dismissed_with_a_reason_and_counted(urgent: Site) -> None:
    (flag,) = flags(urgent, "critical_finding")
    body = {"target": flag["id"], "reason": "known since yesterday", "person": GRAY}
    assert post(urgent, "report/dismiss", body).status_code == 202
    (aside,) = flags(urgent, "critical_finding")
    assert aside["dismissed"]["reason"] == "known since yesterday"
    assert aside["dismissed"]["person"] == "123"
    found = urgent.client.get("/api/checks").json()
    rows = {row["check"]: row for row in found["checks"]}
    assert rows["critical_finding"]["dismissed"] == 1
    assert rows["critical_finding"]["share"] == 0.0
    assert rows["critical_finding"]["interval"][1] > 0.7
    scraped = urgent.client.get("/metrics").text
    assert 'readout_alerts{check="critical_finding",state="dismissed"} 1.0' in scraped
    body = {"target": flag["id"], "person": GRAY}
    assert post(urgent, "report/restore", body).status_code == 202
    assert "dismissed" not in flags(urgent, "critical_finding")[0]


def test_a_dismissal_needs_a_reason_and_a_flag(urgent: Site) -> None:
    (flag,) = flags(urgent, "critical_finding")
    body = {"target": flag["id"], "reason": "", "person": GRAY}
    assert post(urgent, "report/dismiss", body).status_code == 422
    assert (
        post(urgent, "report/dismiss", body | {"target": "f-0", "reason": "x"}).status_code == 404
    )


def test_the_budget_of_other_days_is_empty(urgent: Site) -> None:
    query = {"since": "1990-01-01", "until": "1990-12-31"}
    found = urgent.client.get("/api/checks", params=query).json()
    assert all(row["shown"] == 0 for row in found["checks"])
    last = urgent.client.get("/api/checks", params={"until": "9999-12-31"}).json()
    assert last["until"] == "9999-12-31"
    assert urgent.client.get("/api/checks", params={"since": "soon"}).status_code == 422


def test_a_communication_satisfies_the_check_and_is_on_record(urgent: Site) -> None:
    answer = post(urgent, "communications", TOLD)
    assert answer.status_code == 201
    told = answer.json()
    assert told["id"] == "c-1"
    assert told["identified_at"] == "2026-01-02T09:00:00.000+00:00"
    assert told["sender"] == "123"
    assert not flags(urgent, "critical_finding")
    assert urgent.client.get("/api/studies/A1").json()["communications"] == [told]
    assert urgent.client.get("/api/studies/A1/provenance").json()["communications"] == [told]
    rows = {row["check"]: row for row in urgent.client.get("/api/checks").json()["checks"]}
    assert rows["critical_finding"]["acted_on"] == 1


def test_a_late_communication_is_told(urgent: Site) -> None:
    post(urgent, "communications", TOLD | {"received_at": "2026-01-02T11:30:00+01:00"})
    (flag,) = flags(urgent, "critical_communicated")
    assert "30 minutes too late" in flag["message"]


def test_a_communication_about_something_else_does_not_satisfy(urgent: Site) -> None:
    post(urgent, "communications", TOLD | {"finding": "rib fracture"})
    assert flags(urgent, "critical_finding")


def test_a_communication_is_recorded_after_signing_too(urgent: Site) -> None:
    post(urgent, "report/sign", {"person": GRAY})
    assert flags(urgent, "critical_finding")
    assert post(urgent, "communications", TOLD).status_code == 201
    assert not flags(urgent, "critical_finding")
    assert len(urgent.client.get("/api/studies/A1").json()["communications"]) == 1
    assert urgent.workflow.status("A1") == "final"


@pytest.mark.parametrize(
    "change",
    [
        {"received_at": "2026-01-02T09:00:00+01:00"},
        {"received_at": "2026-01-02T10:20:00"},
        {"receiver": ""},
        {"finding": "a\u0000b"},
    ],
)
def test_a_communication_that_cannot_be_is_refused(urgent: Site, change: dict[str, str]) -> None:
    assert post(urgent, "communications", TOLD | change).status_code == 422
    assert urgent.client.get("/api/studies/A1").json()["communications"] == []


def test_a_study_that_is_not_there_has_no_communications(site: Site) -> None:
    assert post(site, "communications", TOLD).status_code == 404

"""Engines that post their own JSON: who may, and what becomes of it."""

from __future__ import annotations

from typing import Any

import httpx

from adapter.store import findings
from tests.web.conftest import ENGINE_TOKEN, Site

PLACE = "/api/ai-results/example"
BODY: dict[str, Any] = {
    "study": {"accession": "A1", "patient": {"id": "SYN1", "name": "DEMO^JANE"}},
    "results": [{"label": "PTX", "text": "Left pneumothorax", "score": 97}],
}


def post(site: Site, body: Any = None, token: str = ENGINE_TOKEN, place: str = PLACE) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer: httpx.Response = site.client.post(place, json=body or BODY, headers=headers)
    return answer


def drafts(site: Site) -> list[str]:
    with site.workflow.database.read() as tx:
        return [each.finding or "" for each in findings.of_study(tx, "A1")]


def test_a_result_is_taken_once(site: Site) -> None:
    site.workflow.order("A1")
    assert (post(site).status_code, post(site).json()) == (202, {"state": "duplicate"})
    assert drafts(site) == ["pneumothorax"]


def test_a_result_waits_for_its_order(site: Site) -> None:
    assert post(site).json() == {"state": "waiting"}
    page = site.client.get("/messages?state=waiting").text
    assert "no order of this study is here yet" in page


def test_a_stranger_is_refused(site: Site) -> None:
    site.workflow.order("A1")
    assert post(site, token="wrong").status_code == 401
    assert post(site, place="/api/ai-results/nobody").status_code == 404
    assert drafts(site) == []


def test_findings_of_another_patient_are_refused_and_shown(site: Site) -> None:
    site.workflow.order("A1")
    other = BODY | {"study": {"accession": "A1", "patient": {"id": "SYN2"}}}
    answer = post(site, other)
    assert answer.status_code == 409
    assert "another patient" in answer.json()["detail"]
    assert "another patient than study A1" in site.client.get("/messages?state=refused").text
    assert "AI findings of another patient" in str(site.client.get("/api/studies/A1").json())
    assert drafts(site) == []


def test_what_cannot_be_read_is_kept(site: Site) -> None:
    answer = post(site, {"results": []})
    assert answer.status_code == 422
    assert "neither accession" in site.client.get("/messages?state=refused").text

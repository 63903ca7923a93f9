"""AI sources over HTTP."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.fakes.house import DR_GRAY
from tests.web.conftest import Site

PERSON = {"person": {"id": DR_GRAY.id}}


def finding(text: str, model: str = "cxr", **more: object) -> dict[str, object]:
    known = {"id": "a1", "text": text, "model": model, "version": "1", "finding": "pneumothorax"}
    return {"findings": [known | more]}


@pytest.mark.parametrize("source", ["cxr", "acme/cxr v2"])
def test_a_source_is_stopped_and_started_and_its_history_told(site: Site, source: str) -> None:
    place = f"/api/ai-sources/{quote(source, safe='')}"
    site.workflow.order("A1")
    told = finding("Left pneumothorax.", source)
    site.client.post("/api/studies/A1/ai-findings", json=told)
    site.dictate("A1", "the heart is normal in size period")
    known = {each["source"]: each for each in site.client.get("/api/ai-sources").json()["sources"]}
    listed = known[source]
    assert (listed["mode"], listed["known"], known["demo_chest"]["known"]) == (
        "suggest", False, True,
    )  # fmt: skip
    assert listed["seen"][0]["studies"] == 1
    stopped = site.client.post(f"{place}/stop", json=PERSON | {"reason": "wrong side"})
    assert (stopped.status_code, stopped.json()["effective"]) == (200, "off")
    site.workflow.jobs.run()
    assert site.client.get("/api/studies/A1/report").json()["suggestions"] == []
    assert site.client.get("/api/studies/A1").json()["ai_findings"] == 0
    told = finding("Right pneumothorax.", source)
    again = site.client.post("/api/studies/A1/ai-findings", json=told)
    assert again.json()["sources"][0]["mode"] == "off"
    assert "wrong side" in again.json()["sources"][0]["reasons"][0]
    site.workflow.clock.forward(1)
    shadow = site.client.post(f"{place}/mode", json=PERSON | {"mode": "shadow"})
    assert shadow.json()["effective"] == "shadow"
    site.workflow.clock.forward(1)
    assert site.client.post(f"{place}/start", json=PERSON).json()["switch"] is None
    events = site.client.get(f"{place}/history").json()["events"]
    assert [each["event"] for each in events] == [
        "ai-source stopped", "ai-source set to shadow", "ai-source started",
    ]  # fmt: skip
    assert site.client.get(f"{place}/held").status_code == 200
    assert site.client.get(f"{place}/card").status_code == 404


@pytest.mark.parametrize("act", ["stop", "start", "mode"])
def test_an_unknown_source_and_an_unknown_person_are_refused(site: Site, act: str) -> None:
    more = {"mode": "off"} if act == "mode" else {}
    assert site.client.post(f"/api/ai-sources/none/{act}", json=PERSON | more).status_code == 404
    assert site.client.post(f"/api/ai-sources/none/{act}", json=more).status_code == 422


def test_a_model_card_is_xml_or_a_page(site: Site) -> None:
    card = site.client.get("/api/ai-sources/demo_chest/card")
    assert card.headers["content-type"].startswith("application/xml")
    assert "<AppliedModelCard" in card.text
    page = site.client.get("/api/ai-sources/demo_chest/card?format=html")
    assert "<h1>demo-chest</h1>" in page.text
    assert site.client.get("/api/ai-sources/nothing/card").status_code == 404

"""AI sources over HTTP; and that a shadow finding leaves by no outlet."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.domain.ai_source import AiMode
from adapter.mapping.ai_sources import AiDefault, Registry
from adapter.store import deliveries
from tests.fakes.house import DR_GRAY, tables
from tests.web.conftest import Site

NUMBERS = count(1)
PERSON = {"person": {"id": DR_GRAY.id}}
PLACES = (
    "/studies/{}", "/", "/?queue=all", "/?queue=drafts", "/ai",
    "/api/studies", "/api/studies/{}", "/api/studies/{}/report", "/api/studies/{}/provenance",
    "/api/studies/{}/review", "/studies/{}/evidence?finding=a1",
    "/api/studies/{}/report/preview?kind=final", "/api/ai-sources", "/api/ai-sources/cxr/held",
    "/ai-sources", "/fhir/ServiceRequest?identifier={}", "/api/checks", "/api/deliveries",
)  # fmt: skip


def finding(text: str, model: str = "cxr", **more: object) -> dict[str, object]:
    known = {"id": "a1", "text": text, "model": model, "version": "1", "finding": "pneumothorax"}
    return {"findings": [known | more]}


def govern(site: Site, mode: AiMode) -> None:
    default = AiDefault.model_validate({"schema": "ai-source-default/1", "mode": mode})
    changed = replace(tables(), ai_sources=Registry((), default))
    site.workflow.house.mappings.now = changed


def test_a_source_is_stopped_and_started_and_its_history_told(site: Site) -> None:
    site.workflow.order("A1")
    site.client.post("/api/studies/A1/ai-findings", json=finding("Left pneumothorax."))
    site.dictate("A1", "the heart is normal in size period")
    known = {each["source"]: each for each in site.client.get("/api/ai-sources").json()["sources"]}
    listed = known["cxr"]
    assert (listed["mode"], listed["known"], known["demo_chest"]["known"]) == (
        "suggest", False, True,
    )  # fmt: skip
    assert listed["seen"][0]["studies"] == 1
    stopped = site.client.post("/api/ai-sources/cxr/stop", json=PERSON | {"reason": "wrong side"})
    assert (stopped.status_code, stopped.json()["effective"]) == (200, "off")
    site.workflow.jobs.run()
    assert site.client.get("/api/studies/A1/report").json()["suggestions"] == []
    assert site.client.get("/api/studies/A1").json()["ai_findings"] == 0
    again = site.client.post("/api/studies/A1/ai-findings", json=finding("Right pneumothorax."))
    assert again.json()["sources"][0]["mode"] == "off"
    assert "wrong side" in again.json()["sources"][0]["reasons"][0]
    site.workflow.clock.forward(1)
    assert site.client.post("/api/ai-sources/cxr/start", json=PERSON).json()["switch"] is None
    told = site.client.get("/api/ai-sources/cxr/history").json()["events"]
    assert [each["event"] for each in told] == ["ai-source stopped", "ai-source started"]


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


words = st.lists(st.sampled_from(("zyqor", "left", "large", "pneumothorax", "7 mm", "no")),
                 min_size=2, max_size=6).map(" ".join)  # fmt: skip


@given(words, st.sampled_from((AiMode.SHADOW, AiMode.OFF)), st.booleans())
@settings(max_examples=6, deadline=None)
def test_a_shadow_finding_leaves_by_no_outlet(
    shared: Site, text: str, mode: AiMode, before: bool
) -> None:
    """Nor is it told that there is one."""
    site, text = shared, f"Qzx marker {text}."
    govern(site, AiMode.SUGGEST)
    accession = f"S{next(NUMBERS)}"
    site.workflow.order(accession)
    govern(site, mode)
    body = finding(text, side="left", evidence=[{"sop_uid": "1.2.3"}], probability=0.99)
    if before:
        site.client.post(f"/api/studies/{accession}/ai-findings", json=body)
        assert_silent(site, accession)
    site.dictate(accession, "the heart is normal in size period")
    if not before:
        site.client.post(f"/api/studies/{accession}/ai-findings", json=body)
    site.workflow.jobs.run()
    assert_silent(site, accession)
    who = {"person": {"id": DR_GRAY.id, "family": "Gray"}}
    signed = site.client.post(f"/api/studies/{accession}/report/sign", json=who)
    assert signed.is_success, signed.text
    site.workflow.jobs.run()
    assert_silent(site, accession)


def assert_silent(site: Site, accession: str) -> None:
    for place in PLACES:
        shown = site.client.get(place.format(accession)).text
        assert "Qzx" not in shown, place
    study = site.client.get(f"/api/studies/{accession}").json()
    assert study["ai_findings"] == 0
    assert not any("AI" in each["event"] for each in study["history"])
    with site.workflow.database.read() as tx:
        sent = deliveries.of_study(tx, accession)
    assert not any(b"Qzx" in each.delivery.body for each in sent)

from __future__ import annotations

from typing import Any

from adapter.domain.audit import Verb
from adapter.store import audit
from tests.web.conftest import Site

FINDING = {
    "id": "a1",
    "text": "Acute subdural hematoma.",
    "finding": "subdural_hematoma",
    "model": "detector",
    "version": "2.1",
    "evidence": [{"study_uid": "1.2", "frame": 3, "box": [0.1, 0.2, 0.3, 0.4]}],
}
MEMBERS = {"template", "status", "sections", "suggestions", "flags", "certificate"}
MEMBERS |= {"prior", "fields"}


def get(site: Site, what: str, **query: object) -> Any:
    return site.client.get(f"/api/studies/A1/{what}", params=query)


def test_the_report_has_the_shape_of_the_merge_command(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "small right pneumothorax period")
    shown = get(site, "report").json()
    assert set(shown) == MEMBERS | {"accession", "version", "created_at", "signed_by", "text"}
    assert (shown["version"], shown["status"]) == (1, "preliminary")
    assert "pneumothorax" in shown["text"]
    assert shown["certificate"]["ok"] is True


def test_every_version_stays_readable(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "small right pneumothorax period")
    first = get(site, "report").json()
    site.dictate("A1", "the heart is normal in size period")
    assert get(site, "report").json()["version"] == 2
    assert get(site, "report", version=1).json() == first
    assert get(site, "report", version=3).status_code == 404
    assert get(site, "report", version=0).status_code == 422


def test_each_dictated_statement_leads_to_its_audio(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "small right pneumothorax period the heart is normal in size period")
    shown = get(site, "provenance").json()
    dictated = [each for each in shown["statements"] if each["origin"] == "dictated"]
    heard = " ".join(word["text"] for each in dictated for word in each["words"])
    assert "small right pneumothorax" in heard
    assert "heart is normal in size" in heard
    for each in dictated:
        assert each["dictation"] == "d-1"
        assert each["ms"][0] <= each["words"][0]["ms"][0]
        audio = site.client.get("/api/studies/A1/dictations/d-1/audio")
        assert audio.headers["etag"] == f'"{each["audio_sha256"]}"'


def test_provenance_names_every_file_that_decided(site: Site) -> None:
    site.workflow.order("A1")
    site.dictate("A1", "small right pneumothorax period")
    shown = get(site, "provenance").json()
    assert "destinations/ris.yaml" in shown["mappings"]
    assert all(len(sha256) == 64 for sha256 in shown["mappings"].values())
    template = get(site, "report").json()["template"]
    assert template["sha256"] in shown["mappings"].values()


def test_an_accepted_ai_statement_leads_to_its_model(site: Site) -> None:
    site.workflow.order("A1")
    site.client.post("/api/studies/A1/ai-findings", json={"findings": [FINDING]})
    site.dictate("A1", "the heart is normal in size period")
    person = {"id": "123"}
    site.client.post("/api/studies/A1/report/accept", json={"target": "a1", "person": person})
    site.workflow.jobs.run()
    shown = get(site, "provenance").json()
    (accepted,) = [each for each in shown["statements"] if each["origin"] == "ai"]
    assert (accepted["ai"], accepted["model"], accepted["model_version"]) == (
        "a1",
        "detector",
        "2.1",
    )
    assert accepted["person"] == "123"
    assert accepted["evidence"][0]["box"] == [0.1, 0.2, 0.3, 0.4]


def test_the_report_is_printed_as_pdf_and_linked_on_its_page(site: Site) -> None:
    site.workflow.order("A1")
    assert get(site, "report.pdf").status_code == 404
    assert "report.pdf" not in site.client.get("/studies/A1").text
    site.dictate("A1", "small right pneumothorax period")
    answer = get(site, "report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert b"PRELIMINARY - not signed" in answer.content
    assert 'href="/api/studies/A1/report.pdf"' in site.client.get("/studies/A1").text
    with site.parts.house.database.read() as tx:
        told = {row.verb for row in audit.every(tx) if "report.pdf" in row.object}
    assert told == {Verb.EXPORT}

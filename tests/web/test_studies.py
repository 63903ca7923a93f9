from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.domain.message import MessageState
from adapter.domain.order import OrderStatus
from adapter.store import messages
from tests.fakes.destination import HOLD
from tests.web.conftest import Site

FINDING = {"id": "a1", "text": "Small right pneumothorax.", "model": "m", "version": "1"}


def post_findings(site: Site, accession: str, body: object) -> Any:
    return site.client.post(f"/api/studies/{accession}/ai-findings", json=body)


def test_the_worklist_shows_what_a_radiologist_needs(site: Site) -> None:
    site.workflow.order("A1")
    (row,) = site.client.get("/api/studies").json()["studies"]
    assert row["accession"] == "A1"
    assert row["patient"] == {
        "mrn": "SYN1",
        "family": "Demo",
        "given": "Jane",
        "birth_date": "",
        "sex": "F",
    }
    assert (row["procedure"], row["modality"]) == ("Chest radiograph, two views", "CR")
    assert (row["order_status"], row["report_status"]) == ("scheduled", "none")


def test_pages_of_the_worklist_hold_every_study_once(site: Site) -> None:
    for number in range(5):
        site.workflow.order(f"A{number}")
        site.workflow.clock.forward(number % 2)  # some of them at the same moment
    seen, offset = [], 0
    while offset is not None:
        page = site.client.get("/api/studies", params={"limit": 2, "offset": offset}).json()
        seen += [row["accession"] for row in page["studies"]]
        offset = page["next_offset"]
    assert seen == ["A4", "A2", "A3", "A0", "A1"]


def test_queues_hold_studies_of_their_status(site: Site) -> None:
    site.workflow.order("UNREAD")
    site.workflow.order("READ")
    site.workflow.ris.script = [HOLD]
    site.dictate("READ", "no pneumothorax period")
    site.dictate("EARLY", "no pneumothorax period")

    def of(queue: str) -> list[str]:
        rows = site.client.get("/api/studies", params={"queue": queue}).json()["studies"]
        return sorted(row["accession"] for row in rows)

    assert of("all") == ["EARLY", "READ", "UNREAD"]
    assert of("unread") == ["UNREAD"]
    assert of("drafts") == ["EARLY"]
    assert of("preliminary") == ["READ"]
    assert of("pending-signature") == []
    assert of("delivery-failed") == ["READ"]
    assert of("signed") == of("addended") == []


@pytest.mark.parametrize(
    "query", [{"queue": "none-such"}, {"limit": 0}, {"limit": 501}, {"offset": -1}]
)
def test_a_wrong_query_is_a_problem(site: Site, query: dict[str, Any]) -> None:
    answer = site.client.get("/api/studies", params=query)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["pointer"] == f"/{next(iter(query))}"


def test_a_study_tells_its_whole_story(site: Site) -> None:
    site.workflow.order("A1")
    taken = post_findings(site, "A1", {"findings": [FINDING]}).json()
    assert (taken["accession"], taken["findings"]) == ("A1", 1)
    assert [(each["source"], each["mode"]) for each in taken["sources"]] == [("m", "suggest")]
    site.dictate("A1", "no pneumothorax period")
    study = site.client.get("/api/studies/A1").json()
    assert study["ai_findings"] == 1
    assert [each["state"] for each in study["dictations"]] == ["transcribed"]
    (heard,) = study["transcripts"]
    assert heard["text"] == "no pneumothorax period"
    assert heard["words"][1] == {"text": "pneumothorax", "ms": [300, 580], "confidence": 0.9}
    (sent,) = study["deliveries"]
    assert (sent["destination"], sent["state"], sent["answer"]) == ("ris", "acknowledged", "AA")
    events = [each["event"] for each in study["history"]]
    assert events[0] == "order new"
    assert "delivery acknowledged" in events


def test_an_unknown_accession_is_not_found(site: Site) -> None:
    for path in ("", "/report", "/provenance", "/dictations/d-1/audio"):
        answer = site.client.get(f"/api/studies/NONE{path}")
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "not-found"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("A1 /%.#?é-^&"), min_size=1, max_size=64))
def test_every_printable_accession_has_an_address(shared: Site, accession: str) -> None:
    address = "/api/studies/" + quote(accession, safe="")
    sent = shared.client.post(f"{address}/ai-findings", json={"findings": []})
    if accession != accession.strip():
        assert (sent.status_code, sent.json()["code"]) == (400, "accession")
    elif accession in (".", ".."):  # clients take these for steps in the path
        assert sent.status_code in (202, 404, 405)
    else:
        assert sent.json() == {"accession": accession, "findings": 0, "sources": []}
        assert shared.client.get(address).json()["accession"] == accession


@pytest.mark.parametrize("accession", ["%00", "A%0A", "A%1B1", "%E2%80%AE", "x" * 65, "%ff", "%20"])
def test_an_accession_that_cannot_be_is_refused(site: Site, accession: str) -> None:
    answer = site.client.get(f"/api/studies/{accession}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_findings_may_come_before_their_order(site: Site) -> None:
    answer = post_findings(site, "A9", {"findings": [FINDING]})
    assert (answer.status_code, answer.json()["findings"]) == (202, 1)
    study = site.client.get("/api/studies/A9").json()
    assert study["order_status"] == OrderStatus.TEMPORARY


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"findings": [FINDING | {"severity": "high"}]}, 422, "/findings/0/severity"),
        ({"findings": [FINDING | {"probability": 1.5}]}, 422, "/findings/0/probability"),
        ({"findings": [{"id": "a1"}]}, 422, "/findings/0/text"),
        ({"finding": []}, 422, "/findings"),
        ([], 422, "/"),
    ],
)
def test_wrong_findings_are_refused_and_kept(
    site: Site, body: object, status: int, pointer: str
) -> None:
    answer = post_findings(site, "A1", body)
    assert (answer.status_code, answer.json()["pointer"]) == (status, pointer)
    with site.workflow.database.read() as tx:
        (kept,) = messages.recent(tx, 10, MessageState.REFUSED)
    assert json.loads(kept.body) == body
    assert kept.reason == answer.json()["detail"]


def test_findings_that_are_not_json_are_refused(site: Site) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        answer = site.client.post(
            "/api/studies/A1/ai-findings",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        expected = 413 if len(body) > 20_000 else 400
        assert answer.status_code == expected, body[:5]


def test_findings_of_another_media_type_are_refused(site: Site) -> None:
    answer = site.client.post(
        "/api/studies/A1/ai-findings", content=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415

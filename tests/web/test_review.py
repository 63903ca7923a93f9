from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Site

GRAY = {"id": "123", "family": "Gray", "given": "Ada"}
YOUNG = {"id": "77", "family": "Young", "given": "Rae"}


def post(site: Site, path: str, who: dict[str, str] = GRAY, **body: object) -> Any:
    return site.client.post(f"/api/studies/A1/{path}", json={"person": who, **body})


@pytest.fixture
def ready(site: Site) -> Site:
    """Programs ask here: one of them may ask for several persons."""
    site.client.cookies.clear()
    del site.client.headers["origin"]
    site.workflow.order("A1")
    site.dictate("A1", "the heart is normal in size period")
    return site


def test_a_report_goes_from_the_one_who_prepares_to_the_one_who_signs(ready: Site) -> None:
    sent = post(ready, "report/hand-over", YOUNG, version=1, to="Gray")
    assert (sent.status_code, sent.json()["state"]) == (200, "pending_signature")
    rows = ready.client.get("/api/studies", params={"queue": "pending-signature"}).json()["studies"]
    assert [(each["accession"], each["review_state"]) for each in rows] == [
        ("A1", "pending_signature")
    ]
    back = post(ready, "report/hand-back", reason="Which <b>side</b>?").json()
    assert (back["state"], back["steps"][-1]["reason"]) == (
        "sign_rejected",
        "Which <b>side</b>?",
    )
    assert post(ready, "report/hand-back", reason="again").json()["code"] == "not-pending"
    assert post(ready, "report/hand-over", YOUNG).status_code == 200
    assert post(ready, "report/recall", YOUNG).json()["state"] == "none"
    assert post(ready, "report/wet-read", YOUNG, version=1).json()["signed_by"] == YOUNG
    assert ready.client.get("/api/studies/A1/review").json()["state"] == "wet_read"


def test_the_slower_edit_is_told_what_stands_now(ready: Site) -> None:
    sections = ready.client.get("/api/studies/A1/report").json()["sections"]
    (target,) = (
        each["id"]
        for part in sections
        for each in part["statements"]
        if each["origin"] == "dictated"
    )
    first = {"target": target, "text": "The heart is large.", "version": 1}
    assert post(ready, "report/edit", **first).status_code == 202
    late = post(ready, "report/edit", YOUNG, **first | {"text": "The heart is small."})
    assert late.status_code == 409
    told = late.json()
    assert (told["code"], told["current"], told["version"]) == ("stale", "The heart is large.", 1)


def test_words_are_typed_and_a_correction_is_sent(ready: Site) -> None:
    made = post(ready, "text", text="No rib fracture.", key="k")
    assert (made.status_code, made.json()["media_type"]) == (
        201,
        "application/vnd.readout.typed+json",
    )
    ready.workflow.jobs.run()
    shown = post(ready, "report/sign").json()
    assert "No rib fracture." in shown["text"]
    (target,) = (
        each["id"]
        for part in shown["sections"]
        for each in part["statements"]
        if each["text"] == "No rib fracture."
    )
    changed = {target: "No fracture at all."}
    made = post(ready, "report/correct", version=shown["version"], changes=changed)
    assert (made.status_code, made.json()["status"]) == (201, "corrected")
    assert "No fracture at all." in made.json()["text"]


def test_the_preview_shows_each_destination_what_it_would_get(ready: Site) -> None:
    asked = {"person": "123", "kind": "final"}
    shown = ready.client.get("/api/studies/A1/report/preview", params=asked).json()
    assert (shown["version"], shown["kind"]) == (1, "final")
    (message,) = shown["messages"]
    assert (message["destination"], message["protocol"]) == ("ris", "mllp")
    assert "|final|A1" in message["body"]


def test_a_study_open_at_somebody_is_told_to_the_next(ready: Site) -> None:
    assert post(ready, "lock", YOUNG).json()["person"] == YOUNG
    assert post(ready, "lock").json()["person"] == YOUNG
    assert post(ready, "lock", take_over=True).json()["person"] == GRAY
    assert ready.client.get("/api/studies/A1/review").json()["lock"]["person"] == GRAY
    assert post(ready, "unlock").json()["lock"] is None

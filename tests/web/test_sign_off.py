from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Site

GRAY = {"id": "123", "family": "Gray", "given": "Ada"}
FINDING = {"id": "a1", "text": "Small right pneumothorax.", "model": "m", "version": "1"}


def report(site: Site, **query: object) -> Any:
    return site.client.get("/api/studies/A1/report", params=query)


def act(site: Site, what: str, **body: object) -> Any:
    return site.client.post(f"/api/studies/A1/report/{what}", json={"person": GRAY, **body})


@pytest.fixture
def ready(site: Site) -> Site:
    """A study with a preliminary report and one AI finding."""
    site.workflow.order("A1")
    site.client.post("/api/studies/A1/ai-findings", json={"findings": [FINDING]})
    site.dictate("A1", "the heart is normal in size period")
    return site


def test_signing_makes_the_report_final_and_sends_it(ready: Site) -> None:
    ready.workflow.clear("A1")
    shown = report(ready).json()
    signed = act(ready, "sign", version=shown["version"])
    assert signed.status_code == 200
    assert (signed.json()["status"], signed.json()["signed_by"]) == ("final", GRAY)
    ready.workflow.jobs.run()
    assert ready.workflow.sent()[-1] == ("A1", "final")
    again = act(ready, "sign")
    assert again.json() == signed.json()


def test_blockers_stand_in_the_way_of_a_signature_until_each_is_dismissed(site: Site) -> None:
    site.workflow.order("A1")  # of a woman, a radiograph
    site.dictate("A1", "the prostate is enlarged period")
    refused = act(site, "sign", version=report(site).json()["version"])
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "blocked")
    flags = {each["id"]: each for each in report(site).json()["flags"]}
    alerts = {id_ for id_, each in flags.items() if each["severity"] == "alert"}
    assert alerts == {each["id"] for each in problem["blockers"]} != set()
    for each in problem["blockers"]:
        assert each["message"] == flags[each["id"]]["message"] in problem["detail"]
    assert report(site).json()["status"] == "preliminary"
    assert ("A1", "final") not in site.workflow.sent()
    for target in alerts:
        assert act(site, "dismiss", target=target, reason="asked the patient").status_code == 202
    site.workflow.jobs.run()
    signed = act(site, "sign")
    assert signed.status_code == 200
    kept = {each["id"]: each.get("dismissed") for each in signed.json()["flags"]}
    assert all(kept[each]["reason"] == "asked the patient" for each in alerts)


def test_signing_another_version_than_was_read_is_a_conflict(ready: Site) -> None:
    ready.dictate("A1", "small right pleural effusion period")
    answer = act(ready, "sign", version=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "moved")
    assert report(ready).json()["status"] == "preliminary"


def test_signing_while_audio_waits_is_a_conflict(ready: Site) -> None:
    ready.client.post(
        "/api/studies/A1/dictations", content=b"RIFF more", headers={"Content-Type": "audio/wav"}
    )
    assert act(ready, "sign").json()["code"] == "untranscribed"


def test_a_study_without_a_report_cannot_be_signed(site: Site) -> None:
    site.workflow.order("A1")
    assert act(site, "sign").status_code == 404


@pytest.mark.parametrize(("what", "state"), [("accept", "accepted"), ("reject", "rejected")])
def test_an_ai_finding_is_decided_by_a_person(ready: Site, what: str, state: str) -> None:
    answer = act(ready, what, target="a1")
    assert (answer.status_code, answer.json()["decision"]) == (202, what)
    ready.workflow.jobs.run()
    (suggestion,) = report(ready).json()["suggestions"]
    assert (suggestion["id"], suggestion["state"]) == ("a1", state)


def test_an_edit_is_shown_as_edited(ready: Site) -> None:
    first = report(ready).json()
    target = next(
        each["id"]
        for section in first["sections"]
        for each in section["statements"]
        if each["origin"] == "dictated"
    )
    script = "<script>alert(1)</script> The heart is large."
    assert act(ready, "edit", target=target, text=script).status_code == 202
    ready.workflow.jobs.run()
    answer = report(ready)
    edited = [
        each
        for section in answer.json()["sections"]
        for each in section["statements"]
        if each["origin"] == "edited"
    ]
    assert [each["text"] for each in edited] == [script]
    assert edited[0]["source"]["person"] == "123"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_deciding_about_what_is_not_there_is_not_found(ready: Site) -> None:
    for what in ("accept", "reject"):
        assert act(ready, what, target="a9").status_code == 404
    assert act(ready, "edit", target="s99", text="x").status_code == 404


def test_a_signed_report_takes_addenda_only(ready: Site) -> None:
    ready.workflow.clear("A1")
    assert act(ready, "addendum", text="Compared with 2025.").json()["code"] == "unsigned"
    act(ready, "sign")
    assert act(ready, "accept", target="a1").json()["code"] == "signed"
    added = act(ready, "addendum", text="Compared with 2025.")
    assert (added.status_code, added.json()["status"]) == (201, "addendum")
    assert "Compared with 2025." in added.json()["text"]
    ready.workflow.jobs.run()
    assert ready.workflow.sent()[-1] == ("A1", "addendum")
    assert ready.client.get("/api/studies/A1").json()["report_status"] == "addended"


def test_an_addendum_may_be_dictated(ready: Site) -> None:
    ready.workflow.clear("A1")
    act(ready, "sign")
    spoken = ready.dictate("A1", "no change since the prior study period")
    added = act(ready, "addendum", dictation=spoken)
    assert added.status_code == 201
    both = act(ready, "addendum", dictation=spoken, text="and typed")
    assert both.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"person": {"id": ""}},
        {"person": {"id": "1\n2"}},
        {"person": "123"},
        {"person": GRAY, "version": 0},
        {"person": GRAY, "unknown": 1},
        {},
    ],
)
def test_a_signature_that_cannot_be_is_refused(ready: Site, body: dict[str, Any]) -> None:
    answer = ready.client.post("/api/studies/A1/report/sign", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")
    assert report(ready).json()["status"] == "preliminary"


def test_text_with_control_characters_is_refused(ready: Site) -> None:
    answer = act(ready, "edit", target="s1", text="\x1b[2J")
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/text")

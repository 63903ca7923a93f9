"""Patient summaries over HTTP: off, unsigned, not released, withdrawn - nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.mapping.plain_words import PatientSummary
from adapter.store import audit
from tests.web.conftest import Site
from tests.web.test_sign_off import GRAY, act, report

PLACE = "/api/studies/A1/summary"


@pytest.fixture
def signed(site: Site) -> Site:
    """A signed report, where summaries are on."""
    site.parts.summaries.rules = PatientSummary(offered=True)
    site.workflow.order("A1")
    site.dictate("A1", "small left pneumothorax period the patient is well period")
    return site


def sign(site: Site) -> int:
    site.workflow.clear("A1")
    assert act(site, "sign").status_code == 200
    site.workflow.jobs.run()
    return int(report(site).json()["version"])


def release(site: Site, version: int) -> Any:
    return site.client.post(f"{PLACE}/release", json={"person": GRAY, "version": version})


def codes(site: Site) -> list[tuple[int, str]]:
    answers = [site.client.get(PLACE), release(site, 1), site.client.get(f"{PLACE}/released")]
    return [(each.status_code, each.json()["code"]) for each in answers]


def test_there_is_none_before_the_signature_nor_where_it_is_off(signed: Site) -> None:
    assert codes(signed) == [(409, "unsigned")] * 3
    sign(signed)
    signed.parts.summaries.rules = PatientSummary()
    assert codes(signed) == [(409, "not-offered")] * 3


def test_a_person_releases_it_and_a_change_of_the_report_withdraws_it(signed: Site) -> None:
    number = sign(signed)
    shown = signed.client.get(PLACE).json()
    assert (shown["version"], shown["released"]) == (number, None)
    told = {each["text"]: each["statements"] for each in shown["sentences"]}
    ids = {s["id"] for part in report(signed).json()["sections"] for s in part["statements"]}
    assert "The exam shows: air around the lung, on the left side." in told
    assert all(set(each) <= ids and each for each in told.values())
    assert "The patient is well." in [each["text"] for each in shown["quotes"]]
    assert shown["grade"] <= 9
    unreleased = signed.client.get(f"{PLACE}/released")
    assert (unreleased.status_code, unreleased.json()["code"]) == (404, "not-released")
    assert release(signed, number + 1).json()["code"] == "moved"
    made = release(signed, number)
    assert (made.status_code, made.json()["released"]["person"]) == (200, GRAY["id"])
    _check_formats(signed)
    _check_recorded(signed, number)
    assert act(signed, "addendum", text="Discussed with the ward.").status_code == 201
    signed.workflow.jobs.run()
    withdrawn = signed.client.get(f"{PLACE}/released")
    assert (withdrawn.status_code, withdrawn.json()["code"]) == (404, "withdrawn")
    assert signed.client.get(PLACE).json()["released"] is None
    assert release(signed, int(report(signed).json()["version"])).status_code == 200
    assert signed.client.get(f"{PLACE}/released").status_code == 200
    assert act(signed, "retract", reason="wrong patient").is_success
    assert signed.client.get(f"{PLACE}/released").json()["code"] == "unsigned"


def _check_formats(site: Site) -> None:
    page = site.client.get(f"{PLACE}/released")
    assert page.headers["content-type"].startswith("text/html")
    assert "air around the lung, on the left side" in page.text
    pdf = site.client.get(f"{PLACE}/released", params={"format": "pdf"})
    assert pdf.content.startswith(b"%PDF")
    text = site.client.get(f"{PLACE}/released", params={"format": "text"})
    assert "The exam shows: air around the lung, on the left side." in text.text


def _check_recorded(site: Site, number: int) -> None:
    assert "patient summary released" in site.workflow.events("A1")
    with site.workflow.database.read() as tx:
        rows = [each for each in audit.every(tx) if each.object == "patient summary released"]
    assert [(each.person or each.agent, each.accession) for each in rows] == [(GRAY["id"], "A1")]
    assert f"version {number}, sha256 " in rows[0].detail


def test_what_was_released_stays_what_it_was_when_words_change(signed: Site) -> None:
    release(signed, sign(signed))
    before = signed.client.get(f"{PLACE}/released").text
    desk = signed.parts.summaries
    desk.words = desk.words.model_copy(update={"intro": "Other words."})
    assert signed.client.get(f"{PLACE}/released").text == before
    assert signed.client.get(PLACE).json()["intro"] == "Other words."


def test_the_page_shows_it_after_signing_with_its_sources_and_a_release(signed: Site) -> None:
    assert "patient-summary" not in signed.client.get("/studies/A1").text
    number = sign(signed)
    page = signed.client.get("/studies/A1").text
    assert "The exam shows: air around the lung, on the left side." in page
    assert "Not released" in page
    assert "Reading level of our sentences: grade" in page
    assert f'data-act="release-summary" data-version="{number}"' in page
    (source,) = {
        each["statements"][0]
        for each in signed.client.get(PLACE).json()["sentences"]
        if "air around the lung" in each["text"]
    }
    assert f'data-act="go" data-place="{source}"' in page
    assert 'aria-label="source: ' in page
    release(signed, number)
    after = signed.client.get("/studies/A1/parts").text
    assert f"Released by {GRAY['id']}" in after
    assert "release-summary" not in after
    signed.parts.summaries.rules = PatientSummary()
    assert 'id="patient-summary"' not in signed.client.get("/studies/A1/parts").text

from __future__ import annotations

import pytest

from tests.fakes.destination import HOLD
from tests.web.conftest import Site

PERSON = {"person": {"id": "1001"}}


def test_a_destination_is_paused_resumed_and_its_history_told(site: Site) -> None:
    paused = site.client.post("/api/destinations/ris/pause", json=PERSON | {"reason": "tonight"})
    assert paused.status_code == 200
    assert paused.json()["paused"]["reason"] == "tonight"
    site.workflow.order("A1")
    site.dictate("A1", "no pneumothorax period")
    (listed,) = site.client.get("/api/destinations").json()["destinations"]
    assert (listed["name"], listed["protocol"], listed["pending"]) == ("ris", "mllp", 1)
    assert 'readout_destination_paused{destination="ris"} 1.0' in site.client.get("/metrics").text
    resumed = site.client.post("/api/destinations/ris/resume", json=PERSON)
    assert resumed.json()["paused"] is None
    site.workflow.jobs.run()
    assert len(site.workflow.ris.received) == 1
    events = site.client.get("/api/destinations/ris/history").json()["events"]
    assert [each["event"] for each in events] == ["destination paused", "destination resumed"]
    assert site.client.post("/api/destinations/ris/resume", json=PERSON).status_code == 409


def test_all_that_is_held_is_sent_again(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.ris.script = [HOLD]
    site.dictate("A1", "no pneumothorax period")
    answer = site.client.post("/api/destinations/ris/resend", json=PERSON)
    assert (answer.status_code, answer.json()) == (202, {"destination": "ris", "resent": 1})
    site.workflow.jobs.run()
    assert len(site.workflow.ris.received) == 2


@pytest.mark.parametrize("act", ["pause", "resend"])
def test_an_unknown_destination_and_an_unknown_person_are_refused(site: Site, act: str) -> None:
    assert site.client.post(f"/api/destinations/none/{act}", json=PERSON).status_code == 404
    assert site.client.post(f"/api/destinations/ris/{act}", json={}).status_code == 422

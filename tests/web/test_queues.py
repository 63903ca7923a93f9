from __future__ import annotations

import json

import pytest

from tests.fakes.destination import HOLD
from tests.web.conftest import Site


def test_a_held_delivery_is_seen_and_sent_again(site: Site) -> None:
    site.workflow.order("A1")
    site.workflow.ris.script = [HOLD]
    site.dictate("A1", "no pneumothorax period")
    (held,) = site.client.get("/api/deliveries", params={"state": "held"}).json()["deliveries"]
    assert (held["answer"], held["answer_text"]) == ("AE", "patient unknown")
    url = f"/api/deliveries/{held['control_id']}/resend"
    answer = site.client.post(url)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    site.workflow.jobs.run()
    first, second = site.workflow.ris.received
    assert (first.control_id, first.body) == (second.control_id, second.body)
    assert site.client.get("/api/deliveries").json() == {"deliveries": [], "next": None}
    (sent,) = site.client.get("/api/deliveries?state=acknowledged").json()["deliveries"]
    assert sent["control_id"] == held["control_id"]
    assert site.client.post(url).status_code == 409


def test_an_unknown_delivery_cannot_be_sent_again(site: Site) -> None:
    assert site.client.post("/api/deliveries/NONE/resend").status_code == 404


def test_refused_messages_are_listed_without_their_content(site: Site) -> None:
    body = {"resourceType": "ServiceRequest", "note": [{"text": "Demo Jane"}]}
    site.client.post(
        "/fhir/ServiceRequest",
        content=json.dumps(body),
        headers={"Content-Type": "application/fhir+json"},
    )
    answer = site.client.get("/api/messages", params={"state": "refused"})
    (refused,) = answer.json()["messages"]
    assert (refused["protocol"], refused["type"]) == ("fhir", "ServiceRequest")
    assert refused["reason"]
    assert "Jane" not in answer.text
    assert site.client.get("/api/messages?state=applied").json() == {"messages": [], "next": None}


@pytest.mark.parametrize("path", ["/api/messages?state=x", "/api/deliveries?state=x&limit=1"])
def test_an_unknown_state_is_a_problem(site: Site, path: str) -> None:
    assert site.client.get(path).json()["pointer"] == "/state"

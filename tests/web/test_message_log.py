"""The log over HTTP: searched, opened with names and decoded values, applied again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.hl7v2.message import Header
from tests.web.conftest import Site

SAMPLES = Path(__file__).parent.parent / "samples" / "hl7v2"
PERSON = {"id": "123"}


def receive(site: Site, body: bytes, refusal: str = "", at: str = "2026-11-22T10:00:00") -> None:
    """As the listener stores it; returns once it is settled and indexed."""
    header = Header.parse(body)
    site.parts.intake.store(
        [
            InboundMessage(
                "hl7v2", "10.0.0.1:5", header.sender, header.control_id, header.type, body,
                sha256_hex(body), f"{at}.000+00:00", refusal,
            )
        ]
    )  # fmt: skip
    deadline = time.monotonic() + 15
    while search(site, state="received", control_id=header.control_id) or site.parts.log.index():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sample(name: str = "orm_o01_chest") -> bytes:
    return (SAMPLES / f"{name}.hl7").read_bytes()


def search(site: Site, **query: Any) -> list[dict[str, Any]]:
    answer = site.client.post("/api/messages/search", json=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


def test_messages_are_searched_in_the_address_or_in_the_body(site: Site) -> None:
    receive(site, sample())
    receive(site, sample("omi_o23_two_steps"), at="2026-11-23T10:00:00")
    by_address = site.client.get("/api/messages", params={"accession": "RA-20261122-0044"}).json()
    assert [each["control_id"] for each in by_address["messages"]] == ["EHR0000000003"]
    assert by_address["messages"] == search(site, accession="RA-20261122-0044")
    assert len(search(site, patient="MRN10042")) == 2
    assert len(search(site, patient="MRN10042", type="OMI", sender="EHR|NORTH")) == 1
    assert len(search(site, until="2026-11-23T00:00:00+00:00")) == 1
    assert len(search(site, text="Brändström")) == 2
    assert [each["control_id"] for each in search(site, order="P-77001")] == ["EHR0000000001"]
    found = site.client.get("/api/studies", params={"order_number": "F-88001"}).json()["studies"]
    assert [each["accession"] for each in found] == ["RA-20261122-0042"]


def test_pages_follow_each_other(site: Site) -> None:
    receive(site, sample())
    receive(site, sample("omi_o23_two_steps"))
    first = site.client.get("/api/messages?limit=1").json()
    rest = site.client.get("/api/messages", params={"limit": 1, "before": first["next"]}).json()
    ids = [each["control_id"] for page in (first, rest) for each in page["messages"]]
    assert ids == ["EHR0000000003", "EHR0000000001"]
    assert rest["next"] is None


def test_a_message_is_shown_with_names_and_bytes(site: Site) -> None:
    body = sample()
    receive(site, body)
    (row,) = search(site)
    shown = site.client.get(f"/api/messages/{row['id']}").json()
    assert shown["accessions"] == ["RA-20261122-0042"]
    content = shown["content"]
    assert (content["text"], content["charset"], content["hex"]) == (body.decode(), "utf-8", None)
    obr = next(each for each in content["segments"] if each["id"] == "OBR")
    reason = next(each for each in obr["fields"] if each["place"] == "OBR-31")
    assert (obr["name"], reason["name"]) == ("Observation request", "Reason for Study")
    assert reason["parts"][1]["text"] == "Cough & suspected pneumonia"
    hexed = site.client.get(f"/api/messages/{row['id']}?hex=true").json()
    assert bytes.fromhex(hexed["content"]["hex"]) == body
    for missing in ("99", "-1", "9" * 30):
        assert site.client.get(f"/api/messages/{missing}").status_code == 404


def test_a_refused_message_is_replayed_in_somebodys_name(site: Site) -> None:
    receive(site, sample(), refusal="the mapping was wrong")
    (row,) = search(site, state="refused")
    url = f"/api/messages/{row['id']}/replay"
    assert site.client.post(url, json={}).status_code == 422
    answer = site.client.post(url, json={"person": PERSON})
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    deadline = time.monotonic() + 15
    while not search(site, state="applied"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    history = site.client.get("/api/studies/RA-20261122-0042").json()["history"]
    assert [each["event"] for each in history] == ["message replay", "order new"]
    assert site.client.post(url, json={"person": PERSON}).status_code == 409
    forced = site.client.post(url, json={"person": PERSON, "force": True})
    assert forced.status_code == 202


def test_deliveries_are_searched_and_shown(site: Site) -> None:
    receive(site, sample())
    site.dictate("RA-20261122-0042", "no pneumothorax period")
    found = site.client.post("/api/deliveries/search", json={"patient": "MRN10042"}).json()
    (sent,) = found["deliveries"]
    assert (sent["kind"], sent["state"]) == ("preliminary", "acknowledged")
    shown = site.client.get(f"/api/deliveries/{sent['control_id']}?hex=true").json()
    body = site.workflow.ris.received[0].body
    assert bytes.fromhex(shown["content"]["hex"]) == body
    assert shown["delivery"] == sent
    assert site.client.get("/api/deliveries?destination=other").json()["deliveries"] == []
    assert len(site.client.get("/api/deliveries?destination=ris").json()["deliveries"]) == 1
    for missing in ("NONE", "a%2Fb"):
        assert site.client.get(f"/api/deliveries/{missing}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 501},
        {"state": "x"},
        {"since": "2026-01-01T00:00:00"},
        {"other": 1},
        {"before": 0},
        {"before": 1 << 63},
    ],
)
def test_a_wrong_search_is_a_problem_that_names_the_member(
    site: Site, query: dict[str, Any]
) -> None:
    answer = site.client.post("/api/messages/search", json=query)
    assert answer.status_code == 422
    assert answer.json()["pointer"] == "/" + next(iter(query))
    assert site.client.get("/api/messages", params=query).status_code == 422


def test_a_patients_number_that_is_looked_for_is_not_logged(
    site: Site, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    site.client.get("/api/messages?patient=MRN10042&before=1&since=2026-01-01T00:00:00Z")
    search(site, patient="MRN10042")
    out = capsys.readouterr()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert "MRN10042" not in out.out + out.err + "".join(ours)

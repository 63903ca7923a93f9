"""The sessions at FHIRcast hubs over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.mapping.fhircast_hubs import FhircastHub
from adapter.store import contexts
from tests.fakes.house import DR_GRAY
from tests.fhircast.running import running_hub
from tests.web.conftest import Site

PERSON = {"id": DR_GRAY.id}


@pytest.fixture
def joined(site: Site) -> Iterator[Site]:
    with running_hub() as (url, _):
        hub = FhircastHub.model_validate({"name": "h", "url": url})
        site.parts.contexts.contexts._hubs["h"] = hub  # type: ignore[index]
        asked = {"hub": "h", "topic": "t", "person": PERSON}
        answer = site.client.post("/api/context/join", json=asked)
        assert answer.status_code == 200, answer.text
        yield site
        left = site.client.post("/api/context/leave", json={"topic": "t"})
        assert left.json() == {"contexts": []}


def test_join_open_look_close_leave(joined: Site) -> None:
    joined.workflow.order("A1")
    opened = joined.client.post("/api/context/open", json={"accession": "A1", "person": PERSON})
    assert opened.status_code == 200, opened.text
    assert (opened.json()["state"], opened.json()["accession"]) == ("followed", "A1")
    (told,) = joined.client.get("/api/context?topic=t").json()["contexts"]
    assert told["accession"] == "A1"
    assert told["person"] == DR_GRAY.id
    assert joined.client.get("/api/context?topic=other").json() == {"contexts": []}
    closed = joined.client.post("/api/context/close", json={})
    assert closed.json()["accession"] == ""


@pytest.mark.parametrize(
    ("place", "body", "status"),
    [
        ("open", {"accession": "unknown"}, 404),
        ("open", {"accession": "T1"}, 409),
        ("open", {"accession": "A1", "hub": "elsewhere"}, 422),
        ("join", {"hub": "elsewhere", "topic": "t"}, 404),
        ("join", {"hub": "h", "topic": ""}, 422),
        ("join", {"hub": "h", "topic": "\n"}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    joined: Site, place: str, body: dict[str, str], status: int
) -> None:
    joined.workflow.dictate("T1", "nothing yet")
    answer = joined.client.post(f"/api/context/{place}", json=body)
    assert answer.status_code == status, answer.text


def test_without_a_session_nothing_can_be_opened(site: Site) -> None:
    answer = site.client.post("/api/context/open", json={"accession": "A1"})
    assert answer.status_code == 422
    assert "no session is joined" in answer.json()["detail"]


def test_a_dictation_under_another_study_than_the_context_is_refused(joined: Site) -> None:
    joined.workflow.order("A1")
    joined.workflow.order("A2")
    joined.client.post("/api/context/open", json={"accession": "A1"})
    place = "ws://localhost/api/studies/{}/dictate?topic=t"
    with joined.client.websocket_connect(place.format("A2")) as socket:
        socket.send_json({"type": "start", "session": None, "rate": 16000})
        assert socket.receive_json()["code"] == "context"
    with joined.client.websocket_connect(place.format("A1")) as socket:
        socket.send_json({"type": "start", "session": None, "rate": 16000})
        ready = socket.receive_json()
        assert ready["type"] == "ready"
        (told,) = joined.client.get("/api/context").json()["contexts"]
        assert told["dictating"]
        asked = {"accession": "A2", "hub": "h", "topic": "t"}
        assert joined.client.post("/api/context/open", json=asked).json()["accession"] == "A2"
        session = {"type": "start", "session": ready["session"], "rate": 16000}
        with joined.client.websocket_connect(place.format("A1")) as again:
            again.send_json(session)  # it belongs to the study in which it began
            assert again.receive_json()["type"] == "ready"
            again.send_json({"type": "stop"})


def test_the_session_of_another_person_is_neither_seen_nor_changed(joined: Site) -> None:
    with joined.workflow.database.write() as tx:
        contexts.join(tx, "h", "theirs", "node-1", "999", "2026-01-01T00:00:00.000+00:00")
    joined.workflow.order("A1")
    listed = joined.client.get("/api/context").json()["contexts"]
    assert [each["topic"] for each in listed] == ["t"]
    theirs = {"hub": "h", "topic": "theirs"}
    assert joined.client.post("/api/context/join", json=theirs).status_code == 403
    opened = joined.client.post("/api/context/open", json=theirs | {"accession": "A1"})
    assert opened.status_code == 422

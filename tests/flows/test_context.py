"""A viewer opens a report at `readout hub`; the running service follows, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.receivers import poll
from tests.fhircast.samples import opening
from tests.flows.hospital import Hospital

JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture
def hub() -> Iterator[str]:
    command = [sys.executable, "-m", "adapter", "hub", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["hub_url"])
        process.terminate()


def test_a_report_that_a_viewer_opens_is_the_study_of_the_workspace(
    hub: str, tmp_path: Path
) -> None:
    hospital = Hospital(tmp_path)
    folder = tmp_path / "mappings" / "fhircast_hubs"
    folder.mkdir()
    (folder / "hub.yaml").write_text(f"name: hub\nurl: {hub}\ntopics: [room-1]\n")
    try:
        hospital.wait_ready()
        hospital.order("CTX-1")

        def seat() -> dict[str, object]:
            return dict(hospital.http.get("/api/context").json()["contexts"][0])

        poll(lambda: seat()["connection"] == "connected")
        event = opening(1, topic="room-1", accession="CTX-1", mrn="SYN9001")
        body = json.dumps(event.as_json())
        assert httpx.post(hub, content=body, headers=JSON).status_code == 202
        poll(lambda: seat()["accession"] == "CTX-1")
        assert seat()["in_sync"]
        events = [each["event"] for each in hospital.study("CTX-1")["history"]]
        assert "context followed" in events
        other = opening(2, 1e6, topic="room-1", accession="CTX-1", mrn="SYN1")
        httpx.post(hub, content=json.dumps(other.as_json()), headers=JSON)
        poll(lambda: seat()["state"] == "refused")
        assert seat()["accession"] == ""
    finally:
        hospital.close()

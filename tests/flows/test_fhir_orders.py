"""Orders of another maker's R4 server reach the running service, and it hears how they go on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.demo.site import Service
from tests.fakes.fhir_place import ACSN
from tests.fakes.receivers import poll
from tests.flows.hospital import Hospital, Json
from tests.peers.fhir_server import fhir_server

pytestmark = pytest.mark.peer

FHIR = {"Content-Type": "application/fhir+json"}
_SOURCE = """
name: ehr
base_url: {base}
search: status=active,on-hold,revoked,completed
poll_seconds: {poll}
subscription:
  endpoint: http://127.0.0.1:{port}/fhir/subscription/ehr
  secret_env: READOUT_FHIR_SECRET
  topic: http://ehr.example/topics/orders
  filters: ["ServiceRequest?status=active,on-hold,revoked"]
  content: {content}
tasks: {{create: true}}
"""


class Ehr:
    """What a person does at the EHR."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, headers=FHIR, timeout=10)

    def order(self, accession: str, **elements: Any) -> str:
        """Order a study for a new patient in one transaction; returns the order's id."""
        patient = {
            "resourceType": "Patient",
            "identifier": [{"system": "urn:oid:2.999.1", "value": f"MRN-{accession}"}],
            "name": [{"family": "Example", "given": ["Erin"]}],
            "birthDate": "1961-04-12",
        }
        order = {
            "resourceType": "ServiceRequest",
            "identifier": [{"type": ACSN, "system": "urn:oid:2.999.3", "value": accession}],
            "status": "active",
            "intent": "order",
            "code": {"text": "XR Chest 2 Views"},
            "subject": {"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"},
            **elements,
        }
        entries = [
            {
                "fullUrl": f"urn:uuid:{n}1111111-1111-4111-8111-111111111111",
                "resource": each,
                "request": {"method": "POST", "url": each["resourceType"]},
            }
            for n, each in ((1, patient), (2, order))
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = self.http.post("/", content=json.dumps(bundle)).json()
        place: str = answer["entry"][1]["response"]["location"]
        return place.split("/")[1]

    def change(self, id: str, **elements: Any) -> None:
        """Change an order."""
        resource = self.http.get(f"/ServiceRequest/{id}").json() | elements
        answer = self.http.put(f"/ServiceRequest/{id}", content=json.dumps(resource))
        assert answer.is_success, answer.text

    def mute(self, mute: bool) -> None:
        """Let notifications get lost."""
        self.http.post("/mute", content=json.dumps({"mute": mute}))

    def found(self, kind: str, **search: str) -> list[Json]:
        """Resources of the server."""
        bundle = self.http.get(f"/{kind}", params=search).json()
        return [each["resource"] for each in bundle.get("entry", [])]

    def task(self, id: str) -> str:
        """Status of the Task of an order; "" where there is none."""
        tasks = self.found("Task", focus=f"ServiceRequest/{id}")
        assert len(tasks) < 2
        return str(tasks[0]["status"]) if tasks else ""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ehr, Hospital]]:
    with fhir_server() as url:
        hospital = _hospital(tmp_path_factory.mktemp("fhir"), url)
        try:
            yield Ehr(url), hospital
        finally:
            hospital.close()


def _hospital(folder: Path, url: str) -> Hospital:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sources = folder / "mappings" / "fhir_sources"
    sources.mkdir(parents=True)
    text = _SOURCE.format(base=url, port=port, poll=600, content="id-only")
    (sources / "ehr.yaml").write_text(text)
    hospital = Hospital(folder, http_port=str(port), fhir_secret="s3cret", jobs_poll_seconds="0.5")
    hospital.wait_ready()
    return hospital


def study(hospital: Hospital, accession: str) -> Json:
    poll(lambda: hospital.http.get(f"/api/studies/{accession}").is_success)
    return hospital.study(accession)


def subscription(ehr: Ehr) -> Json:
    return poll(lambda: next(iter(ehr.found("Subscription", status="active")), None))


def test_an_order_is_told_read_and_followed_to_its_report(both: tuple[Ehr, Hospital]) -> None:
    ehr, hospital = both
    subscription(ehr)
    id_ = ehr.order("F1")
    found = study(hospital, "F1")
    assert (found["patient"]["mrn"], found["patient"]["family"]) == ("MRN-F1", "Example")
    poll(lambda: ehr.task(id_) == "accepted")
    ehr.change(id_, priority="stat")
    poll(lambda: hospital.study("F1")["priority"] == "stat")
    hospital.dictate("F1")
    poll(lambda: ehr.task(id_) == "in-progress")
    hospital.sign("F1")
    poll(lambda: ehr.task(id_) == "completed")


def test_what_was_not_told_is_found_with_the_next_event(both: tuple[Ehr, Hospital]) -> None:
    ehr, hospital = both
    subscription(ehr)
    ehr.mute(True)
    for accession in ("F2", "F3"):
        ehr.order(accession)
    ehr.mute(False)
    ehr.order("F4")
    for accession in ("F4", "F3", "F2"):
        assert study(hospital, accession)["order"]["source"] == "fhir"


def test_what_was_ordered_while_the_service_was_dead_is_found(both: tuple[Ehr, Hospital]) -> None:
    ehr, hospital = both
    subscription(ehr)
    hospital.service.kill()
    id_ = ehr.order("F5")
    hospital.service = Service(hospital.folder, hospital.env)
    hospital.wait_ready()
    ehr.order("F6")
    assert study(hospital, "F5")["patient"]["mrn"] == "MRN-F5"
    poll(lambda: ehr.task(id_) == "accepted")
    assert len(ehr.found("Subscription", status="active")) == 1

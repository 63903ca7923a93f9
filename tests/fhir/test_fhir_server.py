"""Our transactions on an R4 server of another maker, judged by two validators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings

from adapter.domain.delivery import Answer, Outcome, ReportMessage
from adapter.domain.identifiers import Accession, Phi
from adapter.fhir.client import FhirDestination
from adapter.fhir.orders import read_service_request
from adapter.fhir.results import build_transaction
from adapter.mapping.fhir_profile import FhirProfile
from tests.fhir.samples import ADDENDUM, FINAL, PRELIMINARY, PROFILE, SAMPLES, delivery
from tests.fhir.strategies import messages
from tests.peers.fhir_server import fhir_server

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with fhir_server() as url:
        yield url


def for_accession(message: ReportMessage, accession: str) -> ReportMessage:
    patient = replace(message.order.patient, mrn=Phi(f"MRN {accession}"))
    order = replace(message.order, accession=Accession(accession), patient=patient)
    control_id = f"{message.control_id}-{accession}"
    return replace(message, order=order, control_id=type(message.control_id)(control_id))


async def send(base_url: str, message: ReportMessage, **changes: Any) -> Answer:
    profile = PROFILE.model_copy(update={"base_url": base_url, **changes})
    destination = FhirDestination(FhirProfile.model_validate(profile.model_dump()))
    body = build_transaction(message, profile)
    try:
        return await destination.send(delivery(message, body))
    finally:
        await destination.close()


def found(base_url: str, kind: str, **search: str) -> list[dict[str, Any]]:
    bundle = httpx.get(f"{base_url}/{kind}", params={"_count": "100", **search}).json()
    return [entry["resource"] for entry in bundle.get("entry", [])]


def counts(base_url: str, accession: str) -> dict[str, int]:
    """How many of each the server holds, for the parts that one report makes."""
    [report] = found(base_url, "DiagnosticReport", identifier=f"urn:readout:report|{accession}")
    target = f"DiagnosticReport/{report['id']}"
    return {
        "Patient": len(found(base_url, "Patient", identifier=f"urn:oid:2.999.1|MRN {accession}")),
        "Device": len(found(base_url, "Device")),
        "Observation": len(found(base_url, "Observation", subject=report["subject"]["reference"])),
        "Provenance": len(found(base_url, "Provenance", target=target)),
    }


async def test_the_same_bytes_twice_make_one_report(base_url: str) -> None:
    message = for_accession(FINAL, "TWICE")
    assert await send(base_url, message) == Answer(Outcome.ACCEPTED, "201")
    first = counts(base_url, "TWICE")
    answer = await send(base_url, message)
    assert answer.outcome is Outcome.ACCEPTED
    assert counts(base_url, "TWICE") == first
    assert first == {"Patient": 1, "Device": 1, "Observation": 5, "Provenance": 6}


async def test_each_kind_updates_the_same_report(base_url: str) -> None:
    seen = []
    for message in (PRELIMINARY, FINAL, ADDENDUM):
        assert (await send(base_url, for_accession(message, "KINDS"))).outcome is Outcome.ACCEPTED
        [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|KINDS")
        seen.append((report["id"], report["status"]))
    assert [status for _, status in seen] == ["preliminary", "final", "appended"]
    assert len({identity for identity, _ in seen}) == 1
    assert counts(base_url, "KINDS")["Observation"] == 5


async def test_references_lead_to_what_was_created(base_url: str) -> None:
    await send(base_url, for_accession(FINAL, "LINKS"))
    [report] = found(base_url, "DiagnosticReport", identifier="urn:readout:report|LINKS")
    [patient] = found(base_url, "Patient", identifier="urn:oid:2.999.1|MRN LINKS")
    assert report["subject"]["reference"] == f"Patient/{patient['id']}"
    results = [httpx.get(f"{base_url}/{each['reference']}").json() for each in report["result"]]
    assert {each["status"] for each in results} == {"final"}


async def test_a_refused_transaction_is_held_with_the_reason(base_url: str) -> None:
    body = build_transaction(FINAL, PROFILE).replace(b'"status":"final"', b'"status":"done"')
    destination = FhirDestination(PROFILE.model_copy(update={"base_url": base_url}))
    answer = await destination.send(delivery(FINAL, body))
    await destination.close()
    assert (answer.outcome, answer.code) == (Outcome.HOLD, "400")
    assert "done" in answer.text


def errors(base_url: str, bundle: bytes) -> list[dict[str, Any]]:
    issues = httpx.post(f"{base_url}/validate", content=bundle).json()
    return [issue for issue in issues if issue["severity"] == "error"]


@pytest.mark.parametrize("message", [PRELIMINARY, FINAL, ADDENDUM], ids=lambda each: each.kind)
@pytest.mark.parametrize("patient", ["create", "match", "logical"])
def test_both_validators_find_no_error(base_url: str, message: ReportMessage, patient: str) -> None:
    profile = PROFILE.model_copy(update={"patient": patient})
    assert errors(base_url, build_transaction(message, profile)) == []


def test_both_validators_do_find_errors(base_url: str) -> None:
    body = build_transaction(FINAL, PROFILE)
    assert errors(base_url, body.replace(b'"status":"final"', b'"status":"done"'))
    assert errors(base_url, body.replace(b'"recorded"', b'"record"'))


@settings(max_examples=25, deadline=None)
@given(message=messages)
def test_neither_finds_an_error_in_any_report(base_url: str, message: ReportMessage) -> None:
    assert errors(base_url, build_transaction(message, PROFILE)) == []


def test_an_order_that_the_server_stored_is_read(base_url: str) -> None:
    body = (SAMPLES / "service_request.json").read_bytes()
    headers = {"content-type": "application/fhir+json"}
    stored = httpx.post(f"{base_url}/ServiceRequest", content=body, headers=headers)
    assert stored.status_code == 201
    assert read_service_request(stored.content) == read_service_request(body)
